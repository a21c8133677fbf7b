import type { CertifiedKeyPair } from '../message/cert-rep-message.ts';
import type { RequestBody } from './request.ts';
import { invalid, type Sealed, type Step } from './step.ts';

/**
 * Say what of the answer comes encrypted by what was asked for: the private key when the CA is to make it,
 * the certificate when decrypting it proves possession of the key.
 *
 * @see RFC 9483 section 4.1.6, RFC 9810 section 5.2.8.3.2
 */
export function sealedPartOf(request: RequestBody): 'privateKey' | 'encryptedCert' | undefined {
  if (request.type !== 'ir' && request.type !== 'cr' && request.type !== 'kur') return undefined;
  const [only] = request.value;
  if (!only) return undefined;
  const { popo, certReq } = only;
  // B15: absent, or an algorithm with a zero-length BIT STRING.
  const { publicKey } = certReq.certTemplate;
  if (!publicKey || publicKey.subjectPublicKey.length === 0) return 'privateKey';
  const isIndirect =
    (popo?.type === 'keyEncipherment' || popo?.type === 'keyAgreement') &&
    popo.value.type === 'subsequentMessage' &&
    popo.value.value === ENCR_CERT;
  return isIndirect ? 'encryptedCert' : undefined;
}

/** SubsequentMessage encrCert, RFC 4211 section 4.2. */
export const ENCR_CERT = 0;

/**
 * Take certificate and key out of a granted CertResponse, as far as they were asked for in that form.
 *
 * @throws {CertError} CMP_RESPONSE_INVALID
 */
export function takeKeyPair(
  bodyType: 'ip' | 'cp' | 'kup',
  request: RequestBody,
  { certOrEncCert, privateKey }: CertifiedKeyPair,
  around: Sealed['around'],
): Step {
  const sealedPart = sealedPartOf(request);
  // C18: an encrypted certificate only where it was asked for.
  if (certOrEncCert.type !== 'certificate' && sealedPart !== 'encryptedCert') {
    throw invalid(bodyType, 'the certificate is encrypted, which was not asked for');
  }
  // C17: whoever sends a key for a certificate whose key we made has mistaken us for another.
  if (privateKey && sealedPart !== 'privateKey') {
    throw invalid(bodyType, 'it brings a private key, which was not asked for');
  }
  if (!privateKey && sealedPart === 'privateKey') {
    throw invalid(bodyType, 'the private key that the CA was to make is not in it');
  }
  if (privateKey || certOrEncCert.type !== 'certificate') {
    const key = privateKey && { privateKey };
    return { type: 'open', sealed: { around, certOrEncCert, ...key } };
  }
  return { type: 'judge', issued: { ...around, certificate: certOrEncCert.value } };
}
