import { fromDer, sequence } from '../asn1/codec.ts';
import { oidName, oids } from '../asn1/oids.ts';
import { bigInteger, objectIdentifier } from '../asn1/primitives.ts';
import { toHex } from '../base/bytes.ts';
import { digest } from '../crypto/digest.ts';
import { decodeCertificate } from '../x509/certificate.ts';
import { extensionValue } from '../x509/extension-values.ts';
import type { GeneralName } from '../x509/general-name.ts';
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
  /** `RSA 2048`, `P-256`, `Ed25519`. */
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
    key: describeKey(tbsCertificate.subjectPublicKeyInfo),
    signature: oidName(signatureAlgorithm.algorithm),
    isCa: extensionValue(extensions, 'basicConstraints')?.cA ?? false,
    sha256: toHex(digest('sha256', der)),
  };
}

/** Format a GeneralName the way the `san` parameter takes it, where it does. */
export function formatGeneralName(name: GeneralName): string {
  switch (name.type) {
    case 'dNSName':
      return `dns:${name.value}`;
    case 'rfc822Name':
      return `email:${name.value}`;
    case 'uniformResourceIdentifier':
      return `uri:${name.value}`;
    case 'iPAddress':
      return `ip:${formatIpAddress(name.value)}`;
    case 'directoryName':
      return `dn:${formatName(name.value)}`;
    case 'registeredID':
      return `oid:${name.value}`;
    case 'otherName':
      return `other:${oidName(name.value.typeId)}`;
    case 'x400Address':
    case 'ediPartyName':
      return name.type;
  }
}

function formatIpAddress(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join('.');
  if (octets.length !== 16) return toHex(octets);
  const groups = toHex(octets).match(/.{4}/g) ?? [];
  return new URL(`http://[${groups.join(':')}]`).hostname.slice(1, -1);
}

const keyNames: Readonly<Record<string, string>> = {
  [oids.prime256v1]: 'P-256',
  [oids.secp384r1]: 'P-384',
  [oids.secp521r1]: 'P-521',
  [oids.ed25519]: 'Ed25519',
  [oids.ed448]: 'Ed448',
};

const RSAPublicKey = sequence<{ readonly modulus: bigint; readonly publicExponent: bigint }>(
  'RSAPublicKey',
  { modulus: bigInteger, publicExponent: bigInteger },
);

function describeKey({ algorithm, subjectPublicKey }: SubjectPublicKeyInfo): string {
  if (algorithm.algorithm === oids.rsaEncryption) {
    return `RSA ${fromDer(RSAPublicKey, subjectPublicKey).modulus.toString(2).length}`;
  }
  if (algorithm.algorithm === oids.ecPublicKey && algorithm.parameters?.[0] === 0x06) {
    const curve = fromDer(objectIdentifier, algorithm.parameters);
    return keyNames[curve] ?? `EC ${oidName(curve)}`;
  }
  return keyNames[algorithm.algorithm] ?? oidName(algorithm.algorithm);
}
