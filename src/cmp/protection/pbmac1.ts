import { toHex } from '../../base/bytes.ts';
import { CertError } from '../../base/errors.ts';
import {
  choice,
  fromDer,
  mapped,
  optional,
  sequence,
  toDer,
  type Codec,
  type TaggedCodec,
} from '../../asn1/codec.ts';
import { oidName, oids } from '../../asn1/oids.ts';
import { integer, octetString } from '../../asn1/primitives.ts';
import { lruCache } from '../../crypto/lru-cache.ts';
import { hmac, macAlgorithm, macByOid, macOctets, pbkdf2, type MacName } from '../../crypto/mac.ts';
import {
  AlgorithmIdentifier,
  algorithmIdentifier,
  hasNoParameters,
} from '../../x509/algorithm-identifier.ts';

/** PBMAC1-params, RFC 8018 appendix A.5. */
export interface PBMAC1Params {
  readonly keyDerivationFunc: AlgorithmIdentifier;
  readonly messageAuthScheme: AlgorithmIdentifier;
}

// oxfmt-ignore
export const PBMAC1Params: TaggedCodec<PBMAC1Params> = sequence<PBMAC1Params>('PBMAC1-params', {
  keyDerivationFunc: AlgorithmIdentifier,
  messageAuthScheme: AlgorithmIdentifier,
});

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
export const PBMAC1_ITERATIONS = { min: 100, max: 1_000_000 } as const;

/**
 * Iterations times blocks of output: what the peer chooses and we pay. A million block the process for
 * 0.1 to 0.3 s, by the prf; without this a long key from a short prf would cost a multiple of it.
 */
export const PBMAC1_MAX_ROUNDS = 1_000_000;

/** A salt as with PasswordBasedMac: an empty one allows tables, a huge one only costs time. */
export const PBMAC1_SALT_OCTETS = { min: 1, max: 1024 } as const;

/**
 * Octets of the derived key. Whoever forges an answer chooses this, too, and would need no secret to guess
 * a key of one octet: no shorter than the output of HMAC-SHA1, no longer than the block of SHA-512.
 */
export const PBMAC1_KEY_OCTETS = { min: 20, max: 128 } as const;

/**
 * Write the PBMAC1 we send: HMAC-SHA-256 to derive the key and to use it, and nothing left to a default
 * (RFC 9481 section 6.1.2), because the one of prf is HMAC-SHA1.
 */
export function pbmac1Algorithm(salt: Uint8Array, iterationCount: number): AlgorithmIdentifier {
  const hmacSha256 = macAlgorithm('hmac-sha256');
  const derivation: PBKDF2Params = {
    salt: { type: 'specified', value: salt },
    iterationCount,
    keyLength: macOctets('hmac-sha256'),
    prf: hmacSha256,
  };
  const params: PBMAC1Params = {
    keyDerivationFunc: algorithmIdentifier('pbkdf2', toDer(PBKDF2Params, derivation)),
    messageAuthScheme: hmacSha256,
  };
  return algorithmIdentifier('pbmac1', toDer(PBMAC1Params, params));
}

/**
 * Compute PBMAC1 over a message.
 *
 * @param part DER of ProtectedPart exactly as sent or received; never a re-encoding
 * @param secret shared secret as octets; the caller keeps ownership
 * @throws {CertError} DER_MALFORMED: the parameters are none; CMP_ALGORITHM_UNSUPPORTED: key derivation,
 *   prf or MAC is not on the allow-list; LIMIT_EXCEEDED: salt, iterationCount or keyLength out of bounds
 * @see RFC 8018 sections 5.2 and 7.1
 */
export function computePbmac1(
  { keyDerivationFunc, messageAuthScheme }: PBMAC1Params,
  secret: Uint8Array,
  part: Uint8Array,
): Uint8Array {
  const mac = findMac('MAC', messageAuthScheme);
  if (keyDerivationFunc.algorithm !== oids.pbkdf2) {
    throw unsupported('key derivation', keyDerivationFunc);
  }
  const params = fromDer(PBKDF2Params, keyDerivationFunc.parameters ?? new Uint8Array());
  const { salt, iterationCount, keyLength = macOctets(mac) } = params;
  const prf = findMac('prf', params.prf ?? defaultPrf);
  if (salt.type === 'otherSource') throw unsupported('salt from', salt.value);
  assertWithin('salt octets', salt.value.length, PBMAC1_SALT_OCTETS);
  assertWithin('iterationCount', iterationCount, PBMAC1_ITERATIONS);
  assertWithin('keyLength', keyLength, PBMAC1_KEY_OCTETS);
  const rounds = iterationCount * Math.ceil(keyLength / macOctets(prf));
  if (rounds > PBMAC1_MAX_ROUNDS) {
    throw new CertError(
      'LIMIT_EXCEEDED',
      `Cannot use PBMAC1 with iterationCount ${iterationCount} and keyLength ${keyLength}: ` +
        `these are ${rounds} rounds, allowed are ${PBMAC1_MAX_ROUNDS}`,
    );
  }
  return hmac(mac, derivedKey(prf, secret, salt.value, iterationCount, keyLength), part);
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
 * Read PBMAC1-params out of a protectionAlg.
 *
 * @throws {CertError} DER_MALFORMED when there are none
 */
export function pbmac1ParamsOf(algorithm: AlgorithmIdentifier): PBMAC1Params {
  return fromDer(PBMAC1Params, algorithm.parameters ?? new Uint8Array());
}

/** Tell whether a protectionAlg is PBMAC1. */
export function isPbmac1({ algorithm }: AlgorithmIdentifier): boolean {
  return algorithm === oids.pbmac1;
}

function findMac(what: string, algorithm: AlgorithmIdentifier): MacName {
  const name = hasNoParameters(algorithm) ? macByOid(algorithm.algorithm) : undefined;
  if (name === undefined) throw unsupported(what, algorithm);
  return name;
}

function unsupported(what: string, { algorithm }: AlgorithmIdentifier): CertError {
  return new CertError(
    'CMP_ALGORITHM_UNSUPPORTED',
    `Cannot use PBMAC1 with ${what} ${oidName(algorithm)}: not on the allow-list`,
  );
}

function assertWithin(
  what: string,
  value: number,
  { min, max }: { readonly min: number; readonly max: number },
): void {
  if (value >= min && value <= max) return;
  throw new CertError(
    'LIMIT_EXCEEDED',
    `Cannot use PBMAC1 with ${what} ${value}: allowed are ${min} to ${max}`,
  );
}
