import { CertError } from '../../base/errors.ts';
import { concatBytes, toHex } from '../../base/bytes.ts';
import { fromDer, sequence, toDer, type TaggedCodec } from '../../asn1/codec.ts';
import { oidName, oids } from '../../asn1/oids.ts';
import { integer, octetString } from '../../asn1/primitives.ts';
import { digest, findDigest, iteratedHash, type DigestName } from '../../crypto/digest.ts';
import { lruCache } from '../../crypto/lru-cache.ts';
import { hmac, macByOid } from '../../crypto/mac.ts';
import { legacyHint, type AlgorithmPolicy } from '../../crypto/policy.ts';
import {
  AlgorithmIdentifier,
  algorithmIdentifier,
  hasNoParameters,
} from '../../x509/algorithm-identifier.ts';

/** PBMParameter, RFC 9810 section 5.1.3.1. */
export interface PBMParameter {
  readonly salt: Uint8Array;
  readonly owf: AlgorithmIdentifier;
  readonly iterationCount: number;
  readonly mac: AlgorithmIdentifier;
}

// oxfmt-ignore
export const PBMParameter: TaggedCodec<PBMParameter> = sequence<PBMParameter>('PBMParameter', {
  salt:           octetString,
  owf:            AlgorithmIdentifier,
  iterationCount: integer,
  mac:            AlgorithmIdentifier,
});

/**
 * Iterations accepted from a peer. RFC 4211 section 4.4 wants at least 100; the peer chooses and we pay:
 * 100 000 hashes block the process for about a tenth of a second, and OpenSSL stops there too.
 */
export const PBM_ITERATIONS = { min: 100, max: 100_000 } as const;

/** A salt is hashed with the secret: empty ones allow tables, huge ones only cost time. RFC 4211 asks for 8 or more. */
export const PBM_SALT_OCTETS = { min: 1, max: 1024 } as const;

/** Wrap PBMParameter into the protectionAlg it belongs to. */
export function pbmAlgorithm(parameters: PBMParameter): AlgorithmIdentifier {
  return algorithmIdentifier('passwordBasedMac', toDer(PBMParameter, parameters));
}

/**
 * Compute the password-based MAC over a message.
 *
 * @param part DER of ProtectedPart exactly as sent or received; never a re-encoding
 * @param secret shared secret as octets; the caller keeps ownership
 * @returns MAC octets, as long as the output of `mac` (20 for HMAC-SHA1, 32 for HMAC-SHA256)
 * @throws {CertError} CMP_ALGORITHM_UNSUPPORTED: `owf` or `mac` is not on the allow-list;
 *   LIMIT_EXCEEDED: salt or iterationCount out of bounds
 * @see RFC 9810 section 5.1.3.1
 */
export function computePbm(
  { salt, owf, iterationCount, mac }: PBMParameter,
  secret: Uint8Array,
  part: Uint8Array,
  policy: AlgorithmPolicy,
): Uint8Array {
  const hash = findDigest(owf);
  if (hash === undefined || (hash === 'sha1' && !policy.allowLegacy)) {
    throw unsupported('one-way function', owf);
  }
  // HMAC-SHA1 needs no legacy switch: no attack on SHA-1 reaches it, and stock OpenSSL answers with it.
  const macName = hasNoParameters(mac) ? macByOid(mac.algorithm) : undefined;
  if (macName === undefined) throw unsupported('MAC', mac);
  if (salt.length < PBM_SALT_OCTETS.min || salt.length > PBM_SALT_OCTETS.max) {
    throw outOfBounds('salt', `${salt.length} octets`, PBM_SALT_OCTETS);
  }
  // P3: the peer chooses it, and we pay.
  if (iterationCount < PBM_ITERATIONS.min || iterationCount > PBM_ITERATIONS.max) {
    throw outOfBounds('iterationCount', String(iterationCount), PBM_ITERATIONS);
  }
  // P2: first the secret, then the salt.
  return hmac(macName, baseKey(hash, concatBytes(secret, salt), iterationCount), part);
}

// A transaction keeps its salt (RFC 9810 section 5.1.3.1), so the same key serves all its messages, on both
// sides. Few are kept, because each is as good as the secret for the messages of its salt.
const baseKeys = lruCache<Uint8Array>(8);

/** K = OWF applied iterationCount times in all, first to secret and salt; used whole as the HMAC key. */
function baseKey(hash: DigestName, input: Uint8Array, iterationCount: number): Uint8Array {
  const first = digest(hash, input);
  const id = `${hash} ${iterationCount} ${toHex(first)}`;
  const known = baseKeys.get(id);
  if (known) return known;
  // P2: iterationCount times in all, and the first is done.
  const key = iteratedHash(hash, first, iterationCount - 1);
  baseKeys.set(id, key);
  return key;
}

/**
 * Read the PBMParameter out of a protectionAlg.
 *
 * @throws {CertError} DER_MALFORMED when there is none
 */
export function pbmParameterOf(algorithm: AlgorithmIdentifier): PBMParameter {
  return fromDer(PBMParameter, algorithm.parameters ?? new Uint8Array());
}

/** Tell whether a protectionAlg is PasswordBasedMac. */
export function isPbm({ algorithm }: AlgorithmIdentifier): boolean {
  return algorithm === oids.passwordBasedMac;
}

function unsupported(what: string, { algorithm }: AlgorithmIdentifier): CertError {
  return new CertError(
    'CMP_ALGORITHM_UNSUPPORTED',
    `Cannot use PasswordBasedMac with ${what} ${oidName(algorithm)}: not on the allow-list`,
    algorithm === oids.sha1 ? { hint: legacyHint } : {},
  );
}

function outOfBounds(
  what: string,
  value: string,
  { min, max }: { readonly min: number; readonly max: number },
): CertError {
  return new CertError(
    'LIMIT_EXCEEDED',
    `Cannot use PasswordBasedMac with ${what} ${value}: allowed are ${min} to ${max}`,
  );
}
