import { createHmac, createSecretKey, pbkdf2Sync, timingSafeEqual } from 'node:crypto';
import { oids, type Oid } from '../asn1/oids.ts';
import { algorithmIdentifier, type AlgorithmIdentifier } from '../x509/algorithm-identifier.ts';
import type { DigestName } from './digest.ts';

/** A MAC we compute, by the name our settings have for it. */
export type MacName = 'hmac-sha1' | 'hmac-sha256' | 'hmac-sha384' | 'hmac-sha512';

const digests: Readonly<Record<MacName, DigestName>> = {
  'hmac-sha1': 'sha1',
  'hmac-sha256': 'sha256',
  'hmac-sha384': 'sha384',
  'hmac-sha512': 'sha512',
};

const lengths: Readonly<Record<MacName, number>> = {
  'hmac-sha1': 20,
  'hmac-sha256': 32,
  'hmac-sha384': 48,
  'hmac-sha512': 64,
};

/**
 * How each MAC is written. HMAC-SHA1 as OpenSSL writes it, since only peers like that still want it;
 * the others with NULL (RFC 9045 section 4.4, RFC 8018 appendix B.1.2).
 */
const written: Readonly<Record<MacName, AlgorithmIdentifier>> = {
  'hmac-sha1': algorithmIdentifier('hmacSHA1'),
  'hmac-sha256': algorithmIdentifier('hmacWithSHA256', 'NULL'),
  'hmac-sha384': algorithmIdentifier('hmacWithSHA384', 'NULL'),
  'hmac-sha512': algorithmIdentifier('hmacWithSHA512', 'NULL'),
};

const received: ReadonlyMap<Oid, MacName> = new Map<Oid, MacName>([
  // Two OIDs for one MAC: OpenSSL's CMP answers with the first, PKCS #5 has the second.
  [oids.hmacSHA1, 'hmac-sha1'],
  [oids.hmacWithSHA1, 'hmac-sha1'],
  [oids.hmacWithSHA256, 'hmac-sha256'],
  [oids.hmacWithSHA384, 'hmac-sha384'],
  [oids.hmacWithSHA512, 'hmac-sha512'],
]);

/** Compute an HMAC (RFC 2104); a key longer than the hash's block is hashed first, as the RFC says. */
export function hmac(name: MacName, key: Uint8Array, data: Uint8Array): Uint8Array {
  // Of octets that are no KeyObject Node.js finds that out by an exception, at thrice the cost of all the rest.
  const octets = createHmac(digests[name], createSecretKey(key)).update(data).digest();
  return new Uint8Array(octets.buffer, octets.byteOffset, octets.length);
}

/** Tell how many octets a MAC has: those of its hash. */
export function macOctets(name: MacName): number {
  return lengths[name];
}

/**
 * Derive a key from a secret by PBKDF2 (RFC 8018 section 5.2).
 *
 * It blocks for 0.1 to 0.3 µs a round, and has one round per iteration and block of output; whoever takes
 * these numbers from a peer bounds them first.
 */
export function pbkdf2(
  prf: MacName,
  secret: Uint8Array,
  salt: Uint8Array,
  iterationCount: number,
  keyLength: number,
): Uint8Array {
  const octets = pbkdf2Sync(secret, salt, iterationCount, keyLength, digests[prf]);
  return new Uint8Array(octets.buffer, octets.byteOffset, octets.length);
}

/** Compare two MACs in a time that does not depend on where they differ; different lengths are unequal. */
export function macEquals(a: Uint8Array, b: Uint8Array): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** Write a MAC as AlgorithmIdentifier. */
export function macAlgorithm(name: MacName): AlgorithmIdentifier {
  return written[name];
}

/**
 * Find the MAC an OID stands for.
 *
 * HMAC-SHA1 needs no legacy switch: no attack on SHA-1 reaches it, and stock OpenSSL answers with it.
 */
export function macByOid(oid: Oid): MacName | undefined {
  return received.get(oid);
}
