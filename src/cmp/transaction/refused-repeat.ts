import type { PKIStatusInfo } from '../message/pki-status-info.ts';
import { blamesClock } from './ca-clock.ts';
import type { Step } from './step.ts';

/**
 * A CA refuses a message that was sent before, octet for octet, and whose first answer nobody got: it arrived the first
 * time, and the answer is not given twice. What was issued for it is lost.
 */
export interface RefusedRepeat {
  readonly type: 'lost';
  readonly status: PKIStatusInfo;
  readonly details: readonly string[];
}

/** Read such a refusal; undefined for a step that means what it says, or that the message is too old by now. */
export function readRefusedRepeat(step: Step): RefusedRepeat | undefined {
  if (step.type !== 'done' || blamesClock(step)) return undefined;
  const { outcome } = step;
  // That a certConf arrived does not say that it was in time: only certConfirmed does, and pkiconf. Nor is it a
  // reason to ask for a second certificate: this one may be valid (C12).
  if (outcome.type !== 'rejected') return undefined;
  const isKnown = outcome.status.failInfo?.includes('transactionIdInUse') ?? false;
  return isKnown ? { type: 'lost', status: outcome.status, details: outcome.details } : undefined;
}
