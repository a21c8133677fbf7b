import type { PKIStatusInfo } from '../message/pki-status-info.ts';
import type { Step } from './step.ts';

/**
 * What it means when a CA refuses a message that was sent before, octet for octet, and whose first answer
 * nobody got.
 */
export type RefusedRepeat =
  /** Its messageTime is too old by now: the same body in a new message is due. */
  | { readonly type: 'too-old' }
  /** It arrived the first time, and the answer is not given twice: what was issued for it is lost. */
  | { readonly type: 'lost'; readonly status: PKIStatusInfo; readonly details: readonly string[] };

/** Read such a refusal; undefined for a step that means what it says. */
export function readRefusedRepeat(step: Step): RefusedRepeat | undefined {
  if (step.type !== 'done') return undefined;
  const { outcome } = step;
  if (outcome.type !== 'rejected' && outcome.type !== 'unconfirmed') return undefined;
  const { failInfo = [] } = outcome.status;
  if (failInfo.includes('badTime')) return { type: 'too-old' };
  if (!failInfo.includes('transactionIdInUse')) return undefined;
  // That a certConf arrived does not say that it was in time: only certConfirmed does, and pkiconf. Nor is it a
  // reason to ask for a second certificate: this one may be valid (C12).
  if (outcome.type === 'unconfirmed') return undefined;
  return { type: 'lost', status: outcome.status, details: outcome.details };
}
