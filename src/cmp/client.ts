import type { Clock } from '../base/clock.ts';
import { CertError, errorClassOf, unreachable, type ErrorCode } from '../base/errors.ts';
import type { ErrorClass, LifecycleEvent, Operation } from '../base/events.ts';
import { toHex } from '../base/bytes.ts';
import type { Random } from '../base/random.ts';
import type { Certificate } from '../x509/certificate.ts';
import type { GeneralName } from '../x509/general-name.ts';
import { implicitConfirm } from './message/info-type-and-value.ts';
import { decodeMessage, type PKIBody, type PKIMessage } from './message/pki-message.ts';
import type { PKIFailureBit } from './message/pki-status-info.ts';
import { statusInfoOf } from './message/status-text.ts';
import type { Credential } from './protection/credential.ts';
import { protect, protectionAlgOf } from './protection/protect.ts';
import type { Trust } from './protection/trust.ts';
import { verifyResponse, type VerifiedMessage } from './protection/verify.ts';
import {
  CERT_REQ_ID,
  accept,
  begin,
  pvnoFor,
  receive,
  refuse,
  resume,
  type Issued,
  type Outcome,
  type Step,
} from './transaction/enrollment.ts';
import type { CertReqMsg } from './message/cert-req-msg.ts';
import type { CertTemplate } from './message/cert-template.ts';
import { readRefusedRepeat, type RefusedRepeat } from './transaction/refused-repeat.ts';
import type { Phase, TransactionState } from './transaction/state.ts';
import type { Transport } from './transport/transport.ts';

/** What one transaction needs of the world, and what it hands to it. */
export interface Conversation {
  readonly name: string;
  readonly ca: string;
  readonly transport: Transport;
  readonly credential: Credential;
  readonly trust: Trust;
  readonly clock: Clock;
  readonly random: Random;
  /** Whom the first message is addressed to. */
  readonly recipient: GeneralName;
  readonly askImplicitConfirm: boolean;
  readonly timeToleranceSeconds: number;
  readonly minPollSeconds: number;
  /** What happened since the last save; written with the next, or by whoever closes the transaction. */
  readonly pending: LifecycleEvent[];
  /** Decide whether an issued certificate is what was asked for; nothing else in it has been checked. */
  judge(issued: Issued, asked: CertTemplate): Judgement;
  /** Make a step durable; what follows from it happens only after this. */
  save(saved: SavedStep, events: readonly LifecycleEvent[]): Promise<void>;
}

/** Where a transaction stands, with the message to send or to send again. */
export interface Position {
  readonly state: TransactionState;
  readonly outgoing?: Uint8Array;
}

/** What a step leaves behind. */
export interface SavedStep extends Position {
  /** Set by the step in which a certificate came. */
  readonly staged?: { readonly certificate: Certificate; readonly chain: readonly Certificate[] };
  readonly text?: string;
}

export type Judgement =
  | { readonly type: 'accept'; readonly chain: readonly Certificate[] }
  | { readonly type: 'refuse'; readonly reason: string; readonly failInfo: PKIFailureBit };

/** Where `follow` stopped. */
export type Ending =
  | Outcome
  | { readonly type: 'waiting'; readonly notBefore: Date; readonly text?: string }
  | { readonly type: 'expired' }
  | (RefusedRepeat & { readonly type: 'lost' });

const NONCE_OCTETS = 16;

/**
 * How often the identical certConf is sent when no answer comes, and the pause between. The certificate
 * is good and paid for by then; a lost packet should not cost it (RFC 9483 section 6 leaves it to us).
 */
const CERT_CONF_TRIES = 3;
const CERT_CONF_PAUSE_MS = 1000;

/** Build the first message of a transaction; nothing is sent yet. */
export async function beginTransaction(
  conversation: Conversation,
  operation: Operation,
  request: CertReqMsg,
  deadline: Date,
): Promise<Required<Position>> {
  const step = begin(operation, request);
  if (step.type !== 'send') throw new CertError('INTERNAL', 'Cannot begin without a message');
  const fresh: TransactionState = {
    operation,
    pvno: 2,
    transactionID: conversation.random.bytes(NONCE_OCTETS),
    certTemplate: request.certReq.certTemplate,
    protectionAlg: protectionAlgOf(conversation.credential),
    deadline,
    senderNonce: new Uint8Array(),
    signerCerts: [],
    phase: step.phase,
  };
  return compose(conversation, fresh, step.phase, step.body);
}

/**
 * Go on with a transaction from wherever it stands: send, verify, decide, save, and wait no longer than
 * `until`. A position read back from the store sends its stored octets again, unchanged.
 *
 * @param options.byHand poll now, even before the time the CA named
 * @param options.isResumed the message to send may have been sent before
 * @throws {CertError} when no answer came, or one that cannot be believed. A transaction that was waiting
 *   for the CA then still is; any other is over (RFC 9483 section 3.6.1).
 * @throws the reason of `signal`; the transaction stays as it was saved last
 */
export async function follow(
  conversation: Conversation,
  from: Position,
  until: Date,
  options: {
    readonly byHand?: boolean;
    readonly isResumed?: boolean;
    readonly signal?: AbortSignal;
  } = {},
): Promise<Ending> {
  const { clock } = conversation;
  let position = from;
  let byHand = options.byHand ?? false;
  let repeated = options.isResumed === true ? from.outgoing : undefined;
  let text: string | undefined;
  for (;;) {
    const { state, outgoing } = position;
    const { phase } = state;
    if (phase.type === 'granted') return { type: 'granted' };
    if (endsAtDeadline(phase) && clock.now() > state.deadline) return { type: 'expired' };
    if (phase.type === 'waiting') {
      const { notBefore } = phase.value;
      if (!byHand && notBefore > clock.now()) {
        if (notBefore > until) return { type: 'waiting', notBefore, ...(text && { text }) };
        // Whatever the CA says, no longer than the transaction lives.
        const wakeAt = Math.min(notBefore.getTime(), state.deadline.getTime() + 1);
        await clock.sleep(wakeAt - clock.now().getTime(), options.signal);
        continue;
      }
      byHand = false;
      repeated = outgoing;
      position = await send(conversation, state, resume(state), { again: outgoing });
      continue;
    }
    if (!outgoing) throw new CertError('INTERNAL', `Cannot go on: no message in ${phase.type}`);
    const sentAt = outgoing === repeated ? decodeMessage(outgoing).header.messageTime : undefined;
    const answer = await exchange(conversation, position, sentAt, options.signal);
    const { step, heard, isRepeat } = answer;
    const refused = isRepeat ? readRefusedRepeat(step) : undefined;
    if (refused?.type === 'lost') return refused;
    if (refused && sentAt) {
      const { body } = decodeMessage(outgoing);
      position = await send(conversation, state, { type: 'send', phase, body });
      continue;
    }
    text = step.type === 'wait' ? step.text : undefined;
    const next = await take(conversation, heard, step);
    if ('ending' in next) return next.ending;
    position = next;
  }
}

/** A certificate that is here already is confirmed, however late. */
function endsAtDeadline({ type }: Phase): boolean {
  return type === 'requested' || type === 'polled' || type === 'waiting';
}

/** Turn a step into the next position, durable, or into the end. */
async function take(
  conversation: Conversation,
  state: TransactionState,
  step: Step,
): Promise<Position | { readonly ending: Ending }> {
  switch (step.type) {
    case 'send':
      return send(conversation, state, step);
    case 'wait': {
      const waiting = { ...state, phase: step.phase };
      const { notBefore } = step.phase.value;
      const text = step.text && { text: step.text };
      note(conversation, state, { type: 'waiting', until: notBefore, ...text });
      await save(conversation, { state: waiting, ...text });
      return { state: waiting };
    }
    case 'judge': {
      const judgement = conversation.judge(step.issued, state.certTemplate);
      const decided =
        judgement.type === 'accept'
          ? accept(step.issued)
          : refuse(step.issued, judgement.reason, judgement.failInfo);
      const staged = {
        certificate: step.issued.certificate,
        chain: judgement.type === 'accept' ? judgement.chain : [],
      };
      if (decided.type === 'send') return send(conversation, state, decided, { staged });
      if (decided.type !== 'done' || decided.outcome.type !== 'granted')
        return take(conversation, state, decided);
      const granted = { ...state, phase: { type: 'granted', value: null } } as const;
      await save(conversation, { state: granted, staged });
      return { ending: { type: 'granted' } };
    }
    case 'done':
      return { ending: step.outcome };
    default:
      return unreachable(step);
  }
}

/** @param again the message that said this before, to be sent as it was */
async function send(
  conversation: Conversation,
  state: TransactionState,
  step: Step,
  { staged, again }: Pick<SavedStep, 'staged'> & { readonly again?: Uint8Array | undefined } = {},
): Promise<Position> {
  if (step.type !== 'send') throw new CertError('INTERNAL', `Cannot send a ${step.type}`);
  const position = again
    ? { state: { ...state, phase: step.phase }, outgoing: again }
    : await compose(conversation, state, step.phase, step.body);
  note(conversation, position.state, { type: 'sent', body: step.body.type });
  await save(conversation, { ...position, ...(staged && { staged }) });
  return position;
}

async function compose(
  conversation: Conversation,
  state: TransactionState,
  phase: Phase,
  body: PKIBody,
): Promise<Required<Position>> {
  const { random, clock, credential } = conversation;
  const pvno = pvnoFor(body, state.pvno);
  const senderNonce = random.bytes(NONCE_OCTETS);
  const isRequest = state.recipNonce === undefined;
  const outgoing = await protect(
    {
      pvno,
      recipient: state.peer ?? conversation.recipient,
      messageTime: clock.now(),
      transactionID: state.transactionID,
      senderNonce,
      ...(state.recipNonce && { recipNonce: state.recipNonce }),
      ...(isRequest && conversation.askImplicitConfirm && { generalInfo: [implicitConfirm] }),
    },
    body,
    credential,
  );
  return { state: { ...state, pvno, senderNonce, phase }, outgoing };
}

/** Send, and decide what the answer means. */
async function exchange(
  conversation: Conversation,
  position: Position,
  sentAt: Date | undefined,
  signal: AbortSignal | undefined,
): Promise<{
  readonly step: Step;
  readonly heard: TransactionState;
  /** The message had been sent before. */
  readonly isRepeat: boolean;
}> {
  const { state } = position;
  let isBelieved = false;
  try {
    const { der, isRepeat } = await transfer(conversation, position, signal);
    const now = conversation.clock.now();
    const message = decodeMessage(der);
    const verified = verify(conversation, state, message, now, sentAt);
    isBelieved = true;
    note(conversation, state, { type: 'received', ...describe(message.body) });
    const step = receive(state, verified, now, conversation);
    return { step, heard: hear(state, verified), isRepeat: isRepeat || sentAt !== undefined };
  } catch (error) {
    // What the CA itself says wrongly ends the transaction; what anyone else says changes nothing.
    if (state.phase.type === 'polled' && error instanceof CertError && !isBelieved) {
      await waitAgain(conversation, position, error);
    }
    throw error;
  }
}

async function transfer(
  { transport, clock }: Conversation,
  { state: { phase }, outgoing = new Uint8Array() }: Position,
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
      if (!isCertConf || !isLost || tries === CERT_CONF_TRIES) throw error;
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
  const notBefore = new Date(clock.now().getTime() + minPollSeconds * 1000);
  const value = { awaiting: state.phase.value, notBefore };
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
  const { credential, trust, timeToleranceSeconds } = conversation;
  const { phase } = state;
  return verifyResponse(message, {
    pvno: state.pvno,
    transactionID: state.transactionID,
    senderNonce: state.senderNonce,
    ...(phase.type === 'polled' && {
      delayedNonce: phase.value.delayedNonce,
      awaitsWholeResponse: phase.value.certReqId !== CERT_REQ_ID,
    }),
    ...(credential.type === 'mac' && { secret: credential.secret }),
    trust,
    known: state.signerCerts,
    at,
    timeToleranceSeconds,
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

/** Write a step and all that was noted. */
async function save(conversation: Conversation, saved: SavedStep): Promise<void> {
  await conversation.save(saved, conversation.pending.splice(0));
}

function note(
  { name, ca, clock, pending }: Conversation,
  { transactionID }: TransactionState,
  what: Noted,
): void {
  pending.push({ at: clock.now(), name, ca, transactionID: toHex(transactionID), ...what });
}

type Noted =
  | { readonly type: 'sent'; readonly body: string }
  | Received
  | { readonly type: 'waiting'; readonly until: Date; readonly text?: string }
  | { readonly type: 'error'; readonly code: ErrorCode; readonly errorClass: ErrorClass };

interface Received {
  readonly type: 'received';
  readonly body: string;
  readonly status?: string;
  readonly failInfo?: readonly string[];
}

/** What is counted of a received body. */
function describe(body: PKIBody): Omit<Received, 'type'> {
  const info = statusInfoOf(body);
  if (!info) return { body: body.type };
  const { status, failInfo } = info;
  return { body: body.type, status, ...(failInfo && { failInfo }) };
}
