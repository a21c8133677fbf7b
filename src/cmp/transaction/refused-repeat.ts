import type { PKIStatusInfo } from '../message/pki-status-info.ts';
import type { Step } from './enrollment.ts';
import type { TransactionState } from './state.ts';

/**
 * What it means when a CA refuses a message that was sent before, octet for octet, and whose first answer
 * nobody got.
 */
export type RefusedRepeat =
  /** Its messageTime is too old by now: the same body in a new message is due. */
  | { readonly type: 'too-old' }
  /** It arrived the first time, and the answer is not given twice: what was issued for it is lost. */
  | { readonly type: 'lost'; readonly status: PKIStatusInfo; readonly details: readonly string[] }
  /** The confirmation arrived the first time: that is what it was for. */
  | { readonly type: 'confirmed' };

/** Read such a refusal; undefined for a step that means what it says. */
export function readRefusedRepeat(
  { phase }: TransactionState,
  step: Step,
): RefusedRepeat | undefined {
  if (step.type !== 'done') return undefined;
  const { outcome } = step;
  if (outcome.type !== 'rejected' && outcome.type !== 'unconfirmed') return undefined;
  const { failInfo = [] } = outcome.status;
  if (failInfo.includes('badTime')) return { type: 'too-old' };
  // A pollReq whose answer was lost carries a nonce the CA has moved on from.
  if (!failInfo.includes('transactionIdInUse') && !failInfo.includes('badRecipientNonce')) {
    return undefined;
  }
  if (outcome.type === 'unconfirmed') return confirmed(phase, failInfo);
  return { type: 'lost', status: outcome.status, details: outcome.details };
}

function confirmed(
  phase: TransactionState['phase'],
  failInfo: readonly string[],
): RefusedRepeat | undefined {
  const isKnown = phase.type === 'confirming' && failInfo.includes('transactionIdInUse');
  return isKnown ? { type: 'confirmed' } : undefined;
}
