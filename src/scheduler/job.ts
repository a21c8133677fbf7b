import type { Label } from '../base/label.ts';

/** What the agent does about a name. */
export type JobKind =
  /** Renew the certificate: kur or, after a move, cr or ir. */
  | 'update'
  /** Send a first request again that got no answer. */
  | 'enrol'
  /** Go on with an outstanding request. */
  | 'poll'
  /** Take a newer certificate from another node's store. */
  | 'fetch'
  /** Read a tracked certificate again from where it is. */
  | 'track'
  /** Put files in their places and tell services. */
  | 'deploy'
  /** Ask for an OCSP response to staple, and tell endpoints. */
  | 'staple'
  /** Raise, repeat or clear alarms. */
  | 'notify';

/** Why a job is later than it would be by itself. */
export type Postponement =
  /** It has failed, and is tried again. */
  | 'retry'
  /** It needs a person, and is tried once a day. */
  | 'blocked'
  /** As many certificates were issued within a day as a name may get. */
  | 'issued too often'
  /** Its CA does not answer anybody. */
  | 'CA is down'
  /** Outside the maintenance windows. */
  | 'maintenance window';

/** Something to do about a name. */
export interface Job {
  readonly kind: JobKind;
  readonly name: Label;
  /** Label of the CA profile it is about. */
  readonly ca?: Label;
  /** Now or earlier: it is due. */
  readonly at: Date;
  readonly postponed?: Postponement;
}
