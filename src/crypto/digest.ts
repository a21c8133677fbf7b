import { hash } from 'node:crypto';
import { CertError } from '../base/errors.ts';
import { oids, type Oid } from '../asn1/oids.ts';
import {
  algorithmIdentifier,
  hasNoParameters,
  type AlgorithmIdentifier,
} from '../x509/algorithm-identifier.ts';

/** A one-way function we compute, by the name node:crypto and our settings have for it. */
export type DigestName = 'sha1' | 'sha256' | 'sha384' | 'sha512';

const digests: ReadonlyMap<Oid, DigestName> = new Map<Oid, DigestName>([
  [oids.sha1, 'sha1'],
  [oids.sha256, 'sha256'],
  [oids.sha384, 'sha384'],
  [oids.sha512, 'sha512'],
]);

/** Compute a digest. */
export function digest(name: DigestName, data: Uint8Array): Uint8Array {
  const octets = hash(name, data, 'buffer');
  return new Uint8Array(octets.buffer, octets.byteOffset, octets.length);
}

/**
 * Apply a one-way function to `input`, then to its own output, `count` times in all: the BASEKEY of a
 * password-based MAC (RFC 9810 section 5.1.3.1).
 *
 * It blocks for about 1.3 µs a round; whoever takes `count` from a peer bounds it first.
 */
export function iteratedHash(name: DigestName, input: Uint8Array, count: number): Uint8Array {
  if (!Number.isSafeInteger(count) || count < 1) {
    throw new CertError('INTERNAL', `Cannot apply ${name} ${count} times`);
  }
  let octets = hash(name, input, 'buffer');
  for (let round = 1; round < count; round++) octets = hash(name, octets, 'buffer');
  return new Uint8Array(octets.buffer, octets.byteOffset, octets.length);
}

/** Write a digest as AlgorithmIdentifier: without parameters, as RFC 5754 section 2 asks of senders. */
export function digestAlgorithm(name: DigestName): AlgorithmIdentifier {
  return algorithmIdentifier(name);
}

/** Find the digest an AlgorithmIdentifier stands for; parameters may be absent or NULL. */
export function findDigest(algorithm: AlgorithmIdentifier): DigestName | undefined {
  return hasNoParameters(algorithm) ? digests.get(algorithm.algorithm) : undefined;
}
