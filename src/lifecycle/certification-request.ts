import { fromDer, toDer } from '../asn1/codec.ts';
import { oids } from '../asn1/oids.ts';
import type { SigningKey } from '../crypto/keys.ts';
import { signatureAlgorithmFor } from '../crypto/signature.ts';
import { CertificationRequest, CertificationRequestInfo } from '../x509/certification-request.ts';
import { Extensions } from '../x509/extension.ts';
import { extension } from '../x509/extension-values.ts';
import type { GeneralName } from '../x509/general-name.ts';
import { isNullDn, type Name } from '../x509/name.ts';
import { SubjectPublicKeyInfo } from '../x509/subject-public-key-info.ts';

/**
 * Build a PKCS#10 request for a key (RFC 2986), signed with it; the names in it are asked for by the extensionRequest
 * attribute (RFC 2985 section 5.4.2).
 *
 * @returns DER of CertificationRequest
 * @throws {CertError} KEY_UNUSABLE, and what a token throws that signs
 */
export async function buildCertificationRequest(
  key: SigningKey,
  subject: Name,
  subjectAltNames: readonly GeneralName[],
): Promise<Uint8Array> {
  // RFC 5280 section 4.2.1.6: critical when nothing else names.
  const asked = [extension('subjectAltName', subjectAltNames, isNullDn(subject))];
  const certificationRequestInfo: CertificationRequestInfo = {
    version: 0,
    subject,
    subjectPKInfo: fromDer(SubjectPublicKeyInfo, key.spki),
    attributes:
      subjectAltNames.length === 0
        ? []
        : [{ type: oids.extensionRequest, values: [toDer(Extensions, asked)] }],
  };
  const signatureAlgorithm = signatureAlgorithmFor(key);
  const signature = await key.sign(
    toDer(CertificationRequestInfo, certificationRequestInfo),
    signatureAlgorithm,
  );
  return toDer(CertificationRequest, { certificationRequestInfo, signatureAlgorithm, signature });
}
