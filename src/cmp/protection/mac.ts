import { CertError } from '../../base/errors.ts';
import { oidName } from '../../asn1/oids.ts';
import type { AlgorithmPolicy } from '../../crypto/policy.ts';
import type { AlgorithmIdentifier } from '../../x509/algorithm-identifier.ts';
import { computePbm, isPbm, pbmParameterOf } from './pbm.ts';
import { computePbmac1, isPbmac1, pbmac1ParamsOf } from './pbmac1.ts';

/** Tell whether a protectionAlg is a MAC under a shared secret that is done here. */
export function isMac(algorithm: AlgorithmIdentifier): boolean {
  return isPbm(algorithm) || isPbmac1(algorithm);
}

/**
 * Compute the MAC a protectionAlg stands for, with the parameters it brings.
 *
 * @param part DER of ProtectedPart exactly as sent or received; never a re-encoding
 * @throws {CertError} DER_MALFORMED, CMP_ALGORITHM_UNSUPPORTED, LIMIT_EXCEEDED
 */
export function computeMac(
  algorithm: AlgorithmIdentifier,
  secret: Uint8Array,
  part: Uint8Array,
  policy: AlgorithmPolicy,
): Uint8Array {
  if (isPbm(algorithm)) return computePbm(pbmParameterOf(algorithm), secret, part, policy);
  if (isPbmac1(algorithm)) return computePbmac1(pbmac1ParamsOf(algorithm), secret, part);
  throw new CertError(
    'CMP_ALGORITHM_UNSUPPORTED',
    `Cannot compute a MAC by ${oidName(algorithm.algorithm)}: not on the allow-list`,
  );
}
