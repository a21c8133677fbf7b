import { bytesEqual } from '../base/bytes.ts';
import { oids } from '../asn1/oids.ts';
import { certHash } from '../crypto/cert-hash.ts';
import { digest, findDigest } from '../crypto/digest.ts';
import { hasImplicitConfirm } from '../cmp/message/info-type-and-value.ts';
import type { CertConfirmContent } from '../cmp/message/cert-confirm.ts';
import { decodeMessage, type PKIBody, type PKIMessage } from '../cmp/message/pki-message.ts';
import type { PKIStatusInfo } from '../cmp/message/pki-status-info.ts';
import { certificateDer, decodeCertificate } from '../x509/certificate.ts';
import { formatName } from '../x509/name-text.ts';
import type { Knowledge, Sender } from './authenticate.ts';
import { checkContinuation } from './check-header.ts';
import { checkRequest, responseTypeOf, type Acceptable } from './check-request.ts';
import { grant, type Granter } from './grant.ts';
import type { LabSettings } from './lab-settings.ts';
import type { LabTransaction, Turn } from './ledger.ts';
import { isRefusal, refusal, refusalOf, statusOf, type Refusal } from './refusal.ts';
import { refuseConfirmation } from './refuse-repeat.ts';
import { isRequestBody, type RequestBody } from './wanted.ts';

/** Polls for a whole message instead of one certificate (RFC 9810 section 5.3.22). */
const WHOLE_RESPONSE = -1;

/** A transaction as a turn leaves it; the nonce is put in when the answer is made. */
export type NextTransaction = Omit<LabTransaction, 'senderNonce' | 'request' | 'transactionID'>;

/** What a message leads to: an answer, and what to write down before it is sent. */
export interface Decision extends Pick<Turn, 'issued' | 'certificateStatus'> {
  readonly type: 'decision';
  readonly body: PKIBody;
  readonly transaction: NextTransaction;
  readonly grantsImplicitConfirm?: boolean;
  /** Set when the answer ends polling. */
  readonly endsDelay?: boolean;
}

/** A message whose protection and header were checked. */
export interface Incoming {
  readonly message: PKIMessage;
  readonly transactionID: Uint8Array;
  readonly sender: Sender;
  /** What the ledger has under its transactionID. */
  readonly transaction?: LabTransaction;
}

/**
 * Decide what a message leads to; nothing is written here.
 *
 * @returns a refusal for what is answered with an error message and leaves the transaction as it is
 * @throws {CertError} what `refusalOf` knows
 */
export async function decide(
  incoming: Incoming,
  lab: Knowledge & Granter,
): Promise<Decision | Refusal> {
  const { message, sender, transaction } = incoming;
  const { body, header } = message;
  if (isRequestBody(body)) {
    if (transaction) return refusal('transactionIdInUse', 'The transactionID is in use');
    return begin(incoming, body, lab);
  }
  if (!transaction) return refusal('badRequest', `${body.type} begins no transaction here`);
  const problem = checkContinuation(header, sender, transaction);
  if (problem) return problem;
  switch (body.type) {
    case 'pollReq':
      return poll(incoming, transaction, body.value[0]?.certReqId, lab);
    case 'certConf':
      return confirm(message, transaction, body.value, lab);
    case 'error':
      // RFC 9810 section 5.3.21 lets a client give up with an error message.
      return {
        type: 'decision',
        body: { type: 'pkiconf', value: null },
        transaction: { ...transaction, phase: 'closed' },
        ...(transaction.phase === 'confirming' && { certificateStatus: 'rejected' }),
      };
    default:
      return refusal('badRequest', `${body.type} is not expected now`);
  }
}

async function begin(
  { message, sender }: Incoming,
  body: RequestBody,
  lab: Knowledge & Granter,
): Promise<Decision> {
  const { settings, clock } = lab;
  const checked = await check(body, sender, lab);
  const transaction: NextTransaction = {
    id: 0,
    operation: body.type,
    phase: 'closed',
    certReqId: body.type === 'p10cr' ? -1 : 0,
    subject: isRefusal(checked) ? '' : formatName(checked.subject),
    ...(sender.type === 'mac'
      ? { reference: sender.reference }
      : { signer: certificateDer(sender.certificate) }),
    needsApproval: settings.approval === 'manual',
    polls: 0,
    openedAt: clock.now(),
  };
  if (isRefusal(checked)) return reject(transaction, checked);
  if (!transaction.needsApproval && settings.polls === 0) {
    return issue(message, checked, transaction, lab);
  }
  return {
    type: 'decision',
    body: delayed(transaction, settings),
    transaction: { ...transaction, phase: 'waiting' },
  };
}

/** Tell a client to poll: for its certificate, or after an error for a whole message (RFC 9483 section 4.4). */
function delayed(
  { operation, certReqId, needsApproval }: NextTransaction,
  { delay }: LabSettings,
): PKIBody {
  const text = needsApproval ? 'The request waits for approval' : 'Please poll';
  const status: PKIStatusInfo = { status: 'waiting', statusString: [text] };
  if (delay === 'error') return { type: 'error', value: { pKIStatusInfo: status } };
  return { type: responseTypeOf(operation), value: { response: [{ certReqId, status }] } };
}

async function check(
  body: RequestBody,
  sender: Sender,
  lab: Knowledge,
): Promise<Acceptable | Refusal> {
  try {
    const checked = await checkRequest(body, sender, lab);
    return isRefusal(checked) ? checked : (refusedByPolicy(checked, lab) ?? checked);
  } catch (thrown) {
    return refusalOf(thrown);
  }
}

function refusedByPolicy({ subject }: Acceptable, { settings }: Knowledge): Refusal | undefined {
  const { refuse, refuseSubject } = settings;
  if (refuse === undefined && refuseSubject === undefined) return undefined;
  const text = formatName(subject);
  if (refuseSubject !== undefined && !matches(text, refuseSubject)) return undefined;
  return refusal(refuse ?? 'notAuthorized', `The lab is set to refuse "${text}"`);
}

function matches(text: string, pattern: string): boolean {
  const parts = pattern.split('*').map((part) => part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'));
  return new RegExp(`^${parts.join('.*')}$`, 'isu').test(text);
}

async function issue(
  message: PKIMessage,
  request: Acceptable,
  transaction: NextTransaction,
  lab: Granter,
): Promise<Decision> {
  const { operation } = transaction;
  const granted = await grant(request, operation === 'ir', lab);
  if (isRefusal(granted)) return reject(transaction, granted);
  const grantsImplicitConfirm =
    lab.settings.implicitConfirm && hasImplicitConfirm(message.header.generalInfo);
  return {
    type: 'decision',
    body: { type: responseTypeOf(operation), value: granted.message },
    transaction: { ...transaction, phase: grantsImplicitConfirm ? 'closed' : 'confirming' },
    grantsImplicitConfirm,
    issued: {
      ...granted.issued,
      transactionID: message.header.transactionID ?? new Uint8Array(),
      status: grantsImplicitConfirm ? 'current' : 'issued',
    },
  };
}

function reject(transaction: NextTransaction, why: Refusal): Decision {
  const { operation, certReqId } = transaction;
  return {
    type: 'decision',
    body: {
      type: responseTypeOf(operation),
      value: { response: [{ certReqId, status: statusOf(why) }] },
    },
    transaction: { ...transaction, phase: 'closed' },
  };
}

async function poll(
  { sender }: Incoming,
  transaction: LabTransaction,
  certReqId: number | undefined,
  lab: Knowledge & Granter,
): Promise<Decision | Refusal> {
  const { settings } = lab;
  if (transaction.phase !== 'waiting') return refusal('badRequest', 'Nothing is waiting here');
  const wanted = await awaitedId(transaction, lab);
  if (certReqId !== wanted && certReqId !== WHOLE_RESPONSE) {
    return refusal('badRequest', `certReqId is ${certReqId}, expected ${wanted}`);
  }
  if (transaction.decision === 'denied') {
    const why = refusal('notAuthorized', transaction.reason ?? 'The request was denied');
    return { ...reject(transaction, why), endsDelay: true };
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
  // Checked again as it stands in the ledger: what it rests on may have changed while it waited.
  const original = decodeMessage(transaction.request);
  if (!isRequestBody(original.body)) return refusal('systemFailure', 'The request is lost');
  const checked = await check(original.body, sender, lab);
  const decision = isRefusal(checked)
    ? reject(transaction, checked)
    : await issue(original, checked, transaction, lab);
  return { ...decision, endsDelay: true };
}

/** What a client has to poll for: that depends on how it was told to. */
async function awaitedId(
  { request, certReqId }: LabTransaction,
  { ledger }: Knowledge,
): Promise<number> {
  const first = await ledger.answerTo(digest('sha256', request));
  const isWhole = first && decodeMessage(first).body.type === 'error';
  return isWhole ? WHOLE_RESPONSE : certReqId;
}

async function confirm(
  { header }: PKIMessage,
  transaction: LabTransaction,
  content: CertConfirmContent,
  { ledger }: Knowledge,
): Promise<Decision | Refusal> {
  const { certificateId, phase } = transaction;
  const issued = certificateId === undefined ? undefined : await ledger.certificate(certificateId);
  if (phase !== 'confirming' || !issued) {
    return issued
      ? refuseConfirmation(issued)
      : refusal('badRequest', 'There is no certificate to confirm');
  }
  const closed = { ...transaction, phase: 'closed' } as const;
  const pkiconf = { type: 'decision', body: { type: 'pkiconf', value: null } } as const;
  const rejected = { transaction: closed, certificateStatus: 'rejected' } as const;
  const [status, second] = content;
  // RFC 9810 section 5.3.18: an empty list rejects everything.
  if (!status) return { ...pkiconf, ...rejected };
  if (second) return refusal('badRequest', 'certConf is about more than one certificate');
  // OpenSSL has -1 for PKCS #10, the letter of RFC 9483 section 4.1.1 has 0.
  if (status.certReqId !== transaction.certReqId && status.certReqId !== 0) {
    return refusal('badRequest', `certReqId is ${status.certReqId}`);
  }
  if (status.statusInfo && status.statusInfo.status !== 'accepted') {
    return { ...pkiconf, ...rejected };
  }
  const fits = hashFits(issued.der, status, header.pvno);
  if (fits === true) {
    return { ...pkiconf, transaction: closed, certificateStatus: 'current' };
  }
  const body = { type: 'error', value: { pKIStatusInfo: statusOf(fits) } } as const;
  return { type: 'decision', body, ...rejected };
}

/** RFC 9810 section 5.3.18: the hash of the certificate's own signature, or the one hashAlg names. */
function hashFits(
  der: Uint8Array,
  { certHash: given, hashAlg }: CertConfirmContent[number],
  pvno: number,
): true | Refusal {
  let expected: Uint8Array;
  if (hashAlg) {
    if (pvno < 3) return refusal('badRequest', 'hashAlg needs pvno 3');
    const name = findDigest(hashAlg);
    if (name === undefined) return refusal('badAlg', 'hashAlg is not supported');
    expected = digest(name, der);
  } else {
    const { signatureAlgorithm } = decodeCertificate(der);
    expected = certHash(der, signatureAlgorithm).hash;
    // OpenSSL takes SHAKE256 at its usual 32 octets, where RFC 9481 section 3.3 has 64.
    if (signatureAlgorithm.algorithm === oids.ed448 && given.length === 32) {
      expected = expected.subarray(0, 32);
    }
  }
  if (bytesEqual(expected, given)) return true;
  return refusal('badCertId', 'certHash is not that of the certificate issued here');
}
