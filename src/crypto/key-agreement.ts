import { diffieHellman, hash, type KeyObject } from 'node:crypto';
import { concatBytes } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { fromDer } from '../asn1/codec.ts';
import { oidName, oids, type Oid } from '../asn1/oids.ts';
import { AlgorithmIdentifier } from '../x509/algorithm-identifier.ts';
import type { SubjectPublicKeyInfo } from '../x509/subject-public-key-info.ts';
import { publicKey, type KeyDescription } from './public-key.ts';
import { wrapKeyOctets } from './key-wrap.ts';

/** A hash the key derivation of ANSI X9.63 is made of. SHA-1 is as good as any here: nothing collides. */
type KdfHash = 'sha1' | 'sha224' | 'sha256' | 'sha384' | 'sha512';

// With cofactor or without is the same on the curves of our list: theirs is 1.
const schemes: ReadonlyMap<Oid, KdfHash> = new Map<Oid, KdfHash>([
  [oids.dhSinglePassStdDHSha1kdfScheme, 'sha1'],
  [oids.dhSinglePassStdDHSha224kdfScheme, 'sha224'],
  [oids.dhSinglePassStdDHSha256kdfScheme, 'sha256'],
  [oids.dhSinglePassStdDHSha384kdfScheme, 'sha384'],
  [oids.dhSinglePassStdDHSha512kdfScheme, 'sha512'],
  [oids.dhSinglePassCofactorDHSha1kdfScheme, 'sha1'],
  [oids.dhSinglePassCofactorDHSha224kdfScheme, 'sha224'],
  [oids.dhSinglePassCofactorDHSha256kdfScheme, 'sha256'],
  [oids.dhSinglePassCofactorDHSha384kdfScheme, 'sha384'],
  [oids.dhSinglePassCofactorDHSha512kdfScheme, 'sha512'],
]);

/** A key agreement, ready to compute with. */
export interface KeyAgreement {
  readonly hash: KdfHash;
  /** AES key wrap, as written in the parameters. */
  readonly wrap: AlgorithmIdentifier;
}

/**
 * Read the keyEncryptionAlgorithm of a key agreement.
 *
 * @throws {CertError} CMP_ALGORITHM_UNSUPPORTED; DER_MALFORMED when its parameters are no key wrap
 * @see RFC 5753 section 7.1.4
 */
export function keyAgreement({ algorithm, parameters }: AlgorithmIdentifier): KeyAgreement {
  const kdf = schemes.get(algorithm);
  if (kdf === undefined) {
    throw new CertError(
      'CMP_ALGORITHM_UNSUPPORTED',
      `Cannot use key agreement algorithm "${oidName(algorithm)}": not on our list`,
    );
  }
  const wrap = fromDer(AlgorithmIdentifier, parameters ?? new Uint8Array());
  wrapKeyOctets(wrap);
  return { hash: kdf, wrap };
}

/**
 * Agree on a secret with the holder of another EC key.
 *
 * @param description the public half of `privateKey`
 * @throws {CertError} CMP_ALGORITHM_UNSUPPORTED when the other key is on another curve, or no point of it
 */
export function agreeWithKeyObject(
  privateKey: KeyObject,
  { keyType }: KeyDescription,
  other: SubjectPublicKeyInfo,
): Uint8Array {
  const their = publicKey(other);
  if (their.kind !== 'ec' || their.keyType !== keyType) {
    throw new CertError(
      'CMP_ALGORITHM_UNSUPPORTED',
      `Cannot agree on a key: ours is ${keyType}, the other is ${their.keyType}`,
    );
  }
  return Uint8Array.from(diffieHellman({ privateKey, publicKey: their.keyObject }));
}

/**
 * Derive a key from an agreed secret by the KDF of ANSI X9.63.
 *
 * @param sharedInfo DER of ECC-CMS-SharedInfo
 * @see RFC 5753 section 7.2
 */
export function deriveX963(
  kdf: KdfHash,
  secret: Uint8Array,
  sharedInfo: Uint8Array,
  keyOctets: number,
): Uint8Array {
  let key = new Uint8Array();
  for (let counter = 1; key.length < keyOctets; counter++) {
    const round = concatBytes(secret, Uint8Array.of(0, 0, 0, counter), sharedInfo);
    key = Uint8Array.from([...key, ...hash(kdf, round, 'buffer')]);
  }
  return key.subarray(0, keyOctets);
}
