import type { Ending } from '../cmp/client/conversation.ts';
import type { PKIFailureBit } from '../cmp/message/pki-status-info.ts';
import { clockOffsetIn } from '../cmp/transaction/ca-clock.ts';

/** Why a request is made once more, in a new transaction (row L8), and what is different in it. */
export type NewAttempt =
  /** The CA lost its answer, or another transaction has our ID: a new ID. */
  | { readonly type: 'transactionIdInUse' }
  /** Its clock is not ours: messageTime by its clock. */
  | { readonly type: 'badTime'; readonly clockOffsetMs: number }
  /** It speaks another version, and names it. */
  | { readonly type: 'unsupportedVersion'; readonly pvno: 2 | 3 }
  /** It cannot now: later. */
  | { readonly type: 'unavailable'; readonly delayMs: number };

/** First pause before a CA that was not available is asked again; doubled each time. */
const FIRST_DELAY_MS = 5000;

/** How often that is done before the command gives up; the agent has its own, longer, rhythm. */
const MAX_LATER = 3;

/**
 * Decide whether a rejection leads to a new attempt: only when it is verified, and each reason once, except
 * that a CA which is not available is asked again as long as the command may wait.
 *
 * @param made the attempts made already
 * @param leftMs how long the command may still wait
 */
export function newAttempt(
  ending: Ending & { readonly type: 'rejected' },
  made: readonly NewAttempt[],
  pvno: number,
  now: Date,
  leftMs: number,
): NewAttempt | undefined {
  const { said } = ending;
  // L12: nothing by the word of who is not authentic.
  if (!said) return undefined;
  const wasMade = (type: NewAttempt['type']) => made.some((attempt) => attempt.type === type);
  const has = (bit: PKIFailureBit) => ending.status.failInfo?.includes(bit) ?? false;
  // L8: by the CA's clock, once.
  if (has('badTime') && said.messageTime && !wasMade('badTime')) {
    const clockOffsetMs = clockOffsetIn(said, now);
    return clockOffsetMs === undefined ? undefined : { type: 'badTime', clockOffsetMs };
  }
  // L8: under another ID, once.
  if (has('transactionIdInUse') && !wasMade('transactionIdInUse')) {
    return { type: 'transactionIdInUse' };
  }
  // L8: in the version it offers, once.
  if (has('unsupportedVersion') && !wasMade('unsupportedVersion') && said.pvno !== pvno) {
    return said.pvno === 2 || said.pvno === 3
      ? { type: 'unsupportedVersion', pvno: said.pvno }
      : undefined;
  }
  // L8: later, and later still.
  if (has('systemUnavail') || has('systemFailure')) {
    const later = made.filter(({ type }) => type === 'unavailable').length;
    const delayMs = FIRST_DELAY_MS * 2 ** later;
    return later < MAX_LATER && delayMs <= leftMs ? { type: 'unavailable', delayMs } : undefined;
  }
  return undefined;
}

/** Say what the attempts made so far have taught about the CA: it holds for all that follow (row L8). */
export function learntBy(made: readonly NewAttempt[]): {
  readonly pvno?: 2 | 3;
  readonly clockOffsetMs?: number;
} {
  let learnt: ReturnType<typeof learntBy> = {};
  for (const attempt of made) {
    if (attempt.type === 'unsupportedVersion') learnt = { ...learnt, pvno: attempt.pvno };
    if (attempt.type === 'badTime') learnt = { ...learnt, clockOffsetMs: attempt.clockOffsetMs };
  }
  return learnt;
}
