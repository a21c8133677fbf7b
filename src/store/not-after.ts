import { CertError } from '../base/errors.ts';
import { decodeCertificate } from '../x509/certificate.ts';

/** Read when a stored certificate ends; undefined for octets that are none, which whoever shows it will tell. */
export function notAfterOf(der: Uint8Array): Date | undefined {
  try {
    return decodeCertificate(der).tbsCertificate.validity.notAfter.value;
  } catch (thrown) {
    if (thrown instanceof CertError) return undefined;
    throw thrown;
  }
}
