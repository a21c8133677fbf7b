import { createPublicKey, type KeyObject } from 'node:crypto';
import { asBuffer, concatBytes } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { fromDer, sequence, sourceOf, toDer, type TaggedCodec } from '../asn1/codec.ts';
import { oidName, oids, type Oid } from '../asn1/oids.ts';
import { bigInteger, objectIdentifier } from '../asn1/primitives.ts';
import { hasNoParameters } from '../x509/algorithm-identifier.ts';
import { SubjectPublicKeyInfo } from '../x509/subject-public-key-info.ts';
import type { KeyKind } from './algorithms.ts';
import type { AnyKeyType } from './key-type.ts';
import { lruCache } from './lru-cache.ts';
import { legacyHint, type AlgorithmPolicy } from './policy.ts';
import { decodePssParameters, type PssParameters } from './rsassa-pss.ts';

/** A public key on our list, as far as its SubjectPublicKeyInfo tells without computing with it. */
export interface KeyDescription {
  readonly keyType: AnyKeyType;
  readonly kind: KeyKind;
  /** Modulus length of an RSA key. */
  readonly rsaBits?: number;
  /** What an id-RSASSA-PSS key restricts its signatures to. */
  readonly pss?: PssParameters;
}

/** A public key to verify with. */
export interface PublicKey extends KeyDescription {
  readonly keyObject: KeyObject;
}

/** RSAPublicKey, RFC 8017 appendix A.1.1. */
interface RSAPublicKey {
  readonly modulus: bigint;
  readonly publicExponent: bigint;
}

// oxfmt-ignore
const RSAPublicKey: TaggedCodec<RSAPublicKey> = sequence<RSAPublicKey>('RSAPublicKey', {
  modulus:        bigInteger,
  publicExponent: bigInteger,
});

// A peer chooses its key and we pay: a verification with 7680 bits takes about 0.15 ms, with 15360 bits
// 0.6 ms, and several times that with a long exponent. 64 bits is OpenSSL's own bound for large keys.
const maxRsaBits = 8192;
const maxExponent = 1n << 64n;
const minRsaBits = 2048;
const minLegacyRsaBits = 1024;

interface Curve {
  readonly keyType: 'p-256' | 'p-384' | 'p-521';
  /** Length of one coordinate. */
  readonly octets: number;
}

// RFC 5480 section 2.1.1.1: named curves only. Explicit parameters let whoever writes them choose a
// curve on which a known signature verifies (CVE-2020-0601).
const curves: ReadonlyMap<Oid, Curve> = new Map<Oid, Curve>([
  [oids.prime256v1, { keyType: 'p-256', octets: 32 }],
  [oids.secp384r1, { keyType: 'p-384', octets: 48 }],
  [oids.secp521r1, { keyType: 'p-521', octets: 66 }],
]);

/**
 * Describe a public key from its SubjectPublicKeyInfo.
 *
 * @throws {CertError} CMP_ALGORITHM_UNSUPPORTED when it is not on the list or over a limit;
 *   DER_MALFORMED
 */
export function describeKey(spki: SubjectPublicKeyInfo | Uint8Array): KeyDescription {
  const { algorithm, subjectPublicKey } =
    spki instanceof Uint8Array ? fromDer(SubjectPublicKeyInfo, spki) : spki;
  switch (algorithm.algorithm) {
    case oids.rsaEncryption:
      if (!hasNoParameters(algorithm)) return refuse('rsaEncryption has parameters');
      return describeRsa(subjectPublicKey);
    case oids.rsassaPss: {
      const { rsaBits } = describeRsa(subjectPublicKey);
      const { parameters } = algorithm;
      // Absent, they restrict nothing (RFC 4055 section 3.1).
      const pss = parameters === undefined ? {} : { pss: decodePssParameters(parameters) };
      return { kind: 'rsa-pss', keyType: `rsa-pss-${rsaBits}`, rsaBits, ...pss };
    }
    case oids.ecPublicKey:
      return describeEc(algorithm.parameters, subjectPublicKey);
    case oids.ed25519:
    case oids.ed448: {
      const kind = algorithm.algorithm === oids.ed448 ? 'ed448' : 'ed25519';
      if (algorithm.parameters !== undefined) return refuse(`${kind} has parameters`);
      if (subjectPublicKey.length !== (kind === 'ed448' ? 57 : 32)) {
        return refuse(`${kind} has ${subjectPublicKey.length} octets`);
      }
      return { kind, keyType: kind };
    }
    default:
      return refuse(`"${oidName(algorithm.algorithm)}" is not a kind of key on our list`);
  }
}

/**
 * Refuse a key that is not on the list, and an RSA key under 2048 bits (1024 with the legacy switch).
 *
 * @param code CMP_ALGORITHM_UNSUPPORTED for a peer's key; KEY_UNUSABLE, the default, for our own
 * @throws {CertError} `code`, or DER_MALFORMED
 */
export function assertKeyAllowed(
  spki: SubjectPublicKeyInfo | Uint8Array,
  policy: AlgorithmPolicy,
  code: 'KEY_UNUSABLE' | 'CMP_ALGORITHM_UNSUPPORTED' = 'KEY_UNUSABLE',
): void {
  let key: KeyDescription;
  try {
    key = describeKey(spki);
  } catch (error) {
    if (!(error instanceof CertError) || error.code !== 'CMP_ALGORITHM_UNSUPPORTED') throw error;
    throw new CertError(code, error.message, { cause: error });
  }
  assertLength(key, policy, code);
}

/** Refuse an RSA key that is too short; the rest of `assertKeyAllowed` for a key already described. */
export function assertLength(
  { rsaBits }: KeyDescription,
  { allowLegacy, leastRsaBits }: AlgorithmPolicy,
  code: 'KEY_UNUSABLE' | 'CMP_ALGORITHM_UNSUPPORTED',
): void {
  const usual = allowLegacy ? minLegacyRsaBits : minRsaBits;
  const least = Math.max(leastRsaBits ?? usual, minLegacyRsaBits);
  if (rsaBits === undefined || rsaBits >= least) return;
  const isLegacy = rsaBits >= minLegacyRsaBits && leastRsaBits === undefined;
  throw new CertError(
    code,
    `Cannot use an RSA key of ${rsaBits} bits: the least is ${least}`,
    isLegacy ? { hint: legacyHint } : {},
  );
}

// Importing a key costs as much as verifying with it. A client talks to a few CAs; an RA in front of a
// fleet meets each device's key a few times in a row. At about 3 KB a key (P-256) this is under 1 MB.
const cache = lruCache<PublicKey>(256);

/**
 * Get a key to verify with, imported once for the same octets.
 *
 * @throws {CertError} CMP_ALGORITHM_UNSUPPORTED when it is not on the list, or no key at all (a point
 *   that is not on its curve); DER_MALFORMED
 */
export function publicKey(spki: SubjectPublicKeyInfo | Uint8Array): PublicKey {
  const der = spki instanceof Uint8Array ? spki : spkiDer(spki);
  // The octets themselves as a string: cheaper than hashing them, and nothing else has the same one.
  const id = asBuffer(der).toString('latin1');
  const known = cache.get(id);
  if (known) return known;
  const description = describeKey(spki);
  const key: PublicKey = { ...description, keyObject: importKey(der, description.keyType) };
  cache.set(id, key);
  return key;
}

/** DER of a SubjectPublicKeyInfo; read from a CertTemplate its own octets have another tag (RFC 4211). */
function spkiDer(spki: SubjectPublicKeyInfo): Uint8Array {
  const source = sourceOf(spki);
  if (source === undefined) return toDer(SubjectPublicKeyInfo, spki);
  return source[0] === 0x30 ? source : concatBytes(Uint8Array.of(0x30), source.subarray(1));
}

function importKey(der: Uint8Array, keyType: AnyKeyType): KeyObject {
  try {
    return createPublicKey({ key: asBuffer(der), format: 'der', type: 'spki' });
  } catch (cause) {
    throw new CertError('CMP_ALGORITHM_UNSUPPORTED', `Cannot import the public ${keyType} key`, {
      cause,
    });
  }
}

function describeRsa(subjectPublicKey: Uint8Array) {
  // Before any arithmetic: the largest key we take has 1024 octets of modulus and 8 of exponent.
  if (subjectPublicKey.length > 1100) return refuse(`an RSA key over ${maxRsaBits} bits`);
  const { modulus, publicExponent } = fromDer(RSAPublicKey, subjectPublicKey);
  if (modulus <= 0n || modulus % 2n === 0n)
    return refuse('the RSA modulus is not odd and positive');
  const rsaBits = modulus.toString(2).length;
  if (rsaBits > maxRsaBits) return refuse(`RSA of ${rsaBits} bits is over ${maxRsaBits}`);
  if (publicExponent < 3n || publicExponent % 2n === 0n || publicExponent > maxExponent) {
    return refuse(`the RSA exponent ${publicExponent} is not odd and 3 to 2^64`);
  }
  return { kind: 'rsa', keyType: `rsa-${rsaBits}`, rsaBits } as const;
}

function describeEc(parameters: Uint8Array | undefined, point: Uint8Array): KeyDescription {
  if (parameters?.[0] !== objectIdentifier.tag) return refuse('the EC key has no named curve');
  const oid = fromDer(objectIdentifier, parameters);
  const curve = curves.get(oid);
  if (!curve) return refuse(`"${oidName(oid)}" is not a curve on our list`);
  const isUncompressed = point[0] === 4 && point.length === 1 + 2 * curve.octets;
  const isCompressed = (point[0] === 2 || point[0] === 3) && point.length === 1 + curve.octets;
  if (!isUncompressed && !isCompressed) return refuse(`not a point of ${curve.keyType}`);
  return { kind: 'ec', keyType: curve.keyType };
}

function refuse(why: string): never {
  throw new CertError('CMP_ALGORITHM_UNSUPPORTED', `Cannot use a public key: ${why}`);
}
