import { bytesEqual } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { sequence, type TaggedCodec } from '../asn1/codec.ts';
import { bigInteger } from '../asn1/primitives.ts';
import type { Certificate } from '../x509/certificate.ts';
import { extensionValue } from '../x509/extension-values.ts';
import { Name, sameName } from '../x509/name.ts';

/** IssuerAndSerialNumber, RFC 5652 section 10.2.4. */
export interface IssuerAndSerialNumber {
  readonly issuer: Name;
  readonly serialNumber: bigint;
}

// oxfmt-ignore
export const IssuerAndSerialNumber: TaggedCodec<IssuerAndSerialNumber> = sequence<IssuerAndSerialNumber>('IssuerAndSerialNumber', {
  issuer:       Name,
  serialNumber: bigInteger,
});

/** How CMS names a certificate, be it a recipient's, an originator's or a signer's. */
export type CertificateReference =
  | { readonly type: 'issuerAndSerialNumber'; readonly value: IssuerAndSerialNumber }
  | { readonly type: 'subjectKeyIdentifier'; readonly value: Uint8Array };

/** Name a certificate by its subjectKeyIdentifier, or by issuer and number where it has none (RFC 9483 section 4.1.6). */
export function referenceTo({ tbsCertificate }: Certificate): CertificateReference {
  const { issuer, serialNumber, extensions } = tbsCertificate;
  const keyIdentifier = extensionValue(extensions, 'subjectKeyIdentifier');
  return keyIdentifier === undefined
    ? { type: 'issuerAndSerialNumber', value: { issuer, serialNumber } }
    : { type: 'subjectKeyIdentifier', value: keyIdentifier };
}

/** Tell whether a reference names a certificate. */
export function refersTo(
  { type, value }: CertificateReference,
  { tbsCertificate }: Certificate,
): boolean {
  if (type === 'issuerAndSerialNumber') {
    return (
      value.serialNumber === tbsCertificate.serialNumber &&
      sameName(value.issuer, tbsCertificate.issuer)
    );
  }
  try {
    const own = extensionValue(tbsCertificate.extensions, 'subjectKeyIdentifier');
    return own !== undefined && bytesEqual(own, value);
  } catch (error) {
    // A damaged certificate among others that came along is not the one.
    if (error instanceof CertError && error.code !== 'INTERNAL') return false;
    throw error;
  }
}
