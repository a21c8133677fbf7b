import { bytesEqual, utf8 } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { fromDer, toDer } from '../asn1/codec.ts';
import type { KeyProvider, SigningKey } from '../crypto/keys.ts';
import type { GeneratedKey } from '../crypto/keys.ts';
import { signatureAlgorithmFor, verifySignature } from '../crypto/signature.ts';
import { samePublicKey, SubjectPublicKeyInfo } from '../x509/subject-public-key-info.ts';
import { AsymmetricKeyPackage, OneAsymmetricKey } from './asymmetric-key-package.ts';

/**
 * Take the one key out of an AsymmetricKeyPackage.
 *
 * @param expected public key of the certificate it came with: the key has to fit it, proven by a signature
 * @returns the key with the octets to store, a PrivateKeyInfo of version 1
 * @throws {CertError} CMP_RESPONSE_INVALID: not one key, or it does not fit; KEY_UNUSABLE: none we can use;
 *   DER_MALFORMED
 * @see RFC 5958 section 2, RFC 9483 section 4.1.6
 */
export async function openKeyPackage(
  der: Uint8Array,
  expected: SubjectPublicKeyInfo,
  keys: Pick<KeyProvider, 'load'>,
): Promise<GeneratedKey> {
  const [one, ...others] = fromDer(AsymmetricKeyPackage, der);
  if (!one || others.length > 0) {
    throw invalid(`it has ${others.length + 1} keys in it, expected 1`);
  }
  const { privateKeyAlgorithm, privateKey, publicKey } = one;
  const pkcs8 = toDer(OneAsymmetricKey, { version: 0, privateKeyAlgorithm, privateKey });
  const key = keys.load(pkcs8);
  const isClaimed = publicKey === undefined || bytesEqual(publicKey, expected.subjectPublicKey);
  const isSame = samePublicKey(fromDer(SubjectPublicKeyInfo, key.spki), expected);
  // C17: a private key may carry a public half that is not its own; what it signs tells.
  if (!isClaimed || !isSame || !(await signsFor(key, expected))) {
    throw invalid('the private key does not fit the certificate');
  }
  return { key, pkcs8 };
}

async function signsFor(key: SigningKey, spki: SubjectPublicKeyInfo): Promise<boolean> {
  const algorithm = signatureAlgorithmFor(key);
  const data = utf8('certkeeper: does the private key fit?');
  const signature = await key.sign(data, algorithm);
  return verifySignature({ spki, algorithm, data, signature, policy: { allowLegacy: true } });
}

/** Pack one key: OneAsymmetricKey of version 2, with the public key in it (RFC 9483 section 4.1.6). */
export function buildAsymmetricKeyPackage({ key, pkcs8 }: GeneratedKey): Uint8Array {
  const { privateKeyAlgorithm, privateKey } = fromDer(OneAsymmetricKey, pkcs8);
  const { subjectPublicKey: publicKey } = fromDer(SubjectPublicKeyInfo, key.spki);
  return toDer(AsymmetricKeyPackage, [{ version: 1, privateKeyAlgorithm, privateKey, publicKey }]);
}

function invalid(why: string): CertError {
  return new CertError('CMP_RESPONSE_INVALID', `Cannot take the generated key: ${why}`);
}
