import { toHex } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import {
  choice,
  fromDer,
  mapped,
  optional,
  sequence,
  toDer,
  type Codec,
  type TaggedCodec,
} from '../asn1/codec.ts';
import { oidName, oids } from '../asn1/oids.ts';
import { integer, octetString } from '../asn1/primitives.ts';
import {
  AlgorithmIdentifier,
  algorithmIdentifier,
  hasNoParameters,
} from '../x509/algorithm-identifier.ts';
import { lruCache } from './lru-cache.ts';
import { hmac, macAlgorithm, macByOid, macOctets, pbkdf2, type MacName } from './mac.ts';

/** The salt of PBKDF2-params; RFC 8018 reserves `otherSource` and defines none. */
export type PBKDF2Salt =
  | { readonly type: 'specified'; readonly value: Uint8Array }
  | { readonly type: 'otherSource'; readonly value: AlgorithmIdentifier };

const PBKDF2Salt: Codec<PBKDF2Salt> = choice<PBKDF2Salt>('PBKDF2-params.salt', {
  specified: octetString,
  otherSource: AlgorithmIdentifier,
});

/** PBKDF2-params, RFC 8018 appendix A.2. */
export interface PBKDF2Params {
  readonly salt: PBKDF2Salt;
  readonly iterationCount: number;
  readonly keyLength?: number;
  /** Absent for its DEFAULT, HMAC-SHA1. */
  readonly prf?: AlgorithmIdentifier;
}

/** algid-hmacWithSHA1 of RFC 8018: the DEFAULT of prf, which DER leaves out. */
const defaultPrf: AlgorithmIdentifier = algorithmIdentifier('hmacWithSHA1', 'NULL');

export const PBKDF2Params: TaggedCodec<PBKDF2Params> = mapped(
  sequence<PBKDF2Params>('PBKDF2-params', {
    salt: PBKDF2Salt,
    iterationCount: integer,
    keyLength: optional(integer),
    prf: optional(AlgorithmIdentifier),
  }),
  {
    decode(params, reader) {
      if (isDefaultPrf(params.prf)) reader.fail('the DEFAULT of prf is written out');
      return params;
    },
    encode(params) {
      const { prf, ...others } = params;
      return isDefaultPrf(prf) ? others : params;
    },
  },
);

function isDefaultPrf(prf: AlgorithmIdentifier | undefined): boolean {
  return (
    prf?.parameters !== undefined && prf.algorithm === defaultPrf.algorithm && hasNoParameters(prf)
  );
}

/**
 * Iterations accepted from a peer: as few as PasswordBasedMac may have, since secrets made by machines
 * need no more, and as many as anybody recommends for PBKDF2 with HMAC-SHA-256 (600 000), with room above.
 */
export const PBKDF2_ITERATIONS = { min: 100, max: 1_000_000 } as const;

/**
 * Iterations times blocks of output, those of SHA-384 and SHA-512 counted double: what the peer chooses and we pay. A
 * million block the process for some 0.3 s; without this a long key from a short prf would cost a multiple of it.
 */
export const PBKDF2_MAX_ROUNDS = 1_000_000;

/** Output of the widest hash that works on 32-bit words. */
const WIDE_OCTETS = 32;

/** A salt as with PasswordBasedMac: an empty one allows tables, a huge one only costs time. */
export const PBKDF2_SALT_OCTETS = { min: 1, max: 1024 } as const;

/** PBKDF2 as parameters ask for it, every number within its limits. */
export interface Pbkdf2 {
  readonly prf: MacName;
  readonly salt: Uint8Array;
  readonly iterationCount: number;
  readonly keyLength?: number;
}

/**
 * Write PBKDF2 with HMAC-SHA-256 and nothing left to a default (RFC 9481 section 6.1.2), because the one of
 * prf is HMAC-SHA1.
 */
export function pbkdf2Algorithm(
  salt: Uint8Array,
  iterationCount: number,
  keyLength: number,
): AlgorithmIdentifier {
  const params: PBKDF2Params = {
    salt: { type: 'specified', value: salt },
    iterationCount,
    keyLength,
    // P5: written out.
    prf: macAlgorithm('hmac-sha256'),
  };
  return algorithmIdentifier('pbkdf2', toDer(PBKDF2Params, params));
}

/**
 * Read a key derivation function, which has to be PBKDF2.
 *
 * @param user what the key is derived for, as messages name it
 * @throws {CertError} DER_MALFORMED: the parameters are none; CMP_ALGORITHM_UNSUPPORTED: another function or
 *   prf; LIMIT_EXCEEDED: salt or iterationCount out of bounds
 */
export function readPbkdf2(algorithm: AlgorithmIdentifier, user: string): Pbkdf2 {
  if (algorithm.algorithm !== oids.pbkdf2) throw unsupported(user, 'key derivation', algorithm);
  const params = fromDer(PBKDF2Params, algorithm.parameters ?? new Uint8Array());
  const { salt, iterationCount, keyLength } = params;
  // P5: absent, it is HMAC-SHA1.
  const prf = findMac(user, 'prf', params.prf ?? defaultPrf);
  if (salt.type === 'otherSource') throw unsupported(user, 'salt from', salt.value);
  assertWithin(user, 'salt octets', salt.value.length, PBKDF2_SALT_OCTETS);
  assertWithin(user, 'iterationCount', iterationCount, PBKDF2_ITERATIONS);
  return {
    prf,
    salt: salt.value,
    iterationCount,
    ...(keyLength !== undefined && { keyLength }),
  };
}

/**
 * Derive a key.
 *
 * @throws {CertError} LIMIT_EXCEEDED: too many rounds for this `keyLength`
 */
export function derivePbkdf2(
  { prf, salt, iterationCount }: Pbkdf2,
  secret: Uint8Array,
  keyLength: number,
  user: string,
): Uint8Array {
  const weight = macOctets(prf) > WIDE_OCTETS ? 2 : 1;
  const rounds = weight * iterationCount * Math.ceil(keyLength / macOctets(prf));
  if (rounds > PBKDF2_MAX_ROUNDS) {
    throw new CertError(
      'LIMIT_EXCEEDED',
      `Cannot use ${user} with iterationCount ${iterationCount} and keyLength ${keyLength}: ` +
        `these are ${rounds} rounds, allowed are ${PBKDF2_MAX_ROUNDS}`,
    );
  }
  return derivedKey(prf, secret, salt, iterationCount, keyLength);
}

// As with PasswordBasedMac: one salt for a transaction, so one key for all its messages on each side.
const derivedKeys = lruCache<Uint8Array>(8);

function derivedKey(
  prf: MacName,
  secret: Uint8Array,
  salt: Uint8Array,
  iterationCount: number,
  keyLength: number,
): Uint8Array {
  // Secrets that agree under the prf derive the same key; the salt stands by itself, so that none of its
  // octets can pass for one of the secret.
  const ofSecret = toHex(hmac(prf, secret, salt));
  const id = `${prf} ${iterationCount} ${keyLength} ${toHex(salt)} ${ofSecret}`;
  const known = derivedKeys.get(id);
  if (known) return known;
  const key = pbkdf2(prf, secret, salt, iterationCount, keyLength);
  derivedKeys.set(id, key);
  return key;
}

/**
 * Find a MAC that stands in parameters.
 *
 * @throws {CertError} CMP_ALGORITHM_UNSUPPORTED
 */
export function findMac(user: string, what: string, algorithm: AlgorithmIdentifier): MacName {
  const name = hasNoParameters(algorithm) ? macByOid(algorithm.algorithm) : undefined;
  if (name === undefined) throw unsupported(user, what, algorithm);
  return name;
}

/**
 * Refuse a number out of its bounds.
 *
 * @throws {CertError} LIMIT_EXCEEDED
 */
export function assertWithin(
  user: string,
  what: string,
  value: number,
  { min, max }: { readonly min: number; readonly max: number },
): void {
  if (value >= min && value <= max) return;
  throw new CertError(
    'LIMIT_EXCEEDED',
    `Cannot use ${user} with ${what} ${value}: allowed are ${min} to ${max}`,
  );
}

function unsupported(user: string, what: string, { algorithm }: AlgorithmIdentifier): CertError {
  return new CertError(
    'CMP_ALGORITHM_UNSUPPORTED',
    `Cannot use ${user} with ${what} ${oidName(algorithm)}: not on the allow-list`,
  );
}
