import { createPublicKey, verify } from 'node:crypto';
import { asBuffer } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { toDer } from '../asn1/codec.ts';
import { oids, type Oid } from '../asn1/oids.ts';
import { hasNoParameters, type AlgorithmIdentifier } from '../x509/algorithm-identifier.ts';
import { SubjectPublicKeyInfo } from '../x509/subject-public-key-info.ts';
import type { DigestName } from './digest.ts';

const digests: ReadonlyMap<Oid, DigestName> = new Map<Oid, DigestName>([
  [oids.dsaWithSHA1, 'sha1'],
  [oids.dsaWithSHA256, 'sha256'],
]);

// 3072 bits, the longest of FIPS 186-4: p, g and the key itself, q, and what is around them.
const maxKeyOctets = 1300;

/** Find the digest of a DSA signature algorithm; undefined for every other, and for one with parameters. */
export function dsaDigest({ algorithm, parameters }: AlgorithmIdentifier): DigestName | undefined {
  // RFC 3279 section 2.2.2: the parameters are left out.
  return parameters === undefined ? digests.get(algorithm) : undefined;
}

/**
 * Tell whether a key leaves its parameters to be taken from the certificate above: RFC 3279 section 2.3.2,
 * which only DSA has.
 */
export function inheritsParameters({ algorithm }: SubjectPublicKeyInfo): boolean {
  return algorithm.algorithm === oids.dsa && hasNoParameters(algorithm);
}

/**
 * Check a DSA signature: for old certificates, when somebody allows it. The key has its parameters with it.
 *
 * @throws {CertError} CMP_ALGORITHM_UNSUPPORTED when it is no DSA key, too long, or without parameters
 */
export function verifyDsa(
  spki: SubjectPublicKeyInfo | Uint8Array,
  digest: DigestName,
  data: Uint8Array,
  signature: Uint8Array,
): boolean {
  const der = spki instanceof Uint8Array ? spki : toDer(SubjectPublicKeyInfo, spki);
  if (der.length > maxKeyOctets) return refuse(`${der.length} octets are too long`);
  try {
    const key = createPublicKey({ key: asBuffer(der), format: 'der', type: 'spki' });
    return key.asymmetricKeyType === 'dsa' ? verify(digest, data, key, signature) : false;
  } catch (cause) {
    return refuse('it cannot be imported', cause);
  }
}

function refuse(why: string, cause?: unknown): never {
  throw new CertError('CMP_ALGORITHM_UNSUPPORTED', `Cannot use a DSA key: ${why}`, { cause });
}
