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
 */
export function withoutPause(state: TransactionState, now: Date): TransactionState {
  return state.phase.type === 'waiting' ? putOff(state, state.phase.value.notBefore, now) : state;
}

/** The same for a message that an earlier process sent: until now, nobody waited for its answer. */
export function withoutAbsence({ state, outgoing }: Position, now: Date): TransactionState {
  const { type } = state.phase;
  if (outgoing === undefined || (type !== 'requested' && type !== 'polled')) return state;
  const { messageTime } = decodeMessage(outgoing).header;
  if (!messageTime) return state;
  // messageTime goes by the CA's clock, the deadline by ours.
  return putOff(state, new Date(messageTime.getTime() - state.clockOffsetMs), now);
}

function putOff(state: TransactionState, since: Date, now: Date): TransactionState {
  const pauseMs = now.getTime() - since.getTime();
  return pauseMs > ABSENCE_MS
    ? { ...state, deadline: new Date(state.deadline.getTime() + pauseMs) }
    : state;
}
