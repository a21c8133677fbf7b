import { concatBytes } from '../base/bytes.ts';
import { rawOf } from '../asn1/codec.ts';
import type { POPOSigningKeyInput } from '../cmp/message/proof-of-possession.ts';
import { computePbm, isPbm, pbmParameterOf } from '../cmp/protection/pbm.ts';
import { macEquals } from '../crypto/mac.ts';
import { verifySignature } from '../crypto/signature.ts';
import { sameName } from '../x509/name.ts';
import { samePublicKey } from '../x509/subject-public-key-info.ts';
import type { Sender } from './authenticate.ts';
import { isProvenByConfirming } from './generated-key.ts';
import type { LabSettings } from './lab-settings.ts';
import { refusal, type Refusal } from './refusal.ts';
import type { Wanted } from './wanted.ts';

/**
 * Check the proof of possession, over the octets received.
 *
 * @throws {CertError} CMP_ALGORITHM_UNSUPPORTED, DER_MALFORMED, LIMIT_EXCEEDED
 * @see RFC 4211 section 4.1, RFC 9810 section 5.2.8.2, RFC 2986 section 4.2
 */
export function checkProof(
  wanted: Wanted,
  sender: Sender,
  allowLegacy: boolean,
  layout: LabSettings['layout'] = 'rfc9483',
): Refusal | undefined {
  const { proof } = wanted;
  if (proof.type === 'pkcs10') {
    const { certificationRequestInfo, signatureAlgorithm, signature } = proof.request;
    return fits(wanted, allowLegacy, {
      algorithm: signatureAlgorithm,
      data: rawOf(certificationRequestInfo),
      signature,
    });
  }
  const { popo, certReq } = proof.request;
  if (wanted.generated) return undefined;
  if (!popo) return refusal('badPOP', 'The request has no proof of possession');
  switch (popo.type) {
    case 'signature': {
      const { poposkInput, algorithmIdentifier, signature } = popo.value;
      // A device of TS 33.310 has no name to prove, and signs what it asks for.
      const isBare = layout === '3gpp' && !wanted.subject && !poposkInput;
      const problem = isBare ? undefined : checkInput(wanted, poposkInput, sender, allowLegacy);
      if (problem) return problem;
      const data = poposkInput ? signedInput(poposkInput) : rawOf(certReq);
      return fits(wanted, allowLegacy, { algorithm: algorithmIdentifier, data, signature });
    }
    case 'raVerified':
      // RFC 9483 section 5.1.1: for RAs only, and no RA stands in front of this lab.
      return refusal('notAuthorized', 'raVerified is not for end entities');
    case 'keyEncipherment':
    case 'keyAgreement':
      // That the certificate is confirmed will prove it (RFC 9810 section 5.2.8.3.2).
      if (isProvenByConfirming(wanted)) return undefined;
      return refusal('badPOP', `Proof of possession by ${popo.type} is not supported`);
  }
}

/**
 * Check that poposkInput is there exactly when the template has no subject (a NULL-DN is one; that it has
 * a key is seen to), and that it speaks for the sender and about the key.
 */
function checkInput(
  { subject, publicKey }: Wanted,
  input: POPOSigningKeyInput | undefined,
  sender: Sender,
  allowLegacy: boolean,
): Refusal | undefined {
  if (subject) {
    if (!input) return undefined;
    return refusal('badPOP', 'poposkInput is there although the template has subject and key');
  }
  if (!input) return refusal('badPOP', 'The template has no subject, and poposkInput is missing');
  if (!samePublicKey(input.publicKey, publicKey)) {
    return refusal('badPOP', 'poposkInput is about another public key');
  }
  return checkAuthInfo(input, sender, allowLegacy);
}

/** A name for a sender whose certificate proves one, a MAC for one who has only a secret. */
function checkAuthInfo(
  { authInfo, publicKey }: POPOSigningKeyInput,
  sender: Sender,
  allowLegacy: boolean,
): Refusal | undefined {
  if (authInfo.type === 'sender') {
    const { value: named } = authInfo;
    const isSender =
      sender.type === 'signature' &&
      named.type === 'directoryName' &&
      sameName(named.value, sender.certificate.tbsCertificate.subject);
    return isSender ? undefined : refusal('badPOP', 'The sender in poposkInput is not proven');
  }
  if (sender.type === 'signature') {
    return refusal('badPOP', 'poposkInput has a publicKeyMAC although its sender has a name');
  }
  const { algId, value } = authInfo.value;
  if (!isPbm(algId)) return refusal('badAlg', 'The publicKeyMAC is no passwordBasedMac');
  const mac = computePbm(pbmParameterOf(algId), sender.secret, rawOf(publicKey), { allowLegacy });
  return macEquals(mac, value) ? undefined : refusal('badPOP', 'The publicKeyMAC does not fit');
}

/** The octets that were signed in place of certReq; their own tag instead of the [0] they came under. */
function signedInput(input: POPOSigningKeyInput): Uint8Array {
  return concatBytes(Uint8Array.of(0x30), rawOf(input).subarray(1));
}

function fits(
  { publicKey }: Wanted,
  allowLegacy: boolean,
  signed: Pick<Parameters<typeof verifySignature>[0], 'algorithm' | 'data' | 'signature'>,
): Refusal | undefined {
  const isGood = verifySignature({ spki: publicKey, ...signed, policy: { allowLegacy } });
  return isGood ? undefined : refusal('badPOP', 'The proof of possession does not fit the key');
}
