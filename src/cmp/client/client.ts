import { CertError, unreachable } from '../../base/errors.ts';
import type { InfoTypeAndValue } from '../message/info-type-and-value.ts';
import { decodeMessage } from '../message/pki-message.ts';
import { protectionAlgOf } from '../protection/protect.ts';
import { accept, begin, refuse, resume } from '../transaction/enrollment.ts';
import { readRefusedRepeat } from '../transaction/refused-repeat.ts';
import type { RequestBody } from '../transaction/request.ts';
import type { Phase, TransactionState } from '../transaction/state.ts';
import type { Issued, Step } from '../transaction/step.ts';
import { pollTime } from '../transaction/waiting.ts';
import type {
  Conversation,
  Ending,
  Judgement,
  Position,
  SavedStep,
  Staged,
} from './conversation.ts';
import { withoutAbsence, withoutPause } from './deadline.ts';
import { compose, exchange, NONCE_OCTETS } from './exchange.ts';
import { note, save } from './notes.ts';
import { openAnswer } from './open-answer.ts';

/** What a transaction begins with. */
export interface Beginning {
  readonly request: RequestBody;
  /** For the header, beside implicitConfirm: certProfile, and what the peer may want. */
  readonly generalInfo?: readonly InfoTypeAndValue[];
  readonly pvno: number;
  /** What an earlier attempt learnt of the CA's clock. */
  readonly clockOffsetMs?: number;
  /** After this moment the transaction is closed as failed. */
  readonly deadline: Date;
}

/** Build the first message of a transaction; nothing is sent yet. */
export async function beginTransaction(
  conversation: Conversation,
  { request, generalInfo = [], pvno, clockOffsetMs = 0, deadline }: Beginning,
): Promise<Required<Position>> {
  const { phase, body } = begin(request);
  const fresh: TransactionState = {
    request,
    generalInfo,
    pvno,
    clockOffsetMs,
    // H9, H10: 128 random bits each, new for every transaction and every message.
    transactionID: conversation.random.bytes(NONCE_OCTETS),
    protectionAlg: protectionAlgOf(conversation.credential),
    deadline,
    senderNonce: new Uint8Array(),
    signerCerts: [],
    phase,
  };
  return compose(conversation, fresh, phase, body);
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
  let position: Position = options.isResumed
    ? { ...from, state: withoutAbsence(from, clock.now()) }
    : from;
  let byHand = options.byHand ?? false;
  let repeated = options.isResumed === true ? from.outgoing : undefined;
  let text: string | undefined;
  let hasAsked = false;
  let hasLearnt = false;
  // Counted down beside `until`, which moves when somebody sets the clock.
  let leftMs = until.getTime() - clock.now().getTime();
  for (;;) {
    const { outgoing } = position;
    const state = withoutPause(position.state, clock.now());
    const { phase } = state;
    if (phase.type === 'granted') return { type: 'granted' };
    // Asked once at least: the CA may have decided by now.
    const isLate = endsAtDeadline(phase) && clock.now() > state.deadline;
    // L2, L4: whatever the CA says, a transaction ends.
    if (isLate && hasAsked) return { type: 'expired' };
    if (phase.type === 'waiting') {
      const notBefore = pollTime(phase.value, clock.now());
      const waitMs = notBefore.getTime() - clock.now().getTime();
      if (!byHand && !isLate && waitMs > 0) {
        if (notBefore > until || waitMs > leftMs)
          return { type: 'waiting', notBefore, ...(text && { text }) };
        // Whatever the CA says, no longer than the transaction lives.
        const lifeMs = state.deadline.getTime() + 1 - clock.now().getTime();
        // L2: no longer than the transaction lives.
        const sleepMs = Math.min(waitMs, lifeMs);
        leftMs -= sleepMs;
        await clock.sleep(sleepMs, options.signal);
        continue;
      }
      byHand = false;
      repeated = outgoing;
      position = await send(conversation, state, resume(state), { again: outgoing });
      continue;
    }
    if (!outgoing) throw new CertError('INTERNAL', `Cannot go on: no message in ${phase.type}`);
    const sentAt = outgoing === repeated ? decodeMessage(outgoing).header.messageTime : undefined;
    hasAsked = true;
    const sending = { sentAt, mayLearn: !hasLearnt, signal: options.signal };
    const answer = await exchange(conversation, position, sending);
    const { step, heard, isRepeat, clockOffsetMs } = answer;
    const lost = isRepeat ? readRefusedRepeat(step) : undefined;
    if (lost) return lost;
    hasLearnt = clockOffsetMs !== undefined;
    if (clockOffsetMs !== undefined) {
      const { body } = decodeMessage(outgoing);
      const same = { type: 'send', phase, body } as const;
      position = await send(conversation, { ...state, clockOffsetMs }, same);
      // That was about the time of the message: what was asked has not been looked at.
      hasAsked = false;
      continue;
    }
    text = step.type === 'wait' ? step.text : undefined;
    const next = await take(conversation, { state: heard, outgoing }, step);
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
  { state, outgoing }: Required<Position>,
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
    case 'open': {
      const { issued, refusal } = await openAnswer(conversation, state, step.sealed);
      return settle(conversation, { state, outgoing }, issued, refusal);
    }
    case 'judge':
      return settle(conversation, { state, outgoing }, step.issued);
    case 'done':
      return { ending: step.outcome };
    default:
      return unreachable(step);
  }
}

/** Judge a certificate, unless that is refused already, and say so to the CA. */
async function settle(
  conversation: Conversation,
  { state, outgoing }: Required<Position>,
  issued: Issued,
  refusal?: Judgement,
): Promise<Position | { readonly ending: Ending }> {
  remarkOn(conversation, issued);
  const judgement = refusal ?? conversation.judge(issued, state);
  const decided = judgement.type === 'accept' ? accept(issued) : refuse(issued, judgement);
  const staged = stage(issued, judgement);
  const { confirmBefore } = issued;
  const judged = {
    ...state,
    ...(confirmBefore && { confirmBefore }),
    ...(judgement.type === 'accept' && judgement.anchor && { anchor: judgement.anchor }),
  };
  if (decided.type === 'send') return send(conversation, judged, decided, { staged });
  if (decided.type !== 'done' || decided.outcome.type !== 'granted') {
    // C15: nothing is sent, and the CA takes it for ours: kept, so that it can be revoked.
    await save(conversation, { state, outgoing, staged });
    return take(conversation, { state, outgoing }, decided);
  }
  const granted = { ...judged, phase: { type: 'granted', value: null } } as const;
  await save(conversation, { state: granted, staged });
  return { ending: { type: 'granted' } };
}

/** Say what came that was not asked for, and means nothing. */
function remarkOn(
  { askImplicitConfirm, remark }: Conversation,
  { implicitConfirm, ignoredCaPubs }: Issued,
): void {
  // C8: no certConf is needed all the same.
  if (implicitConfirm && !askImplicitConfirm) {
    remark('the CA granted implicitConfirm, which was not asked for');
  }
  // C16: never an anchor.
  if (ignoredCaPubs.length > 0) {
    remark(
      `the CA sent ${ignoredCaPubs.length} caPubs where there should be none; they are ignored`,
    );
  }
}

function stage({ certificate, generated }: Issued, judgement: Judgement): Staged {
  if (judgement.type === 'refuse') return { certificate, chain: [] };
  const key = generated && { key: generated.key };
  return { certificate, chain: judgement.chain, ...key };
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
  // C14: durable before it is sent.
  await save(conversation, { ...position, ...(staged && { staged }) });
  return position;
}
