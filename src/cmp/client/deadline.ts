import { decodeMessage } from '../message/pki-message.ts';
import type { TransactionState } from '../transaction/state.ts';
import type { Position } from './conversation.ts';

/**
 * Whoever asks at least once a day is watching, however seldom the CA would be asked otherwise: that counts towards the
 * deadline. Longer, and nobody was there.
 */
const ABSENCE_MS = 86_400_000;

/**
 * Put the deadline off by the time in which nobody watched: from when the CA was to be asked again until now.
 * A clock that was set ahead, or a machine that was off, must not end what the CA may have decided by now, or
 * may still decide. What counts towards the deadline is the time in which somebody watched.
 *
 * A wait that began in the future was begun by a clock that was ahead, and so was the deadline set: it comes as much
 * earlier, or a transaction would outlive it by as long as the clock was off.
 */
export function withoutPause(state: TransactionState, now: Date): TransactionState {
  if (state.phase.type !== 'waiting') return state;
  const { notBefore, since } = state.phase.value;
  return since !== undefined && since > now
    ? bringForward(state, since, now)
    : putOff(state, notBefore, now);
}

/** The same for a message that an earlier process sent: until now, nobody waited for its answer. */
export function withoutAbsence({ state, outgoing }: Position, now: Date): TransactionState {
  const { type } = state.phase;
  if (outgoing === undefined || (type !== 'requested' && type !== 'polled')) return state;
  const { messageTime } = decodeMessage(outgoing).header;
  if (!messageTime) return state;
  // messageTime goes by the CA's clock, the deadline by ours.
  const sentAt = new Date(messageTime.getTime() - state.clockOffsetMs);
  return sentAt > now ? bringForward(state, sentAt, now) : putOff(state, sentAt, now);
}

function putOff(state: TransactionState, since: Date, now: Date): TransactionState {
  const pauseMs = now.getTime() - since.getTime();
  return pauseMs > ABSENCE_MS ? movedBy(state, pauseMs) : state;
}

function bringForward(state: TransactionState, since: Date, now: Date): TransactionState {
  const aheadMs = since.getTime() - now.getTime();
  return aheadMs > ABSENCE_MS ? movedBy(state, -aheadMs) : state;
}

function movedBy(state: TransactionState, ms: number): TransactionState {
  return { ...state, deadline: new Date(state.deadline.getTime() + ms) };
}
