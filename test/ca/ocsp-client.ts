import { digest, digestAlgorithm, type DigestName } from '../../src/crypto/digest.ts';
import { toDer } from '../../src/asn1/codec.ts';
import type { Lab } from '../../src/ca/lab.ts';
import type { CrlIssuer } from '../../src/ca/ledger-records.ts';
import type { OcspHttpAnswer } from '../../src/ca/ocsp-http.ts';
import type { OcspRules, OcspVerdict } from '../../src/revocation/ocsp-rules.ts';
import { verifyOcspResponse } from '../../src/revocation/ocsp-verify.ts';
import type { Certificate } from '../../src/x509/certificate.ts';
import { extension } from '../../src/x509/extension-values.ts';
import type { Extensions } from '../../src/x509/extension.ts';
import { Name } from '../../src/x509/name.ts';
import { OCSPRequest, type CertID } from '../../src/x509/ocsp-request.ts';
import { rulesFor } from '../revocation/ocsp-vectors.ts';

/** When the clock of a lab under test stands. */
export const now: Date = new Date('2026-11-01T12:00:00Z');

/** Name a certificate as clients do. */
export function certId(
  certificate: Certificate,
  issuer: Certificate,
  hash: DigestName = 'sha1',
): CertID {
  const { subject, subjectPublicKeyInfo } = issuer.tbsCertificate;
  return {
    hashAlgorithm: digestAlgorithm(hash),
    issuerNameHash: digest(hash, toDer(Name, subject)),
    issuerKeyHash: digest(hash, subjectPublicKeyInfo.subjectPublicKey),
    serialNumber: certificate.tbsCertificate.serialNumber,
  };
}

/** Make a request. */
export function ocspRequest(
  ids: readonly CertID[],
  nonce?: Uint8Array,
  more: Extensions = [],
): Uint8Array {
  const requestExtensions = [...(nonce ? [extension('ocspNonce', nonce)] : []), ...more];
  return toDer(OCSPRequest, {
    tbsRequest: {
      version: 0,
      requestList: ids.map((reqCert) => ({ reqCert })),
      ...(requestExtensions.length > 0 && { requestExtensions }),
    },
  });
}

/** Give the octets of an answer. */
export function octetsIn(answer: OcspHttpAnswer): Uint8Array {
  if (answer.type !== 'answer') throw new Error(`no answer: ${answer.type}`);
  return answer.body;
}

/** How a lab is asked. */
export interface Asking {
  readonly hash?: DigestName;
  readonly nonce?: Uint8Array;
  readonly issuer?: CrlIssuer;
  readonly rules?: Partial<OcspRules>;
  readonly at?: Date;
}

/** Ask a lab about a certificate by POST, and judge the response as a client does that trusts the issuer alone. */
export async function asked(
  lab: Lab,
  certificate: Certificate,
  { hash, nonce, issuer: by = 'issuing', rules, at = now }: Asking = {},
): Promise<OcspVerdict> {
  const issuer = lab.authorities[by].certificate;
  const body = ocspRequest([certId(certificate, issuer, hash)], nonce);
  const answer = await lab.responder.answer({ method: 'POST', url: '/ocsp', body }, at);
  return verifyOcspResponse(
    octetsIn(answer),
    { certificate, issuer, origin: { type: 'query', ...(nonce && { nonce }) } },
    rulesFor({ type: 'issuer' }, rules),
    at,
  );
}

/** Put a verdict into a word: the status, or why there is none. */
export function wordOf(verdict: OcspVerdict): string {
  return verdict.type === 'unavailable' ? verdict.code : verdict.type;
}
