import { concatBytes } from '../base/bytes.ts';
import { rawOf } from '../asn1/codec.ts';
import type { POPOSigningKey } from '../cmp/message/proof-of-possession.ts';
import { verifySignature } from '../crypto/signature.ts';
import { samePublicKey } from '../x509/subject-public-key-info.ts';
import { refusal, type Refusal } from './refusal.ts';
import type { Wanted } from './wanted.ts';

/**
 * Check the proof of possession, over the octets received.
 *
 * @throws {CertError} CMP_ALGORITHM_UNSUPPORTED, DER_MALFORMED
 * @see RFC 4211 section 4.1, RFC 2986 section 4.2
 */
export function checkProof(wanted: Wanted, allowLegacy: boolean): Refusal | undefined {
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
  if (!popo) return refusal('badPOP', 'The request has no proof of possession');
  switch (popo.type) {
    case 'signature': {
      const input = popo.value.poposkInput && signedInput(wanted, popo.value);
      if (input && 'type' in input) return input;
      return fits(wanted, allowLegacy, {
        algorithm: popo.value.algorithmIdentifier,
        data: input ?? rawOf(certReq),
        signature: popo.value.signature,
      });
    }
    case 'raVerified':
      // RFC 9483 section 5.1.1: for RAs only, and no RA stands in front of this lab.
      return refusal('notAuthorized', 'raVerified is not for end entities');
    case 'keyEncipherment':
    case 'keyAgreement':
      return refusal('badPOP', `Proof of possession by ${popo.type} is not supported`);
  }
}

/** The octets that were signed in place of certReq; their own tag instead of the [0] they came under. */
function signedInput(wanted: Wanted, { poposkInput }: POPOSigningKey): Uint8Array | Refusal {
  if (!poposkInput) return refusal('badPOP', 'poposkInput is missing');
  if (wanted.subject) {
    return refusal('badPOP', 'poposkInput is there although the template has subject and key');
  }
  if (!samePublicKey(poposkInput.publicKey, wanted.publicKey)) {
    return refusal('badPOP', 'poposkInput is about another public key');
  }
  return concatBytes(Uint8Array.of(0x30), rawOf(poposkInput).subarray(1));
}

function fits(
  { publicKey }: Wanted,
  allowLegacy: boolean,
  signed: Pick<Parameters<typeof verifySignature>[0], 'algorithm' | 'data' | 'signature'>,
): Refusal | undefined {
  const isGood = verifySignature({ spki: publicKey, ...signed, policy: { allowLegacy } });
  return isGood ? undefined : refusal('badPOP', 'The proof of possession does not fit the key');
}
