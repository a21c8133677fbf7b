import { choice, explicit, sequenceOf, type Codec } from '../asn1/codec.ts';
import { any } from '../asn1/primitives.ts';

/** CertificateOrCRL, RFC 7296 section 3.6; each is carried as it stands. */
export type CertificateOrCRL =
  | { readonly type: 'cert'; readonly value: Uint8Array }
  | { readonly type: 'crl'; readonly value: Uint8Array };

// oxfmt-ignore
const CertificateOrCRL: Codec<CertificateOrCRL> = choice<CertificateOrCRL>('CertificateOrCRL', {
  cert: explicit(0, any),
  crl:  explicit(1, any),
});

/** CertificateBundle, RFC 7296 section 3.6: what is behind the URL of encoding 13. */
export type CertificateBundle = readonly CertificateOrCRL[];
export const CertificateBundle: Codec<CertificateBundle> = sequenceOf(CertificateOrCRL);
