import type { PKIHeader } from '../message/pki-header.ts';
import type { TransactionState } from './state.ts';
import type { Step } from './step.ts';

/** Beyond this, nobody's clock is merely off: the CA says something else, or nonsense. */
const MAX_CLOCK_OFFSET_MS = 10 * 366 * 86_400_000;

/**
 * Tell from a verified message how far the CA's clock is ahead of ours, in milliseconds.
 *
 * @returns undefined when the message does not say, or says nonsense
 */
export function clockOffsetIn(
  { messageTime }: Pick<PKIHeader, 'messageTime'>,
  now: Date,
): number | undefined {
  if (!messageTime) return undefined;
  const ms = messageTime.getTime() - now.getTime();
  return Math.abs(ms) > MAX_CLOCK_OFFSET_MS ? undefined : ms;
}

/** Tell whether a CA says that our clock is off, or its own: badTime, and nothing about the request. */
export function blamesClock(step: Step): boolean {
  if (step.type !== 'done') return false;
  const { outcome } = step;
  const isRefusal = outcome.type === 'rejected' || outcome.type === 'unconfirmed';
  return isRefusal && (outcome.status.failInfo?.includes('badTime') ?? false);
}

/**
 * Forget how far our clock was off when a message fits it only as it is: somebody has set it since. An answer is judged
 * by that, and what is said next goes by it. As long as both fit, the CA may be the stricter one, and had its reason.
 */
export function byOurClock(
  state: TransactionState,
  header: Pick<PKIHeader, 'messageTime'>,
  now: Date,
  toleranceSeconds: number,
): TransactionState {
  const aheadMs = clockOffsetIn(header, now);
  if (aheadMs === undefined) return state;
  const fits = (ms: number): boolean => Math.abs(ms) <= toleranceSeconds * 1000;
  const isSet = fits(aheadMs) && !fits(aheadMs - state.clockOffsetMs);
  return isSet ? { ...state, clockOffsetMs: 0 } : state;
}
