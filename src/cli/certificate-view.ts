import { oidName, oids } from '../asn1/oids.ts';
import { toHex } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { digest } from '../crypto/digest.ts';
import { describeKey } from '../crypto/public-key.ts';
import { decodeSummary } from '../x509/certificate-summary.ts';
import { decodeCertificate } from '../x509/certificate.ts';
import { formatName } from '../x509/name-text.ts';
import { attributeText, type Name } from '../x509/name.ts';
import type { SubjectPublicKeyInfo } from '../x509/subject-public-key-info.ts';
import { viewExtensions, type ExtensionsView } from './certificate-extensions.ts';

/** What there is to show of a certificate, as text. */
export interface CertificateView extends ExtensionsView {
  /** Its CN, else its whole DN. */
  readonly shortName: string;
  readonly subject: string;
  readonly issuer: string;
  /** Hexadecimal. */
  readonly serialNumber: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** `rsa-2048`, `p-256`: as `key-type` takes it, where it is one of those. */
  readonly key: string;
  readonly signature: string;
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
    shortName: shortNameOf(subject),
    subject: formatName(subject),
    issuer: formatName(tbsCertificate.issuer),
    serialNumber:
      (serialNumber < 0n ? '-' : '') + digits.padStart(digits.length + (digits.length % 2), '0'),
    notBefore: validity.notBefore.value,
    notAfter: validity.notAfter.value,
    key: keyName(tbsCertificate.subjectPublicKeyInfo),
    signature: oidName(signatureAlgorithm.algorithm),
    sha256: toHex(digest('sha256', der)),
    ...viewExtensions(extensions),
  };
}

/** What a list shows of a certificate: of a hundred thousand, no more is to be read. */
export type ListedView = Pick<CertificateView, 'shortName' | 'sha256'> &
  Partial<Pick<CertificateView, 'notBefore' | 'notAfter'>>;

/**
 * Read what a list shows of a certificate.
 *
 * @param name what it is called where its own name cannot be read, as its lifetime then
 */
export function viewListed(der: Uint8Array, name: string): ListedView {
  const sha256 = toHex(digest('sha256', der));
  try {
    const { subject, notBefore, notAfter } = decodeSummary(der);
    return {
      shortName: shortNameOf(subject),
      notBefore,
      notAfter,
      sha256,
    };
  } catch (error) {
    if (!(error instanceof CertError)) throw error;
    return { shortName: name, sha256 };
  }
}

/** Give the CN of a name, else the whole of it. */
export function shortNameOf(name: Name): string {
  return attributeText(name, oids.commonName) ?? formatName(name);
}

/** Name the kind and size of a public key. */
export function keyName(spki: SubjectPublicKeyInfo): string {
  try {
    return describeKey(spki).keyType;
  } catch (error) {
    // A key we could not use is still a key to show.
    if (!(error instanceof CertError)) throw error;
    return oidName(spki.algorithm.algorithm);
  }
}
