import { hash } from 'node:crypto';
import { oids, type Oid } from '../asn1/oids.ts';
import type { AlgorithmIdentifier } from '../x509/algorithm-identifier.ts';
import { digestInSignature } from './algorithms.ts';
import { digest, digestAlgorithm, findDigest } from './digest.ts';
import { pssHashOid } from './rsassa-pss.ts';

/** What identifies a certificate in certConf. */
export interface CertHash {
  readonly hash: Uint8Array;
  /** For CertStatus.hashAlg, where the certificate's signature names no hash: then pvno has to be 3. */
  readonly hashAlg?: AlgorithmIdentifier;
}

interface OwnHash {
  readonly name: 'sha224' | 'sha512' | 'shake128' | 'shake256';
  /** Only for the extendable-output functions, and there always: node:crypto takes half of it by default. */
  readonly outputLength?: 32 | 64;
}

const sha224: OwnHash = { name: 'sha224' };
const shake128: OwnHash = { name: 'shake128', outputLength: 32 };
const shake256: OwnHash = { name: 'shake256', outputLength: 64 };

// RFC 9481 sections 2.2 and 3.3 for those whose OID does not say it, and SHA-224, which is hashed with here
// and nowhere else: no signature made with it is accepted.
const ownHashes: ReadonlyMap<Oid, OwnHash> = new Map<Oid, OwnHash>([
  [oids.sha224WithRSAEncryption, sha224],
  [oids.ecdsaWithSHA224, sha224],
  [oids.ed25519, { name: 'sha512' }],
  [oids.ed448, shake256],
  [oids.rsassaPssShake128, shake128],
  [oids.ecdsaWithShake128, shake128],
  [oids.rsassaPssShake256, shake256],
  [oids.ecdsaWithShake256, shake256],
]);

/**
 * Hash a certificate for certConf: with the hash of the algorithm the CA signed it with, whatever our
 * own key is, or with SHA-256 where that names none we know. It is called to refuse certificates, too, so
 * that nothing a CA writes there makes it throw.
 *
 * SHA-1 needs no legacy switch here: the RFC leaves no choice, and whether such a certificate is
 * accepted was decided when its signature was verified.
 *
 * @param certificateDer the certificate as received
 * @param signatureAlgorithm its own signatureAlgorithm
 * @see RFC 9810 section 5.3.18
 */
export function certHash(
  certificateDer: Uint8Array,
  { algorithm, parameters }: AlgorithmIdentifier,
): CertHash {
  const pssHash = algorithm === oids.rsassaPss ? pssHashOid(parameters) : undefined;
  const own = pssHash === oids.sha224 ? sha224 : ownHashes.get(algorithm);
  // C9: the algorithms whose OID does not say the hash.
  if (own) {
    const { name, ...length } = own;
    const octets = hash(name, certificateDer, { outputEncoding: 'buffer', ...length });
    return { hash: new Uint8Array(octets.buffer, octets.byteOffset, octets.length) };
  }
  const name =
    pssHash === undefined ? digestInSignature(algorithm) : findDigest({ algorithm: pssHash });
  // C9: the hash of its own signature, whatever our key is.
  if (name !== undefined) return { hash: digest(name, certificateDer) };
  return { hash: digest('sha256', certificateDer), hashAlg: digestAlgorithm('sha256') };
}
