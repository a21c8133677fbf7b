import type { PKIBody } from '../message/pki-message.ts';
import type { PKIStatusInfo } from '../message/pki-status-info.ts';
import { formatTexts } from '../message/status-text.ts';
import type { Awaiting, DelayedPhase, TransactionState } from './state.ts';
import { invalid, type Step, type WaitLimits } from './step.ts';

/** Polls for a whole response message instead of one certificate. */
export const WHOLE_RESPONSE = -1;

/** A checkAfter beyond this is taken for this; the transaction's deadline comes long before. */
const MAX_CHECK_AFTER_SECONDS = 366 * 86_400;

/** No setting makes us poll faster than this: a peer could make us spin. */
const SHORTEST_WAIT_SECONDS = 1;

/**
 * Poll for an answer that says `waiting`; if that was the answer to a poll, wait first: it has no
 * checkAfter, and counts as a pollRep with the shortest one (RFC 9810 section 5.3.22).
 */
export function beDelayed(
  { phase, senderNonce }: TransactionState,
  from: DelayedPhase,
  certReqId: number,
  { statusString }: PKIStatusInfo,
  now: Date,
  limits: WaitLimits,
): Step {
  if (phase.type !== 'polled') return poll({ from, certReqId, delayedNonce: senderNonce });
  return wait(
    { ...phase.value, certReqId },
    0,
    now,
    limits,
    statusString && formatTexts(statusString),
  );
}

/** Take a pollRep: wait as long as it says, within bounds. */
export function receivePollRep(
  awaiting: Awaiting,
  content: (PKIBody & { type: 'pollRep' })['value'],
  now: Date,
  limits: WaitLimits,
): Step {
  const [only] = content;
  if (!only || content.length !== 1) {
    throw invalid('pollRep', `it has ${content.length} items, expected 1`);
  }
  if (only.certReqId !== awaiting.certReqId) {
    throw invalid('pollRep', `certReqId is ${only.certReqId}, expected ${awaiting.certReqId}`);
  }
  return wait(awaiting, only.checkAfter, now, limits, only.reason && formatTexts(only.reason));
}

function wait(
  awaiting: Awaiting,
  checkAfterSeconds: number,
  now: Date,
  { minPollSeconds }: WaitLimits,
  text?: string,
): Step {
  const least = Math.max(minPollSeconds, SHORTEST_WAIT_SECONDS);
  const seconds = Math.min(Math.max(checkAfterSeconds, least), MAX_CHECK_AFTER_SECONDS);
  const notBefore = new Date(now.getTime() + seconds * 1000);
  return {
    type: 'wait',
    phase: { type: 'waiting', value: { awaiting, notBefore } },
    ...(text !== undefined && { text }),
  };
}

/** Send a pollReq for what is awaited. */
export function poll(awaiting: Awaiting): Step {
  return {
    type: 'send',
    phase: { type: 'polled', value: awaiting },
    body: { type: 'pollReq', value: [{ certReqId: awaiting.certReqId }] },
  };
}
