import { hash } from 'node:crypto';
import { oids, type Oid } from '../asn1/oids.ts';
import type { AlgorithmIdentifier } from '../x509/algorithm-identifier.ts';
import { digestInSignature } from './algorithms.ts';
import { digest, digestAlgorithm } from './digest.ts';
import { decodePssParameters } from './rsassa-pss.ts';

/** What identifies a certificate in certConf. */
export interface CertHash {
  readonly hash: Uint8Array;
  /** For CertStatus.hashAlg, where the certificate's signature names no hash: then pvno has to be 3. */
  readonly hashAlg?: AlgorithmIdentifier;
}

interface OwnHash {
  readonly name: 'sha512' | 'shake128' | 'shake256';
  readonly length: number;
}

// RFC 9481 sections 2.2 and 3.3. The length is given because node:crypto takes half of it by default.
const hashWithoutDigestInOid: ReadonlyMap<Oid, OwnHash> = new Map<Oid, OwnHash>([
  [oids.ed25519, { name: 'sha512', length: 64 }],
  [oids.ed448, { name: 'shake256', length: 64 }],
  [oids.rsassaPssShake128, { name: 'shake128', length: 32 }],
  [oids.ecdsaWithShake128, { name: 'shake128', length: 32 }],
  [oids.rsassaPssShake256, { name: 'shake256', length: 64 }],
  [oids.ecdsaWithShake256, { name: 'shake256', length: 64 }],
]);

/**
 * Hash a certificate for certConf: with the hash of the algorithm the CA signed it with, whatever our
 * own key is, or with SHA-256 where that names none.
 *
 * SHA-1 needs no legacy switch here: the RFC leaves no choice, and whether such a certificate is
 * accepted was decided when its signature was verified.
 *
 * @param certificateDer the certificate as received
 * @param signatureAlgorithm its own signatureAlgorithm
 * @throws {CertError} CMP_ALGORITHM_UNSUPPORTED or DER_MALFORMED for RSASSA-PSS parameters we do not do
 * @see RFC 9810 section 5.3.18
 */
export function certHash(
  certificateDer: Uint8Array,
  signatureAlgorithm: AlgorithmIdentifier,
): CertHash {
  const { algorithm, parameters } = signatureAlgorithm;
  const own = hashWithoutDigestInOid.get(algorithm);
  if (own) {
    // Only the extendable-output functions take a length.
    const length = own.name === 'sha512' ? {} : { outputLength: own.length };
    const octets = hash(own.name, certificateDer, { outputEncoding: 'buffer', ...length });
    return { hash: new Uint8Array(octets.buffer, octets.byteOffset, octets.length) };
  }
  const name =
    algorithm === oids.rsassaPss
      ? decodePssParameters(parameters).digest
      : digestInSignature(algorithm);
  if (name !== undefined) return { hash: digest(name, certificateDer) };
  return { hash: digest('sha256', certificateDer), hashAlg: digestAlgorithm('sha256') };
}
