import { readable } from '../base/readable.ts';
import type { Certificate } from '../x509/certificate.ts';
import { extensionValue } from '../x509/extension-values.ts';

/** TLS extension status_request (RFC 6066 section 8), as a TLS feature (RFC 7633 section 4.2.2). */
const STATUS_REQUEST = 5;

/** Tell whether clients refuse a certificate without a staple (RFC 7633). */
export function isMustStaple({ tbsCertificate: { extensions } }: Certificate): boolean {
  // What cannot be read, no client can read either.
  const features = readable(() => extensionValue(extensions, 'tlsFeature'));
  return features?.includes(STATUS_REQUEST) ?? false;
}
