import { CertError } from '../base/errors.ts';
import type { AlgorithmPolicy } from '../crypto/policy.ts';
import { verifySignature } from '../crypto/signature.ts';
import type { AlgorithmIdentifier } from '../x509/algorithm-identifier.ts';
import type { Certificate } from '../x509/certificate.ts';

/** What somebody signed, as received. */
export interface Signed {
  readonly data: Uint8Array;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly signature: Uint8Array;
}

/**
 * Tell whether octets are signed with the key of a certificate. An algorithm that is not done here, or not allowed,
 * vouches for nothing: that is no, not an error.
 */
export function isSignedBy(
  { data, signatureAlgorithm: algorithm, signature }: Signed,
  { tbsCertificate: { subjectPublicKeyInfo: spki } }: Certificate,
  policy: AlgorithmPolicy,
): boolean {
  try {
    return verifySignature({ spki, algorithm, data, signature, policy });
  } catch (error) {
    if (error instanceof CertError && error.code !== 'INTERNAL') return false;
    throw error;
  }
}
