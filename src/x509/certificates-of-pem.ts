import { decodePem } from '../asn1/pem.ts';
import { CertError } from '../base/errors.ts';
import { decodeCertificate, type Certificate } from './certificate.ts';

const labels: ReadonlySet<string> = new Set(['CERTIFICATE', 'X509 CERTIFICATE']);

/**
 * Read the certificates of a PEM file, in its order, whatever else is between them.
 *
 * @throws {CertError} PEM_MALFORMED, also when there is none; DER_MALFORMED
 */
export function certificatesOfPem(text: string): readonly Certificate[] {
  const blocks = decodePem(text).filter(({ label }) => labels.has(label));
  if (blocks.length > 0) return blocks.map(({ der }) => decodeCertificate(der));
  throw new CertError('PEM_MALFORMED', 'Cannot read certificates: there is none in this text', {
    hint: 'Give the text of a PEM file; DER is read by decodeCertificate',
  });
}
