import type { CertRepMessage, CertResponse } from '../message/cert-rep-message.ts';
import { hasImplicitConfirm } from '../message/info-type-and-value.ts';
import type { BodyType } from '../message/pki-message.ts';
import { limitStatus } from '../message/status-text.ts';
import { isMac } from '../protection/mac.ts';
import type { VerifiedMessage } from '../protection/verify.ts';
import { confirmBefore } from './confirm-wait.ts';
import { certReqIdOf } from './request.ts';
import { takeKeyPair } from './sealed-answer.ts';
import { saidIn } from './said.ts';
import type { TransactionState } from './state.ts';
import { invalid, type Step, type WaitLimits } from './step.ts';
import { beDelayed } from './waiting.ts';

/** Take an ip, cp or kup: exactly one CertResponse, with the number that was asked for. */
export function receiveCertificate(
  state: TransactionState,
  bodyType: 'ip' | 'cp' | 'kup',
  { response, caPubs = [] }: CertRepMessage,
  message: VerifiedMessage['message'],
  now: Date,
  limits: WaitLimits,
): Step {
  const [only] = response;
  // R14: exactly one.
  if (!only || response.length !== 1) {
    throw invalid(bodyType, `it has ${response.length} CertResponses, expected 1`);
  }
  const wanted = certReqIdOf(state.request);
  // R14: 0, or -1 in answer to a p10cr.
  if (only.certReqId !== wanted) {
    throw invalid(bodyType, `certReqId is ${only.certReqId}, expected ${wanted}`);
  }
  checkConsistent(bodyType, only);
  const { status, certifiedKeyPair } = only;
  switch (status.status) {
    case 'accepted':
    case 'grantedWithMods': {
      if (!certifiedKeyPair) throw invalid(bodyType, 'no certificate is in it');
      const { header, extraCerts = [] } = message;
      const around = {
        extraCerts,
        // C16: those of a cp or kup are worth nothing.
        caPubs: bodyType === 'ip' ? caPubs : [],
        ignoredCaPubs: bodyType === 'ip' ? [] : caPubs,
        isUnderMac: header.protectionAlg !== undefined && isMac(header.protectionAlg),
        certReqId: only.certReqId,
        status,
        // C8: what the response says, asked for or not.
        implicitConfirm: hasImplicitConfirm(header.generalInfo),
        ...confirmBefore(header, now),
      };
      return takeKeyPair(bodyType, state.request, certifiedKeyPair, around);
    }
    case 'rejection':
      return {
        type: 'done',
        outcome: {
          type: 'rejected',
          status: limitStatus(status),
          details: [],
          said: saidIn(message),
        },
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
      // C2: any other status is none of an answer.
      throw invalid(bodyType, `status is ${status.status}`);
  }
}

/** RFC 9810 section 5.3.4: a certificate exactly with accepted and grantedWithMods, failInfo only with rejection. */
function checkConsistent(bodyType: BodyType, { status, certifiedKeyPair }: CertResponse): void {
  const isGranted = status.status === 'accepted' || status.status === 'grantedWithMods';
  // C3: granted, but nothing is there.
  if (isGranted && !certifiedKeyPair) {
    throw invalid(bodyType, `status is ${status.status}, but no certificate is in it`);
  }
  // C3: not granted, but a certificate is there.
  if (!isGranted && certifiedKeyPair) {
    throw invalid(bodyType, `status is ${status.status}, but a certificate is in it`);
  }
  // C3: a failure beside a certificate.
  if (status.failInfo && status.status !== 'rejection') {
    throw invalid(bodyType, `status is ${status.status}, but failInfo is in it`);
  }
}
