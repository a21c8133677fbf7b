import { CertError } from '../base/errors.ts';
import { decodeCertificate, type Certificate } from '../x509/certificate.ts';

/**
 * Decode a certificate out of the store. It was decoded before it got there: what does not decode now was
 * damaged since, and that is no peer's doing.
 *
 * @param whose for the message: `CA "rootA"`, `"gw1"`
 * @throws {CertError} STORE_CORRUPT
 */
export function storedCertificate(der: Uint8Array, whose: string): Certificate {
  try {
    return decodeCertificate(der);
  } catch (cause) {
    throw new CertError('STORE_CORRUPT', `Cannot read a certificate of ${whose}: it is damaged`, {
      cause,
      hint: 'Put a backup of the store in its place, or set the CA or certificate up again',
    });
  }
}

/** Write the serial number of a stored certificate as operators compare it: hexadecimal, in whole octets. */
export function serialOf({
  name,
  der,
}: {
  readonly name: string;
  readonly der: Uint8Array;
}): string {
  const { serialNumber } = storedCertificate(der, `"${name}"`).tbsCertificate;
  const digits = serialNumber.toString(16).replace('-', '');
  return (serialNumber < 0n ? '-' : '') + digits.padStart(digits.length + (digits.length % 2), '0');
}
