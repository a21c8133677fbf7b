import { generateKeyPairSync } from 'node:crypto';
import { fromDer } from '../../../src/asn1/codec.ts';
import type { Operation } from '../../../src/base/events.ts';
import type { CertResponse } from '../../../src/cmp/message/cert-rep-message.ts';
import { info } from '../../../src/cmp/message/info-values.ts';
import type { PKIBody } from '../../../src/cmp/message/pki-message.ts';
import type { PKIStatusInfo } from '../../../src/cmp/message/pki-status-info.ts';
import { protectionAlgOf } from '../../../src/cmp/protection/protect.ts';
import type { RequestBody } from '../../../src/cmp/transaction/request.ts';
import type {
  Awaiting,
  DelayedPhase,
  Phase,
  TransactionState,
} from '../../../src/cmp/transaction/state.ts';
import { algorithmIdentifier } from '../../../src/x509/algorithm-identifier.ts';
import type { CertificationRequest } from '../../../src/x509/certification-request.ts';
import { SubjectPublicKeyInfo } from '../../../src/x509/subject-public-key-info.ts';
import type { Certificate } from '../../../src/x509/certificate.ts';
import { parseName } from '../../../src/x509/name-text.ts';
import { issue, someDay, type Issued } from '../../harness/certificates.ts';
import { macOfCa, requestNonce, transactionID } from '../answers.ts';

export const ca: Issued = issue({ subject: 'CN=CA,O=Test', isCa: true });
/** The certificate the CA of these tests hands out. */
export const certificate: Certificate = issue({ subject: 'CN=gw1', issuer: ca }).certificate;

export const requested: DelayedPhase = { type: 'requested', value: null };
export const confirming: DelayedPhase = { type: 'confirming', value: null };
export const refusing: DelayedPhase = { type: 'refusing', value: { reason: 'wrong key' } };

/** senderNonce of the request whose answer is delayed, where one is. */
export const delayedNonce: Uint8Array = new Uint8Array(16).fill(0x66);

/** Polling for the certificate, as after an ip that said `waiting`. */
export const awaitingCertificate: Awaiting = {
  from: { type: 'requested', value: null },
  certReqId: 0,
  delayedNonce,
};

/** Polling for the pkiconf, as after an error that said `waiting`. */
export const awaitingPkiconf: Awaiting = {
  from: { type: 'confirming', value: null },
  certReqId: -1,
  delayedNonce,
};

/** Make a state in a phase: an ir under the shared secret unless said otherwise. */
export function stateIn(phase: Phase, operation: Operation = 'ir'): TransactionState {
  return {
    request: requestOf(operation),
    generalInfo: [],
    pvno: 2,
    clockOffsetMs: 0,
    transactionID,
    protectionAlg: protectionAlgOf(macOfCa),
    deadline: new Date(someDay.getTime() + 86_400_000),
    senderNonce: requestNonce,
    signerCerts: [],
    phase,
  };
}

/** What a transaction of each kind begins with. */
export function requestOf(type: Operation): RequestBody {
  const subject = parseName('CN=gw1');
  switch (type) {
    case 'p10cr':
      return { type, value: certificationRequest };
    case 'rr':
      return {
        type,
        value: [{ certDetails: { serialNumber: 17n, issuer: parseName('CN=CA,O=Test') } }],
      };
    case 'genm':
      return { type, value: [info('caCerts')] };
    default:
      return {
        type,
        value: [{ certReq: { certReqId: 0, certTemplate: { subject, publicKey } } }],
      };
  }
}

const key = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const publicKey: SubjectPublicKeyInfo = {
  algorithm: algorithmIdentifier('ed25519'),
  subjectPublicKey: new Uint8Array(32).fill(1),
};
const certificationRequest: CertificationRequest = {
  certificationRequestInfo: {
    version: 0,
    subject: parseName('CN=gw1'),
    subjectPKInfo: fromDer(
      SubjectPublicKeyInfo,
      key.publicKey.export({ format: 'der', type: 'spki' }),
    ),
    attributes: [],
  },
  signatureAlgorithm: algorithmIdentifier('ecdsaWithSHA256'),
  signature: Uint8Array.of(0x30, 0),
};

/** Write an ip, cp or kup with one CertResponse. */
export function response(
  type: 'ip' | 'cp' | 'kup',
  status: PKIStatusInfo,
  more: Partial<CertResponse> = {},
): PKIBody {
  return { type, value: { response: [{ certReqId: 0, status, ...more }] } };
}

/** The part of a CertResponse that holds the certificate. */
export const withCertificate: Partial<CertResponse> = {
  certifiedKeyPair: { certOrEncCert: { type: 'certificate', value: certificate } },
};

/** An ip that grants the certificate. */
export const granting: PKIBody = response('ip', { status: 'accepted' }, withCertificate);

/** Write an error message. */
export function errorBody(pKIStatusInfo: PKIStatusInfo, ...errorDetails: string[]): PKIBody {
  const details = errorDetails.length > 0 && { errorDetails };
  return { type: 'error', value: { pKIStatusInfo, ...details } };
}
