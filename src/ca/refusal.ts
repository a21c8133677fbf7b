import { CertError } from '../base/errors.ts';
import { failInfoOf } from '../cmp/message/failure-of-error.ts';
import type { PKIFailureBit, PKIStatusInfo } from '../cmp/message/pki-status-info.ts';

/** Why a message gets no for an answer. A value, not an exception: refusing is the lab's business. */
export interface Refusal {
  readonly type: 'refusal';
  readonly failInfo: PKIFailureBit;
  readonly text: string;
}

/** Make a refusal. */
export function refusal(failInfo: PKIFailureBit, text: string): Refusal {
  return { type: 'refusal', failInfo, text };
}

/** Write a refusal as it goes into ip, cp, kup and error. */
export function statusOf({ failInfo, text }: Refusal): PKIStatusInfo {
  return { status: 'rejection', statusString: [text], failInfo: [failInfo] };
}

/**
 * Turn what was thrown while a received message was looked at into a refusal.
 *
 * @throws what it is given, if the sender is not to blame
 */
export function refusalOf(thrown: unknown): Refusal {
  if (!(thrown instanceof CertError)) throw thrown;
  const failInfo = failInfoOf[thrown.code];
  if (failInfo === undefined) throw thrown;
  return refusal(failInfo, thrown.message);
}

/** Tell a refusal from what was hoped for. */
export function isRefusal(value: object | undefined): value is Refusal {
  return value !== undefined && 'type' in value && value.type === 'refusal';
}
