import { CertError } from '../base/errors.ts';
import {
  defaulted,
  explicit,
  fromDer,
  optional,
  sequence,
  toDer,
  type TaggedCodec,
} from '../asn1/codec.ts';
import { oidName, oids, type Oid } from '../asn1/oids.ts';
import { integer } from '../asn1/primitives.ts';
import { AlgorithmIdentifier, algorithmIdentifier } from '../x509/algorithm-identifier.ts';
import { findDigest, type DigestName } from './digest.ts';

/** RSASSA-PSS-params, RFC 4055 section 3.1. An absent hash is SHA-1, an absent mask MGF1 with SHA-1. */
interface RSASSAPSSParams {
  readonly hashAlgorithm?: AlgorithmIdentifier;
  readonly maskGenAlgorithm?: AlgorithmIdentifier;
  readonly saltLength: number;
  readonly trailerField: number;
}

// oxfmt-ignore
const RSASSAPSSParams: TaggedCodec<RSASSAPSSParams> = sequence<RSASSAPSSParams>('RSASSA-PSS-params', {
  hashAlgorithm:    optional(explicit(0, AlgorithmIdentifier)),
  maskGenAlgorithm: optional(explicit(1, AlgorithmIdentifier)),
  saltLength:       defaulted(explicit(2, integer), 20),
  trailerField:     defaulted(explicit(3, integer), 1),
});

/** What the parameters of RSASSA-PSS say, for the combinations we accept: one hash for message and mask. */
export interface PssParameters {
  readonly digest: DigestName;
  readonly saltLength: number;
}

// An 8192-bit key, our largest, has room for a salt of 1024 octets less hash and padding.
const maxSaltLength = 1024;

/**
 * Read the parameters of an id-RSASSA-PSS AlgorithmIdentifier.
 *
 * @param parameters the whole element
 * @throws {CertError} CMP_ALGORITHM_UNSUPPORTED for a hash, mask, salt or trailer we do not do;
 *   DER_MALFORMED
 */
export function decodePssParameters(parameters: Uint8Array): PssParameters {
  const params = fromDer(RSASSAPSSParams, parameters);
  const digest = pssDigest(params.hashAlgorithm, 'hashAlgorithm');
  const mask = params.maskGenAlgorithm;
  if (mask && (mask.algorithm !== oids.mgf1 || mask.parameters === undefined)) {
    refuse(`maskGenAlgorithm is "${oidName(mask.algorithm)}", expected mgf1 with a hash`);
  }
  const maskHash =
    mask?.parameters === undefined ? undefined : fromDer(AlgorithmIdentifier, mask.parameters);
  const maskDigest = pssDigest(maskHash, 'maskGenAlgorithm');
  if (maskDigest !== digest) refuse(`MGF1 is with ${maskDigest}, expected ${digest} as the hash`);
  // To OpenSSL a negative length means "any": never let a peer choose that.
  if (params.saltLength < 0 || params.saltLength > maxSaltLength) {
    refuse(`saltLength is ${params.saltLength}, expected 0 to ${maxSaltLength}`);
  }
  if (params.trailerField !== 1) refuse(`trailerField is ${params.trailerField}, expected 1`);
  return { digest, saltLength: params.saltLength };
}

/**
 * Find the hash that parameters of id-RSASSA-PSS name, whether or not such a signature is accepted here.
 *
 * @returns undefined when they do not decode
 */
export function pssHashOid(parameters: Uint8Array | undefined): Oid | undefined {
  if (parameters === undefined) return oids.sha1;
  try {
    return fromDer(RSASSAPSSParams, parameters).hashAlgorithm?.algorithm ?? oids.sha1;
  } catch (error) {
    if (error instanceof CertError && error.code !== 'INTERNAL') return undefined;
    throw error;
  }
}

/** Write id-RSASSA-PSS with its parameters in DER, defaults left out (RFC 4055 section 3.1). */
export function pssAlgorithm({ digest, saltLength }: PssParameters): AlgorithmIdentifier {
  const hashAlgorithm = algorithmIdentifier(digest, 'NULL');
  const named = {
    hashAlgorithm,
    maskGenAlgorithm: algorithmIdentifier('mgf1', toDer(AlgorithmIdentifier, hashAlgorithm)),
  };
  const params = { ...(digest === 'sha1' ? {} : named), saltLength, trailerField: 1 };
  return algorithmIdentifier('rsassaPss', toDer(RSASSAPSSParams, params));
}

function pssDigest(algorithm: AlgorithmIdentifier | undefined, where: string): DigestName {
  if (algorithm === undefined) return 'sha1';
  const digest = findDigest(algorithm);
  if (digest === undefined) return refuse(`${where} has "${oidName(algorithm.algorithm)}"`);
  return digest;
}

function refuse(why: string): never {
  throw new CertError('CMP_ALGORITHM_UNSUPPORTED', `Cannot use rsassaPss: ${why}`);
}
