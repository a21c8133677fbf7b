import { unreachable } from '../base/errors.ts';
import { pollTime } from '../cmp/transaction/waiting.ts';
import { certificateState, type CertificateFacts, type NameFacts } from './certificate-state.ts';
import { renewalTime, warningTime, type RenewalWindow } from './renewal-time.ts';

/** What is to be done next about a name, and when. */
export type NextAction =
  /** The moment may have passed. */
  | { readonly type: 'renew'; readonly at: Date; readonly window: RenewalWindow }
  /** Another node renews it, and it is taken from there; the moment may have passed. */
  | { readonly type: 'fetch'; readonly at: Date; readonly window: RenewalWindow }
  /** Ask the CA again; without a time, at once. */
  | { readonly type: 'poll'; readonly at?: Date }
  /** Put files in their places and tell services, again. */
  | { readonly type: 'deploy' }
  /** Nobody renews it here: from then on its end is warned of. */
  | { readonly type: 'watch'; readonly at: Date }
  /** A person takes the request to a CA, and imports the answer. */
  | { readonly type: 'import' }
  /** A person gets another one: this one cannot renew itself any more. `isRequestable`: over CMP. */
  | { readonly type: 'replace'; readonly isRequestable: boolean }
  | { readonly type: 'none' };

/** What tells the next action, beside what tells the state. */
export interface ActionFacts extends NameFacts {
  readonly certificate?: RenewalFacts;
  readonly outstanding?: NonNullable<NameFacts['outstanding']> & {
    readonly nextAt?: Date;
    /** When it is given up. */
    readonly deadline?: Date;
    /** When the waiting for that began, by the same clock. */
    readonly waitingSince?: Date;
  };
  /** Days before its end at which it is renewed, where the operator has set them. */
  readonly renewDays?: number;
  /** Days before its end from which it is fetched, where the operator has set them. */
  readonly fetchDays?: number;
}

/** What tells whether and when a certificate is renewed. */
export interface RenewalFacts extends CertificateFacts {
  readonly name: string;
  readonly version: number;
  /** It has a CA profile to be renewed by. */
  readonly hasCa: boolean;
  /** Its key is here, or in a token of ours. */
  readonly hasKey: boolean;
}

/** Tell what is to be done next about a name. */
export function nextAction(facts: ActionFacts, now: Date): NextAction {
  const { certificate, outstanding } = facts;
  const { type } = certificateState(facts, now);
  switch (type) {
    case 'deploy pending':
    case 'deployed, not in use':
      return { type: 'deploy' };
    case 'awaiting import':
      return { type: 'import' };
    case 'requested':
    case 'waiting':
    case 'received':
    case 'staged':
    case 'confirmed':
    case 'renewing':
    case 'revoking':
      return outstanding === undefined ? { type: 'none' } : poll(outstanding, now);
    case 'expired':
    case 'revoked':
      // Asked for another one already: a renewal that outlasted the old one, or what came after a revocation.
      if (outstanding !== undefined) return poll(outstanding, now);
      return {
        type: 'replace',
        isRequestable: certificate !== undefined && isRenewable(certificate),
      };
    case 'active':
    case 'expiring':
    case 'tracked':
    case 'not yet valid':
      if (outstanding !== undefined) return poll(outstanding, now);
      return certificate === undefined ? { type: 'none' } : upkeep(certificate, facts);
    case 'none':
    case 'superseded':
    case 'refused':
    case 'unconfirmed':
      return { type: 'none' };
    default:
      return unreachable(type);
  }
}

function poll(
  { nextAt, deadline, waitingSince: since }: NonNullable<ActionFacts['outstanding']>,
  now: Date,
): NextAction {
  if (nextAt === undefined) return { type: 'poll' };
  const at = pollTime({ notBefore: nextAt, since }, now);
  // L2, L4: whatever the CA says, it is asked once more as the transaction ends, and another one is begun.
  const end = deadline === undefined ? at : new Date(deadline.getTime() + 1);
  return { type: 'poll', at: at < end ? at : end };
}

function upkeep(
  certificate: RenewalFacts,
  { renewDays, fetchDays, warnHours }: ActionFacts,
): NextAction {
  const isRenewedHere = renewDays !== undefined && isRenewable(certificate);
  if (fetchDays !== undefined && !isRenewedHere) {
    return { type: 'fetch', ...renewalTime(certificate, certificate, fetchDays) };
  }
  if (!isRenewable(certificate)) return { type: 'watch', at: warningTime(certificate, warnHours) };
  return { type: 'renew', ...renewalTime(certificate, certificate, renewDays) };
}

/** Tell whether a certificate can be renewed here: a kur is signed with its key, and goes to a CA. */
export function isRenewable({ source, hasCa, hasKey }: RenewalFacts): boolean {
  return source !== 'track' && hasCa && hasKey;
}
