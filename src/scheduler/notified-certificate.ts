import { toDer } from '../asn1/codec.ts';
import { bigInteger } from '../asn1/primitives.ts';
import { toHex } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { digest } from '../crypto/digest.ts';
import type { CertificateFacts } from '../traps/alarms/certificate-facts.ts';
import { decodeCertificate } from '../x509/certificate.ts';
import { formatName } from '../x509/name-text.ts';

/** What notifications say of a certificate itself. */
export type CertificateColumns = Pick<
  CertificateFacts,
  'subject' | 'issuer' | 'serialNumber' | 'fingerprint' | 'notBefore' | 'notAfter'
>;

const nothing: CertificateColumns = { subject: '', issuer: '', serialNumber: '', fingerprint: '' };

/** Read them; where there is no certificate, or one that does not decode, they are empty. */
export function certificateColumns(der: Uint8Array | undefined): CertificateColumns {
  if (der === undefined) return nothing;
  try {
    const { subject, issuer, serialNumber, validity } = decodeCertificate(der).tbsCertificate;
    return {
      subject: formatName(subject),
      issuer: formatName(issuer),
      serialNumber: serialOctets(serialNumber),
      fingerprint: toHex(digest('sha256', der)),
      notBefore: validity.notBefore.value,
      notAfter: validity.notAfter.value,
    };
  } catch (error) {
    if (!(error instanceof CertError)) throw error;
    return { ...nothing, fingerprint: toHex(digest('sha256', der)) };
  }
}

/** Hexadecimal content octets: at most 20 in practice, so that the length has one octet. */
function serialOctets(serialNumber: bigint): string {
  return toHex(toDer(bigInteger, serialNumber).subarray(2));
}
