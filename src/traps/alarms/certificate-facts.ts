import type { AlarmFamily, Occurrence } from './condition.ts';
import type {
  NotificationDetails,
  NotifiedCertificate,
  NotifiedOperation,
  NotifiedState,
} from './notification.ts';

/** Where a name stands: the words of `show cert`, and those of whoever renews it. */
export type LifecycleWord =
  | 'none'
  | 'awaiting import'
  | 'requested'
  | 'waiting'
  | 'received'
  | 'validated'
  | 'staged'
  | 'confirmed'
  | 'deployed'
  | 'active'
  | 'expiring'
  | 'tracked'
  | 'renewing'
  | 'revoking'
  | 'deploy pending'
  | 'deployed, not in use'
  | 'not yet valid'
  | 'failed'
  | 'blocked'
  | 'expired'
  | 'revoked'
  | 'superseded'
  | 'refused'
  | 'unconfirmed';

/** What is known of a name and of the certificate that it has in use. */
export interface CertificateFacts extends Omit<NotifiedCertificate, 'state'> {
  readonly state: LifecycleWord;
  /** Installed and to be used next: it keeps its predecessor from being warned of, if it is valid in time. */
  readonly successor?: { readonly notBefore: Date; readonly notAfter: Date };
  /** When the certificate is to be renewed unattended. */
  readonly renewAt?: Date;
  /** The last enrolment or update failed. */
  readonly failing?: {
    readonly attempts: number;
    readonly reason: string;
    readonly operation: NotifiedOperation;
    readonly transactionID?: string;
    readonly pkiStatus?: number;
    readonly text?: string;
    /** Nothing goes on before a person has acted. */
    readonly isBlocked: boolean;
  };
  /** The CA lets a request wait. */
  readonly waiting?: {
    readonly since: Date;
    readonly polls: number;
    readonly operation: NotifiedOperation;
    readonly transactionID: string;
  };
  /** Of what is tried or polled next. */
  readonly nextAttempt?: Date;
  readonly revoked?: {
    /** CRLReason by its RFC name. */
    readonly reason: string;
    readonly at?: Date;
    /** In words, where there is more to say. */
    readonly text?: string;
  };
  /** Files or hooks of the certificate failed. */
  readonly undelivered?: Pick<NotificationDetails, 'endpoint' | 'nextAttempt'> & {
    readonly reason: string;
    readonly attempts: number;
    readonly text?: string;
  };
  /** Endpoints for which there is no fresh OCSP response. */
  readonly stale?: readonly StaleStaple[];
  /** nextUpdate of the OCSP response that is served, where that is fresh. */
  readonly freshUntil?: Date;
  /** The operator wants no warning of the end of this certificate. */
  readonly isUnwatched?: boolean;
  /** The clock cannot be right: nothing is said of the end. */
  readonly isClockSuspect?: boolean;
  readonly occurrences?: readonly Occurrence[];
}

/** A staple past half of its life without a new one. */
export interface StaleStaple {
  readonly endpoint: string;
  readonly reason: string;
  readonly attempts: number;
  readonly nextAttempt?: Date;
  /** nextUpdate of the response still served; past: none is served. */
  readonly deadline?: Date;
}

/** What the clock decides, and is left alone while it is suspect. */
export const decidedByClock: readonly AlarmFamily[] = ['expiry'];

const states: Readonly<Record<LifecycleWord, NotifiedState>> = {
  none: 'unknown',
  'awaiting import': 'requested',
  requested: 'requested',
  waiting: 'waiting',
  received: 'requested',
  validated: 'requested',
  staged: 'requested',
  confirmed: 'requested',
  deployed: 'requested',
  active: 'active',
  expiring: 'expiring',
  tracked: 'active',
  renewing: 'renewing',
  revoking: 'active',
  'deploy pending': 'deployPending',
  'deployed, not in use': 'deployPending',
  'not yet valid': 'unknown',
  failed: 'failed',
  blocked: 'blocked',
  expired: 'expired',
  revoked: 'revoked',
  superseded: 'superseded',
  refused: 'failed',
  unconfirmed: 'failed',
};

/** Tell the state of the MIB: what is `requested` of a first certificate is `renewing` of a later one. */
export function notifiedState({
  state,
  notAfter,
}: Pick<CertificateFacts, 'state' | 'notAfter'>): NotifiedState {
  const first = states[state];
  return first === 'requested' && notAfter !== undefined ? 'renewing' : first;
}
