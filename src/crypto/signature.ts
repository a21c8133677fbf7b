import { constants, sign as signWith, verify, type KeyObject } from 'node:crypto';
import { asBuffer } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { oidName } from '../asn1/oids.ts';
import { algorithmIdentifier, type AlgorithmIdentifier } from '../x509/algorithm-identifier.ts';
import type { SubjectPublicKeyInfo } from '../x509/subject-public-key-info.ts';
import { signatureScheme, type SignatureScheme } from './algorithms.ts';
import type { DigestName } from './digest.ts';
import { dsaDigest, verifyDsa } from './dsa.ts';
import type { AnyKeyType } from './key-type.ts';
import { legacyHint, type AlgorithmPolicy } from './policy.ts';
import { assertLength, describeKey, publicKey, type KeyDescription } from './public-key.ts';
import { pssAlgorithm } from './rsassa-pss.ts';

/** A signature to check, with everything that decides about it. */
export interface SignatureToVerify {
  /** Key of the signer: decoded, or its DER. */
  readonly spki: SubjectPublicKeyInfo | Uint8Array;
  readonly algorithm: AlgorithmIdentifier;
  /** The octets as received; never a re-encoding. */
  readonly data: Uint8Array;
  /** Content of the BIT STRING; for ECDSA the DER of ECDSA-Sig-Value. */
  readonly signature: Uint8Array;
  readonly policy: AlgorithmPolicy;
}

/**
 * Check a signature.
 *
 * @returns false when it is not the signer's over these octets, or not even shaped like a signature
 * @throws {CertError} CMP_ALGORITHM_UNSUPPORTED when algorithm or key are not on the list, do not go
 *   together, or need the legacy switch; DER_MALFORMED for broken parameters or a broken key
 */
export function verifySignature(toVerify: SignatureToVerify): boolean {
  const { spki, algorithm, data, signature, policy } = toVerify;
  const dsa = policy.allowDsa === true ? dsaDigest(algorithm) : undefined;
  if (dsa) {
    assertDigest(dsa, algorithm, policy);
    return verifyDsa(spki, dsa, data, signature);
  }
  const scheme = signatureScheme(algorithm);
  assertDigest(scheme.digest, algorithm, policy);
  const key = publicKey(spki);
  assertLength(key, policy, 'CMP_ALGORITHM_UNSUPPORTED');
  assertFits(algorithm, scheme, key);
  try {
    return verify(scheme.digest, data, keyInput(key.keyObject, scheme), signature);
  } catch {
    // OpenSSL has checks of its own that we may not know of; what it cannot verify is not verified.
    return false;
  }
}

function assertDigest(
  digest: DigestName | undefined,
  { algorithm }: AlgorithmIdentifier,
  { allowLegacy, allowSha1 = false }: AlgorithmPolicy,
): void {
  if (digest !== 'sha1' || allowLegacy || allowSha1) return;
  throw new CertError(
    'CMP_ALGORITHM_UNSUPPORTED',
    `Cannot accept a signature with "${oidName(algorithm)}": SHA-1 is broken`,
    { hint: legacyHint },
  );
}

// P7: RFC 9481 section 7.1 has sha256WithRSAEncryption for RSA; each curve gets the hash of its strength.
// oxfmt-ignore
const algorithmOfCurve: Readonly<Partial<Record<AnyKeyType, AlgorithmIdentifier>>> = {
  'p-256': algorithmIdentifier('ecdsaWithSHA256'),
  'p-384': algorithmIdentifier('ecdsaWithSHA384'),
  'p-521': algorithmIdentifier('ecdsaWithSHA512'),
  ed25519: algorithmIdentifier('ed25519'),
  ed448:   algorithmIdentifier('ed448'),
};
const rsaAlgorithm = algorithmIdentifier('sha256WithRSAEncryption', 'NULL');

/**
 * Choose the algorithm to sign with, by the key: strong enough for it and known to every peer.
 *
 * @param rsa the padding for a key that allows either
 */
export function signatureAlgorithmFor(
  key: { readonly keyType: AnyKeyType; readonly spki: Uint8Array },
  rsa: 'pkcs1' | 'pss' = 'pkcs1',
): AlgorithmIdentifier {
  const own = algorithmOfCurve[key.keyType];
  if (own) return own;
  if (!key.keyType.startsWith('rsa-pss-') && rsa === 'pkcs1') return rsaAlgorithm;
  // 32 octets: the salt as long as the hash, as RFC 4055 section 3.1 recommends.
  return pssAlgorithm(describeKey(key.spki).pss ?? { digest: 'sha256', saltLength: 32 });
}

/**
 * Sign with a private key in memory, whatever the algorithm: what to sign with is our own choice, so no
 * policy applies. PKCS #1 and EdDSA signatures come out the same each time, the others do not.
 *
 * @param description the public half of `privateKey`
 * @throws {CertError} CMP_ALGORITHM_UNSUPPORTED when the algorithm is not on the list or not for the key;
 *   KEY_UNUSABLE when the key is broken
 */
export function signWithKeyObject(
  privateKey: KeyObject,
  description: KeyDescription,
  data: Uint8Array,
  algorithm: AlgorithmIdentifier,
): Uint8Array {
  const scheme = signatureScheme(algorithm);
  assertFits(algorithm, scheme, description);
  const octets = trySign(scheme, asBuffer(data), privateKey);
  return new Uint8Array(octets.buffer, octets.byteOffset, octets.length);
}

/** A key whose numbers do not go together is loaded all the same, and found out here: a CA may have sent it. */
function trySign(scheme: SignatureScheme, data: Buffer, privateKey: KeyObject): Buffer {
  try {
    return signWith(scheme.digest, data, keyInput(privateKey, scheme));
  } catch (cause) {
    throw new CertError('KEY_UNUSABLE', 'Cannot sign with the private key', { cause });
  }
}

function keyInput(key: KeyObject, { saltLength }: SignatureScheme) {
  if (saltLength === undefined) return key;
  return { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength };
}

/**
 * Refuse an algorithm that is not for a key.
 *
 * @throws {CertError} CMP_ALGORITHM_UNSUPPORTED
 */
export function assertFits(
  { algorithm }: AlgorithmIdentifier,
  { keys, digest, saltLength = 0 }: SignatureScheme,
  { kind, keyType, pss }: KeyDescription,
): void {
  const fits =
    keys.includes(kind) &&
    (pss === undefined || (pss.digest === digest && saltLength >= pss.saltLength));
  if (fits) return;
  throw new CertError(
    'CMP_ALGORITHM_UNSUPPORTED',
    `Cannot use signature algorithm "${oidName(algorithm)}" with a key of type ${keyType}`,
  );
}
