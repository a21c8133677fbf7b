import { CertError, unreachable } from '../../base/errors.ts';
import type { Operation } from '../../base/events.ts';
import { certHash } from '../../crypto/cert-hash.ts';
import { certificateDer, type Certificate } from '../../x509/certificate.ts';
import type { CertStatus } from '../message/cert-confirm.ts';
import type { CertRepMessage, CertResponse } from '../message/cert-rep-message.ts';
import type { CertReqMsg } from '../message/cert-req-msg.ts';
import { hasImplicitConfirm } from '../message/info-type-and-value.ts';
import type { BodyType, PKIBody } from '../message/pki-message.ts';
import type { PKIFailureBit, PKIStatusInfo } from '../message/pki-status-info.ts';
import { formatTexts, limitStatus, limitTexts } from '../message/status-text.ts';
import type { VerifiedMessage } from '../protection/verify.ts';
import type { Awaiting, DelayedPhase, Phase, TransactionState } from './state.ts';

/**
 * The enrollment of RFC 9810 sections 5.3.1 to 5.3.6, 5.3.18 and 5.3.22 as a function from state and
 * verified message to what happens next. Nothing here sends, waits, reads a clock or stores.
 */
export type Step =
  /** Send this body next. */
  | { readonly type: 'send'; readonly phase: Phase; readonly body: PKIBody }
  /** Wait, then `resume`. */
  | { readonly type: 'wait'; readonly phase: Phase & { type: 'waiting' }; readonly text?: string }
  /** Judge the certificate, then `accept` or `refuse` it. */
  | { readonly type: 'judge'; readonly issued: Issued }
  /** Nothing is left to send. */
  | { readonly type: 'done'; readonly outcome: Outcome };

/** A certificate as the CA handed it over: not judged yet. */
export interface Issued {
  readonly certificate: Certificate;
  /** What may complete its chain; never anchors. */
  readonly extraCerts: readonly Certificate[];
  /** From an ip only; what they are worth is the CA profile's business. */
  readonly caPubs: readonly Certificate[];
  readonly certReqId: number;
  /** accepted, or grantedWithMods. */
  readonly status: PKIStatusInfo;
  readonly implicitConfirm: boolean;
}

/** How a transaction ended. */
export type Outcome =
  | { readonly type: 'granted' }
  | { readonly type: 'refused'; readonly reason: string }
  | {
      readonly type: 'rejected';
      readonly status: PKIStatusInfo;
      readonly details: readonly string[];
    }
  /** The answer to our certConf was a rejection: the certificate may be revoked. */
  | { readonly type: 'unconfirmed'; readonly status: PKIStatusInfo };

/** What bounds the waiting. */
export interface WaitLimits {
  readonly minPollSeconds: number;
}

const answers: Readonly<Record<Operation, 'ip' | 'cp' | 'kup'>> = {
  ir: 'ip',
  cr: 'cp',
  kur: 'kup',
};

/** One certificate is asked for in a message, and this is its number (RFC 9483 section 4.1.1). */
export const CERT_REQ_ID = 0;

/** Polls for a whole response message instead of one certificate. */
const WHOLE_RESPONSE = -1;

/** A checkAfter beyond this is taken for this; the transaction's deadline comes long before. */
const MAX_CHECK_AFTER_SECONDS = 366 * 86_400;

/** No setting makes us poll faster than this: a peer could make us spin. */
const SHORTEST_WAIT_SECONDS = 1;

/** Begin: the request to send. */
export function begin(operation: Operation, request: CertReqMsg): Step {
  return {
    type: 'send',
    phase: { type: 'requested', value: null },
    body: { type: operation, value: [request] },
  };
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
  if (implicitConfirm) return { type: 'done', outcome: { type: 'granted' } };
  return {
    type: 'send',
    phase: { type: 'confirming', value: null },
    body: certConf(certificate, certReqId, { status: 'accepted' }),
  };
}

/**
 * Refuse the certificate: the CA is told by certConf, unless implicitConfirm was granted; then nothing
 * is sent (RFC 9483 section 3.6.1).
 */
export function refuse(
  { certificate, certReqId, implicitConfirm }: Issued,
  reason: string,
  failInfo: PKIFailureBit,
): Step {
  if (implicitConfirm) return { type: 'done', outcome: { type: 'refused', reason } };
  return {
    type: 'send',
    phase: { type: 'refusing', value: { reason } },
    body: certConf(certificate, certReqId, {
      status: 'rejection',
      statusString: [reason],
      failInfo: [failInfo],
    }),
  };
}

/** The version a body needs: 3 for a certConf with hashAlg, else that of the transaction (RFC 9810 section 7). */
export function pvnoFor(body: PKIBody, pvno: number): number {
  return body.type === 'certConf' && body.value.some(({ hashAlg }) => hashAlg) ? 3 : pvno;
}

function receiveAnswer(
  state: TransactionState,
  phase: DelayedPhase,
  message: VerifiedMessage['message'],
  now: Date,
  limits: WaitLimits,
): Step {
  const { body } = message;
  if (body.type === 'error') return receiveError(state, phase, body.value, now, limits);
  if (phase.type !== 'requested') {
    if (body.type !== 'pkiconf') throw unexpected(body.type, 'pkiconf');
    return phase.type === 'confirming'
      ? { type: 'done', outcome: { type: 'granted' } }
      : { type: 'done', outcome: { type: 'refused', reason: phase.value.reason } };
  }
  const wanted = answers[state.operation];
  if (body.type !== wanted) throw unexpected(body.type, wanted);
  return receiveCertificate(state, body.type, body.value, message, now, limits);
}

function receiveCertificate(
  state: TransactionState,
  bodyType: 'ip' | 'cp' | 'kup',
  { response, caPubs = [] }: CertRepMessage,
  message: VerifiedMessage['message'],
  now: Date,
  limits: WaitLimits,
): Step {
  const [only] = response;
  if (!only || response.length !== 1) {
    throw invalid(bodyType, `it has ${response.length} CertResponses, expected 1`);
  }
  if (only.certReqId !== CERT_REQ_ID) {
    throw invalid(bodyType, `certReqId is ${only.certReqId}, expected ${CERT_REQ_ID}`);
  }
  checkConsistent(bodyType, only);
  const { status, certifiedKeyPair } = only;
  switch (status.status) {
    case 'accepted':
    case 'grantedWithMods': {
      const { certOrEncCert, privateKey } = certifiedKeyPair ?? {};
      if (certOrEncCert?.type !== 'certificate') {
        throw invalid(bodyType, 'the certificate is encrypted, which was not asked for');
      }
      if (privateKey) throw invalid(bodyType, 'it brings a private key, which was not asked for');
      return {
        type: 'judge',
        issued: {
          certificate: certOrEncCert.value,
          extraCerts: message.extraCerts ?? [],
          caPubs: bodyType === 'ip' ? caPubs : [],
          certReqId: only.certReqId,
          status,
          implicitConfirm: hasImplicitConfirm(message.header.generalInfo),
        },
      };
    }
    case 'rejection':
      return {
        type: 'done',
        outcome: { type: 'rejected', status: limitStatus(status), details: [] },
      };
    case 'waiting':
      // After polling for the whole response it is here; what is awaited now is its certificate.
      return beDelayed(
        state,
        { type: 'requested', value: null },
        only.certReqId,
        status,
        now,
        limits,
      );
    default:
      throw invalid(bodyType, `status is ${status.status}`);
  }
}

/** RFC 9810 section 5.3.4: a certificate exactly with accepted and grantedWithMods, failInfo only with rejection. */
function checkConsistent(bodyType: BodyType, { status, certifiedKeyPair }: CertResponse): void {
  const isGranted = status.status === 'accepted' || status.status === 'grantedWithMods';
  if (isGranted && !certifiedKeyPair) {
    throw invalid(bodyType, `status is ${status.status}, but no certificate is in it`);
  }
  if (!isGranted && certifiedKeyPair) {
    throw invalid(bodyType, `status is ${status.status}, but a certificate is in it`);
  }
  if (status.failInfo && status.status !== 'rejection') {
    throw invalid(bodyType, `status is ${status.status}, but failInfo is in it`);
  }
}

function receiveError(
  state: TransactionState,
  phase: DelayedPhase,
  { pKIStatusInfo: status, errorDetails = [] }: (PKIBody & { type: 'error' })['value'],
  now: Date,
  limits: WaitLimits,
): Step {
  if (status.status === 'waiting') {
    const certReqId = state.phase.type === 'polled' ? state.phase.value.certReqId : WHOLE_RESPONSE;
    return beDelayed(state, phase, certReqId, status, now, limits);
  }
  if (status.status !== 'rejection') throw invalid('error', `status is ${status.status}`);
  if (phase.type === 'confirming') {
    return status.failInfo?.includes('certConfirmed')
      ? { type: 'done', outcome: { type: 'granted' } }
      : { type: 'done', outcome: { type: 'unconfirmed', status: limitStatus(status) } };
  }
  if (phase.type === 'refusing') {
    return { type: 'done', outcome: { type: 'refused', reason: phase.value.reason } };
  }
  const details = limitTexts(errorDetails);
  return { type: 'done', outcome: { type: 'rejected', status: limitStatus(status), details } };
}

/**
 * Poll for an answer that says `waiting`; if that was the answer to a poll, wait first: it has no
 * checkAfter, and counts as a pollRep with the shortest one (RFC 9810 section 5.3.22).
 */
function beDelayed(
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

function receivePollRep(
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

function poll(awaiting: Awaiting): Step {
  return {
    type: 'send',
    phase: { type: 'polled', value: awaiting },
    body: { type: 'pollReq', value: [{ certReqId: awaiting.certReqId }] },
  };
}

function certConf(certificate: Certificate, certReqId: number, statusInfo: PKIStatusInfo): PKIBody {
  const { hash, hashAlg } = certHash(certificateDer(certificate), certificate.signatureAlgorithm);
  const status: CertStatus = {
    certHash: hash,
    certReqId,
    statusInfo,
    ...(hashAlg && { hashAlg }),
  };
  return { type: 'certConf', value: [status] };
}

function unexpected(got: BodyType, wanted: BodyType): CertError {
  return new CertError('CMP_BODY_UNEXPECTED', `Cannot accept "${got}": expected "${wanted}"`);
}

function invalid(body: BodyType, why: string): CertError {
  return new CertError('CMP_RESPONSE_INVALID', `Cannot accept "${body}": ${why}`);
}
