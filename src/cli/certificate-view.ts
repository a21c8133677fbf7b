import { oidName, oids } from '../asn1/oids.ts';
import { toHex } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { digest } from '../crypto/digest.ts';
import { describeKey } from '../crypto/public-key.ts';
import { decodeCertificate } from '../x509/certificate.ts';
import { extensionValue } from '../x509/extension-values.ts';
import { formatGeneralName } from '../x509/general-name-text.ts';
import { formatName } from '../x509/name-text.ts';
import { attributeText } from '../x509/name.ts';
import type { SubjectPublicKeyInfo } from '../x509/subject-public-key-info.ts';

/** What there is to show of a certificate, as text. */
export interface CertificateView {
  /** Its CN, else its whole DN. */
  readonly shortName: string;
  readonly subject: string;
  readonly issuer: string;
  /** Hexadecimal. */
  readonly serialNumber: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** `dns:…`, `ip:…`, `email:…`, `uri:…`: as `san` takes them. */
  readonly subjectAltNames: readonly string[];
  /** `rsa-2048`, `p-256`: as `key-type` takes it, where it is one of those. */
  readonly key: string;
  readonly signature: string;
  readonly isCa: boolean;
  /** Fingerprint, hexadecimal. */
  readonly sha256: string;
}

/**
 * Read what there is to show of a certificate.
 *
 * @throws {CertError} DER_MALFORMED, LIMIT_EXCEEDED
 */
export function viewCertificate(der: Uint8Array): CertificateView {
  const { tbsCertificate, signatureAlgorithm } = decodeCertificate(der);
  const { subject, extensions, serialNumber, validity } = tbsCertificate;
  const digits = serialNumber.toString(16).replace('-', '');
  return {
    shortName: attributeText(subject, oids.commonName) ?? formatName(subject),
    subject: formatName(subject),
    issuer: formatName(tbsCertificate.issuer),
    serialNumber:
      (serialNumber < 0n ? '-' : '') + digits.padStart(digits.length + (digits.length % 2), '0'),
    notBefore: validity.notBefore.value,
    notAfter: validity.notAfter.value,
    subjectAltNames: (extensionValue(extensions, 'subjectAltName') ?? []).map(formatGeneralName),
    key: keyName(tbsCertificate.subjectPublicKeyInfo),
    signature: oidName(signatureAlgorithm.algorithm),
    isCa: extensionValue(extensions, 'basicConstraints')?.cA ?? false,
    sha256: toHex(digest('sha256', der)),
  };
}

function keyName(spki: SubjectPublicKeyInfo): string {
  try {
    return describeKey(spki).keyType;
  } catch (error) {
    // A key we could not use is still a key to show.
    if (!(error instanceof CertError)) throw error;
    return oidName(spki.algorithm.algorithm);
  }
}
