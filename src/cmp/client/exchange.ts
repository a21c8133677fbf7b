import { CertError, errorClassOf } from '../../base/errors.ts';
import { implicitConfirm } from '../message/info-type-and-value.ts';
import { decodeMessage, type PKIBody, type PKIMessage } from '../message/pki-message.ts';
import { protect } from '../protection/protect.ts';
import { verifyResponse, type VerifiedMessage } from '../protection/verify.ts';
import { blamesClock, byOurClock, clockOffsetIn } from '../transaction/ca-clock.ts';
import { pvnoFor, receive } from '../transaction/enrollment.ts';
import { CERT_REQ_ID } from '../transaction/request.ts';
import { sealedPartOf } from '../transaction/sealed-answer.ts';
import type { Phase, TransactionState } from '../transaction/state.ts';
import type { Step } from '../transaction/step.ts';
import { unprotectedRejection } from '../transaction/unprotected.ts';
import type { Conversation, Position } from './conversation.ts';
import { describe, note, save } from './notes.ts';

/** RFC 9810 section 5.1.1 asks for 128 bits, of transaction IDs and of nonces. */
export const NONCE_OCTETS = 16;

/**
 * How often the identical certConf is sent when no answer comes, and the pause between. The certificate
 * is good and paid for by then; a lost packet should not cost it (RFC 9483 section 6 leaves it to us).
 */
const CERT_CONF_TRIES = 3;
const CERT_CONF_PAUSE_MS = 1000;

/** Build the next message, protected, with a fresh nonce; nothing is sent yet. */
export async function compose(
  conversation: Conversation,
  state: TransactionState,
  phase: Phase,
  body: PKIBody,
): Promise<Required<Position>> {
  const { random, clock, credential } = conversation;
  const pvno = pvnoFor(body, state.pvno);
  // H10: fresh in every message, pollReq and certConf too.
  const senderNonce = random.bytes(NONCE_OCTETS);
  const isRequest = state.recipNonce === undefined;
  // H12: implicitConfirm is asked for where a certificate is.
  // C18: not where certConf is what proves possession of the key.
  const asksImplicitConfirm =
    conversation.askImplicitConfirm &&
    body.type !== 'rr' &&
    body.type !== 'genm' &&
    sealedPartOf(state.request) !== 'encryptedCert';
  const generalInfo = [...(asksImplicitConfirm ? [implicitConfirm] : []), ...state.generalInfo];
  const outgoing = await protect(
    {
      pvno,
      // H15: later messages go to whoever answered last.
      recipient: state.peer ?? conversation.recipient,
      // H5: present by default, by the CA's clock where it said what that is.
      messageTime: new Date(clock.now().getTime() + state.clockOffsetMs),
      transactionID: state.transactionID,
      senderNonce,
      // H11: the nonce of the last message received; none in the first.
      ...(state.recipNonce && { recipNonce: state.recipNonce }),
      // H12: certConf and pollReq ask for nothing any more.
      ...(isRequest && generalInfo.length > 0 && { generalInfo }),
    },
    body,
    credential,
  );
  return { state: { ...state, pvno, senderNonce, phase }, outgoing };
}

/** How a message is sent. */
export interface Sending {
  /** It was sent before, at this time. */
  readonly sentAt?: Date | undefined;
  /** A poll refused for its time may be said once more, by the clock the CA names. */
  readonly mayLearn: boolean;
  readonly signal?: AbortSignal | undefined;
}

/** What came of it. */
export interface Exchanged {
  readonly step: Step;
  readonly heard: TransactionState;
  /** The message had been sent before. */
  readonly isRepeat: boolean;
  /** The step is nothing but badTime: the same is due by this clock, which is so far ahead of ours. */
  readonly clockOffsetMs?: number;
}

/** Send, and decide what the answer means. */
export async function exchange(
  conversation: Conversation,
  position: Position,
  { sentAt, mayLearn, signal }: Sending,
): Promise<Exchanged> {
  const { state: before } = position;
  let isBelieved = false;
  try {
    const { der, isRepeat } = await transfer(conversation, position, signal);
    const now = conversation.clock.now();
    const message = decodeMessage(der);
    // R12: only where the CA profile says so.
    const unprotected =
      conversation.tolerance.unprotectedErrors && unprotectedRejection(before, message);
    if (unprotected) {
      note(conversation, before, { type: 'received', ...describe(message.body) });
      // The next message, if there is any, still goes by what was verified.
      return { step: unprotected, heard: before, isRepeat: false };
    }
    const state = byOurClock(before, message.header, now, conversation.timeToleranceSeconds);
    const verified = verify(conversation, state, message, now, sentAt);
    isBelieved = true;
    note(conversation, state, { type: 'received', ...describe(message.body) });
    const step = receive(state, verified, now, conversation);
    const heard = hear(state, verified);
    const wasSent = isRepeat || sentAt !== undefined;
    if (!blamesClock(step)) return { step, heard, isRepeat: wasSent };
    // L8: what the CA's clock was once is no reason to go by it for ever; ours may have been set.
    const clockOffsetMs = clockOffsetIn(message.header, now) ?? 0;
    if (sentAt) return { step, heard, isRepeat: true, clockOffsetMs };
    if (before.phase.type !== 'polled') return { step, heard, isRepeat: wasSent };
    // badTime says nothing about the request that is polled for: that still waits.
    isBelieved = mayLearn && clockOffsetMs !== before.clockOffsetMs;
    if (!isBelieved) throw clockBlamed(conversation);
    return { step, heard, isRepeat: wasSent, clockOffsetMs };
  } catch (error) {
    // What the CA itself says wrongly ends the transaction; what anyone else says changes nothing.
    // L12: what anyone else says closes nothing that can still be polled for.
    if (error instanceof CertError && !isBelieved && mayWaitOn(before, error, conversation)) {
      await waitAgain(conversation, position, error);
    }
    // L7: an end entity ends the operation, and says nothing about it.
    throw error;
  }
}

/**
 * Tell whether a poll that came to nothing is waited with. Past the deadline silence is: what outlasts an outage is asked
 * once it is over. An answer that was of no use is the last.
 */
function mayWaitOn(
  { phase, deadline }: TransactionState,
  { code }: CertError,
  { clock }: Conversation,
): boolean {
  if (phase.type !== 'polled') return false;
  const errorClass = errorClassOf[code];
  const isHeard = errorClass !== undefined && errorClass !== 'transport' && errorClass !== 'http';
  // L4: whatever comes, a transaction ends.
  return !isHeard || clock.now() <= deadline;
}

function clockBlamed({ ca }: Conversation): CertError {
  return new CertError(
    'CMP_TIME_SKEW',
    `Cannot poll: CA "${ca}" says that our clock is off (badTime)`,
    {
      hint: 'Set the clock of this machine',
    },
  );
}

async function transfer(
  { transport, clock }: Conversation,
  { state: { phase, confirmBefore }, outgoing = new Uint8Array() }: Position,
  signal: AbortSignal | undefined,
): Promise<{ readonly der: Uint8Array; readonly isRepeat: boolean }> {
  for (let tries = 1; ; tries++) {
    try {
      return { der: await transport.exchange(outgoing, signal), isRepeat: tries > 1 };
    } catch (error) {
      const isCertConf = phase.type === 'confirming' || phase.type === 'refusing';
      const isLost =
        error instanceof CertError &&
        (error.code === 'NETWORK_UNREACHABLE' || error.code === 'NETWORK_TIMEOUT');
      // C13: after confirmWaitTime the CA takes the certificate for rejected.
      const isTooLate = confirmBefore !== undefined && clock.now() >= confirmBefore;
      // C12, T6: the same certConf again, within its time; of anything else nobody knows whether it arrived.
      if (!isCertConf || !isLost || isTooLate || tries === CERT_CONF_TRIES) throw error;
      await clock.sleep(CERT_CONF_PAUSE_MS, signal);
    }
  }
}

/**
 * A poll that failed, or was answered by someone we cannot believe, changes nothing: we still wait. The CA
 * may have answered it, so the next poll is the same message: a new one would not fit the CA's last nonce.
 */
async function waitAgain(
  conversation: Conversation,
  { state, outgoing }: Position,
  { code }: CertError,
): Promise<void> {
  if (state.phase.type !== 'polled') return;
  const { clock, minPollSeconds } = conversation;
  const since = clock.now();
  const notBefore = new Date(since.getTime() + minPollSeconds * 1000);
  const value = { awaiting: state.phase.value, notBefore, since };
  note(conversation, state, { type: 'error', code, errorClass: errorClassOf[code] ?? 'policy' });
  const waiting = { ...state, phase: { type: 'waiting', value } } as const;
  await save(conversation, { state: waiting, ...(outgoing && { outgoing }) });
}

function verify(
  conversation: Conversation,
  state: TransactionState,
  message: PKIMessage,
  at: Date,
  sentAt: Date | undefined,
): VerifiedMessage {
  const { credential, trust, timeToleranceSeconds, tolerance } = conversation;
  const { phase } = state;
  return verifyResponse(message, {
    pvno: state.pvno,
    transactionID: state.transactionID,
    senderNonce: state.senderNonce,
    ...(phase.type === 'polled' && {
      // R3, L11: the final answer may echo the request that was delayed.
      delayedNonce: phase.value.delayedNonce,
      awaitsWholeResponse: phase.value.certReqId !== CERT_REQ_ID,
    }),
    ...(credential.type === 'mac' && { secret: credential.secret }),
    // C7: only who asks for a first certificate may be shown the root for it.
    trust: { ...trust, firstUse: trust.firstUse === true && state.request.type === 'ir' },
    // R15: later messages may leave their signer out.
    known: state.signerCerts,
    at,
    clockOffsetMs: state.clockOffsetMs,
    timeToleranceSeconds,
    tolerance,
    ...(sentAt && { sentAt }),
  });
}

/** What an answer changes for the next message. */
function hear(state: TransactionState, { message, signer }: VerifiedMessage): TransactionState {
  const { senderNonce, sender } = message.header;
  return {
    ...state,
    peer: sender,
    ...(senderNonce && { recipNonce: senderNonce }),
    ...(signer && { signerCerts: [signer.certificate, ...signer.path] }),
  };
}
