import { CertError, unreachable } from '../../base/errors.ts';
import { certHash } from '../../crypto/cert-hash.ts';
import { certificateDer, type Certificate } from '../../x509/certificate.ts';
import type { CertStatus } from '../message/cert-confirm.ts';
import type { PKIBody } from '../message/pki-message.ts';
import type { PKIFailureBit, PKIStatusInfo } from '../message/pki-status-info.ts';
import { limitStatus, limitTexts } from '../message/status-text.ts';
import type { VerifiedMessage } from '../protection/verify.ts';
import { receiveCertificate } from './certificate-answer.ts';
import { receiveInfo } from './general-answer.ts';
import { answers, isRequestBody, type RequestBody } from './request.ts';
import { receiveRevocation } from './revocation-answer.ts';
import { sealedPartOf } from './sealed-answer.ts';
import { saidIn } from './said.ts';
import type { DelayedPhase, TransactionState } from './state.ts';
import { invalid, unexpected, type Issued, type Step, type WaitLimits } from './step.ts';
import { beDelayed, poll, receivePollRep, WHOLE_RESPONSE } from './waiting.ts';

/** Begin: the request to send. */
export function begin(request: RequestBody): Step & { readonly type: 'send' } {
  return { type: 'send', phase: { type: 'requested', value: null }, body: request };
}

/**
 * Take an answer.
 *
 * @throws {CertError} CMP_BODY_UNEXPECTED, CMP_RESPONSE_INVALID: the operation ends, nothing is sent
 */
export function receive(
  state: TransactionState,
  { message }: VerifiedMessage,
  now: Date,
  limits: WaitLimits,
): Step {
  const { body } = message;
  const { phase } = state;
  switch (phase.type) {
    case 'requested':
    case 'confirming':
    case 'refusing':
      return receiveAnswer(state, phase, message, now, limits);
    case 'polled':
      if (body.type === 'pollRep') return receivePollRep(phase.value, body.value, now, limits);
      // L5: as if it were the first.
      return receiveAnswer(state, phase.value.from, message, now, limits);
    case 'waiting':
    case 'granted':
      throw new CertError('INTERNAL', `Cannot take "${body.type}": nothing was sent`);
    default:
      return unreachable(phase);
  }
}

/** Poll again: by schedule once `notBefore` has come, by hand any time. */
export function resume({ phase }: TransactionState): Step {
  if (phase.type !== 'waiting') {
    throw new CertError('INTERNAL', `Cannot poll: the transaction is ${phase.type}`);
  }
  return poll(phase.value.awaiting);
}

/** Accept the certificate: certConf is due unless implicitConfirm was granted. */
export function accept({ certificate, certReqId, implicitConfirm }: Issued): Step {
  // C8: not due where implicitConfirm was granted, due in any other case.
  if (implicitConfirm) return { type: 'done', outcome: { type: 'granted' } };
  return {
    type: 'send',
    phase: { type: 'confirming', value: null },
    body: certConf(certificate, certReqId, { status: 'accepted' }),
  };
}

/** Why a certificate is refused. */
export interface Refused {
  readonly reason: string;
  /** What the CA hears in place of the reason. */
  readonly told?: string;
  readonly failInfo: PKIFailureBit;
}

/**
 * Refuse the certificate: the CA is told by certConf, unless implicitConfirm was granted; then nothing
 * is sent (RFC 9483 section 3.6.1).
 */
export function refuse(
  { certificate, certReqId, implicitConfirm }: Issued,
  { reason, told = reason, failInfo }: Refused,
): Step {
  // C15: the CA takes no certConf any more.
  if (implicitConfirm) return { type: 'done', outcome: { type: 'refused', reason } };
  return {
    type: 'send',
    phase: { type: 'refusing', value: { reason } },
    body: certConf(certificate, certReqId, {
      status: 'rejection',
      statusString: [told],
      // C11: why, in a rejection.
      failInfo: [failInfo],
    }),
  };
}

/**
 * The version a body needs: 3 for a certConf with hashAlg and for a request whose answer has EnvelopedData in
 * it, else that of the transaction (RFC 9810 section 7).
 */
export function pvnoFor(body: PKIBody, pvno: number): number {
  // H1, B15: 3 where its syntax is needed, in the body or in what answers it.
  const needs3 =
    body.type === 'certConf'
      ? body.value.some(({ hashAlg }) => hashAlg)
      : isRequestBody(body) && sealedPartOf(body) !== undefined;
  return needs3 ? 3 : pvno;
}

function receiveAnswer(
  state: TransactionState,
  phase: DelayedPhase,
  message: VerifiedMessage['message'],
  now: Date,
  limits: WaitLimits,
): Step {
  const { body } = message;
  if (body.type === 'error') return receiveError(state, phase, message, body.value, now, limits);
  if (phase.type !== 'requested') {
    // R13: nothing else answers a certConf.
    if (body.type !== 'pkiconf') throw unexpected(body.type, 'pkiconf');
    return phase.type === 'confirming'
      ? { type: 'done', outcome: { type: 'granted' } }
      : { type: 'done', outcome: { type: 'refused', reason: phase.value.reason } };
  }
  const wanted = answers[state.request.type];
  // R13: the body fits the request.
  if (body.type !== wanted) throw unexpected(body.type, wanted);
  switch (body.type) {
    case 'rp':
      return receiveRevocation(state.request, body.value, message);
    case 'genp':
      return receiveInfo(state.request, body.value, message.extraCerts ?? []);
    default:
      return receiveCertificate(state, body.type, body.value, message, now, limits);
  }
}

function receiveError(
  state: TransactionState,
  phase: DelayedPhase,
  message: VerifiedMessage['message'],
  { pKIStatusInfo: status, errorDetails = [] }: (PKIBody & { type: 'error' })['value'],
  now: Date,
  limits: WaitLimits,
): Step {
  if (status.status === 'waiting') {
    // L1: after an error, a whole message is polled for.
    const certReqId = state.phase.type === 'polled' ? state.phase.value.certReqId : WHOLE_RESPONSE;
    return beDelayed(state, phase, certReqId, status, now, limits);
  }
  // R13: an error is a rejection or a wait.
  if (status.status !== 'rejection') throw invalid('error', `status is ${status.status}`);
  if (phase.type === 'confirming') {
    // C12: it was confirmed by the certConf before.
    return status.failInfo?.includes('certConfirmed')
      ? { type: 'done', outcome: { type: 'granted' } }
      : { type: 'done', outcome: { type: 'unconfirmed', status: limitStatus(status) } };
  }
  if (phase.type === 'refusing') {
    return { type: 'done', outcome: { type: 'refused', reason: phase.value.reason } };
  }
  // L6: kept, and shown.
  const details = limitTexts(errorDetails);
  const outcome = { type: 'rejected', status: limitStatus(status), details } as const;
  return { type: 'done', outcome: { ...outcome, said: saidIn(message) } };
}

function certConf(certificate: Certificate, certReqId: number, statusInfo: PKIStatusInfo): PKIBody {
  const { hash, hashAlg } = certHash(certificateDer(certificate), certificate.signatureAlgorithm);
  const status: CertStatus = {
    certHash: hash,
    // C10: that of the response.
    certReqId,
    // C10, C11: written out, accepted as well.
    statusInfo,
    // C9: only where the signature of the certificate names no hash.
    ...(hashAlg && { hashAlg }),
  };
  return { type: 'certConf', value: [status] };
}
