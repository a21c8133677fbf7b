import type { PKIBody } from '../message/pki-message.ts';
import type { PKIStatusInfo } from '../message/pki-status-info.ts';
import { formatTexts } from '../message/status-text.ts';
import type { Awaiting, DelayedPhase, TransactionState } from './state.ts';
import { invalid, type Step, type WaitLimits } from './step.ts';

/** Polls for a whole response message instead of one certificate. */
// L1: RFC 9810 section 5.3.22.
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
  // L1, L11: by the number of the answer, keeping the nonce of the request.
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
  // L3: exactly one.
  if (!only || content.length !== 1) {
    throw invalid('pollRep', `it has ${content.length} items, expected 1`);
  }
  // L3: about what was polled for.
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
  // L2: nothing spins, whatever peer and profile say.
  const least = Math.max(minPollSeconds, SHORTEST_WAIT_SECONDS);
  // L2: at least what the CA says, within bounds.
  const seconds = Math.min(Math.max(checkAfterSeconds, least), MAX_CHECK_AFTER_SECONDS);
  const notBefore = new Date(now.getTime() + seconds * 1000);
  return {
    type: 'wait',
    phase: { type: 'waiting', value: { awaiting, notBefore, since: now } },
    ...(text !== undefined && { text }),
  };
}

/** Clocks are adjusted by less than this all the time. */
const ADJUSTED_MS = 60_000;

/**
 * Tell when to poll, by a clock that may have been set: what was put off in a future that a wrong clock made is asked
 * now. How long the CA wanted to be left alone nobody knows any more.
 */
export function pollTime(
  { notBefore, since }: { readonly notBefore: Date; readonly since?: Date | undefined },
  now: Date,
): Date {
  const isFuture = since !== undefined && since.getTime() > now.getTime() + ADJUSTED_MS;
  return isFuture ? now : notBefore;
}

/** Send a pollReq for what is awaited. */
export function poll(awaiting: Awaiting): Step {
  return {
    type: 'send',
    phase: { type: 'polled', value: awaiting },
    body: { type: 'pollReq', value: [{ certReqId: awaiting.certReqId }] },
  };
}
