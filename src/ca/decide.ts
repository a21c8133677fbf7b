import { rawOf } from '../asn1/codec.ts';
import { digest } from '../crypto/digest.ts';
import { decodeMessage, type PKIBody, type PKIMessage } from '../cmp/message/pki-message.ts';
import type { PKIStatusInfo } from '../cmp/message/pki-status-info.ts';
import { certificateDer } from '../x509/certificate.ts';
import type { Knowledge, Sender } from './authenticate.ts';
import { certificationOf, certReqIdOf } from './certify.ts';
import { checkContinuation } from './check-header.ts';
import { responseTypeOf } from './check-request.ts';
import { confirmationOf } from './confirm.ts';
import type { Deciding, Decision, Incoming, NextTransaction, Outcome, Work } from './decision.ts';
import { informationOf } from './inform.ts';
import type { LabSettings } from './lab-settings.ts';
import { isCertOperation, type LabOperation, type LabTransaction } from './ledger-records.ts';
import { isRefusal, refusal, type Refusal } from './refusal.ts';
import { revocationOf } from './revoke.ts';
import { isRequestBody } from './wanted.ts';

/** Polls for a whole message instead of one certificate (RFC 9810 section 5.3.22). */
const WHOLE_RESPONSE = -1;

/** A body that begins a transaction. */
type FirstBody = Extract<PKIBody, { type: LabOperation }>;

/**
 * Decide what a message leads to; nothing of it is written here.
 *
 * @returns a refusal for what is answered with an error message and leaves the transaction as it is
 * @throws {CertError} what `refusalOf` knows
 */
export async function decide(incoming: Incoming, lab: Deciding): Promise<Decision | Refusal> {
  const { message, sender, transaction } = incoming;
  const { body, header } = message;
  if (isFirstBody(body)) {
    if (transaction) return refusal('transactionIdInUse', 'The transactionID is in use');
    return begin(message, body, sender, lab);
  }
  if (!transaction) return refusal('badRequest', `${body.type} begins no transaction here`);
  const problem = checkContinuation(header, sender, transaction);
  if (problem) return problem;
  switch (body.type) {
    case 'pollReq':
      return poll(transaction, body.value[0]?.certReqId, sender, lab);
    case 'certConf': {
      if (transaction.phase === 'waiting') {
        return refusal('badRequest', 'The answer before is still waited for');
      }
      const work = await confirmationOf(message, body.value, transaction, lab);
      if (isRefusal(work)) return work;
      if (work.refused) return decided(transaction, work.refused);
      if (!lab.settings.delayConfirm) return decided(transaction, await work.fulfil());
      const delayedConfirmation = rawOf(message);
      return wait({ ...transaction, polls: 0, delayedConfirmation }, lab.settings);
    }
    case 'error': {
      // RFC 9810 section 5.3.21 lets a client give up with an error message.
      const { phase, delayedConfirmation } = transaction;
      const isUnconfirmed = phase === 'confirming' || (phase === 'waiting' && delayedConfirmation);
      return {
        type: 'decision',
        body: { type: 'pkiconf', value: null },
        transaction: { ...transaction, phase: 'closed' },
        ...(isUnconfirmed && { certificateStatus: 'rejected' }),
      };
    }
    default:
      return refusal('badRequest', `${body.type} is not expected now`);
  }
}

async function begin(
  message: PKIMessage,
  body: FirstBody,
  sender: Sender,
  lab: Deciding,
): Promise<Decision> {
  const { settings, clock } = lab;
  const work = await workOf(message, body, sender, lab);
  const transaction: NextTransaction = {
    id: 0,
    operation: body.type,
    phase: 'closed',
    certReqId: isRequestBody(body) ? certReqIdOf(body) : WHOLE_RESPONSE,
    subject: work.subject,
    ...(sender.type === 'mac'
      ? { reference: sender.reference }
      : { signer: certificateDer(sender.certificate) }),
    // Nobody has to approve of a question.
    needsApproval: settings.approval === 'manual' && body.type !== 'genm',
    polls: 0,
    openedAt: clock.now(),
  };
  if (work.refused) return decided(transaction, work.refused);
  if (!transaction.needsApproval && settings.polls === 0) {
    return decided(transaction, await work.fulfil());
  }
  return wait(transaction, settings);
}

function isFirstBody(body: PKIBody): body is FirstBody {
  return isRequestBody(body) || body.type === 'rr' || body.type === 'genm';
}

async function workOf(
  message: PKIMessage,
  body: FirstBody,
  sender: Sender,
  lab: Deciding,
): Promise<Work> {
  switch (body.type) {
    case 'rr':
      return revocationOf(body.value, sender, lab);
    case 'genm':
      return informationOf(body.value, lab);
    default:
      return certificationOf(message, body, sender, lab);
  }
}

function decided(transaction: NextTransaction, { phase, ...outcome }: Outcome): Decision {
  return { type: 'decision', transaction: { ...transaction, phase }, ...outcome };
}

/** Tell a client to poll: for its certificate, or after an error for a whole message (RFC 9483 section 4.4). */
function wait(transaction: NextTransaction, { delay }: LabSettings): Decision {
  const { operation, certReqId, needsApproval, delayedConfirmation } = transaction;
  const isUndecided = needsApproval && !delayedConfirmation;
  const text = isUndecided ? 'The request waits for approval' : 'Please poll';
  const status: PKIStatusInfo = { status: 'waiting', statusString: [text] };
  // Only an answer with a certificate has a place for this status.
  const body: PKIBody =
    delay === 'error' || delayedConfirmation || !isCertOperation(operation)
      ? { type: 'error', value: { pKIStatusInfo: status } }
      : { type: responseTypeOf(operation), value: { response: [{ certReqId, status }] } };
  return { type: 'decision', body, transaction: { ...transaction, phase: 'waiting' } };
}

async function poll(
  transaction: LabTransaction,
  certReqId: number | undefined,
  sender: Sender,
  lab: Deciding,
): Promise<Decision | Refusal> {
  const { settings } = lab;
  if (transaction.phase !== 'waiting') return refusal('badRequest', 'Nothing is waiting here');
  const wanted = await awaitedId(transaction, lab);
  // For PKCS #10 RFC 9810 section 5.3.22 has -1; some take the 0 of every other request.
  const isOther = certReqId === 0 && transaction.operation === 'p10cr';
  if (certReqId === undefined || !([wanted, WHOLE_RESPONSE].includes(certReqId) || isOther)) {
    return refusal('badRequest', `certReqId is ${certReqId}, expected ${wanted}`);
  }
  const work = await delayedWork(transaction, sender, lab);
  if (isRefusal(work)) return work;
  const ended = { endsDelay: true } as const;
  if (transaction.decision === 'denied') {
    const why = refusal('notAuthorized', transaction.reason ?? 'The request was denied');
    return { ...decided(transaction, work.refuse(why)), ...ended };
  }
  const isUndecided = transaction.needsApproval && transaction.decision === undefined;
  if (isUndecided || transaction.polls < settings.polls) {
    return {
      type: 'decision',
      body: {
        type: 'pollRep',
        value: [
          {
            certReqId,
            checkAfter: settings.checkAfterSeconds,
            ...(isUndecided && { reason: ['The request waits for approval'] }),
          },
        ],
      },
      transaction: { ...transaction, polls: transaction.polls + 1 },
    };
  }
  return { ...decided(transaction, work.refused ?? (await work.fulfil())), ...ended };
}

/** Look again at what waits, as it stands in the ledger: what it rests on may have changed meanwhile. */
async function delayedWork(
  transaction: LabTransaction,
  sender: Sender,
  lab: Deciding,
): Promise<Work | Refusal> {
  const message = decodeMessage(transaction.delayedConfirmation ?? transaction.request);
  const { body } = message;
  if (body.type === 'certConf') return confirmationOf(message, body.value, transaction, lab);
  if (isFirstBody(body)) return workOf(message, body, sender, lab);
  return refusal('systemFailure', 'The request is lost');
}

/** What a client has to poll for: that depends on how it was told to. */
async function awaitedId(
  { request, certReqId, delayedConfirmation }: LabTransaction,
  { ledger }: Knowledge,
): Promise<number> {
  if (delayedConfirmation) return WHOLE_RESPONSE;
  const first = await ledger.answerTo(digest('sha256', request));
  const isWhole = first && decodeMessage(first).body.type === 'error';
  return isWhole ? WHOLE_RESPONSE : certReqId;
}
