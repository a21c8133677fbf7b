import { DerReader } from '../asn1/der-reader.ts';
import { Name } from './name.ts';
import { Time } from './time.ts';

/** What a list of many certificates says of one. */
export interface CertificateSummary {
  readonly subject: Name;
  readonly notBefore: Date;
  readonly notAfter: Date;
}

const SEQUENCE = 0x30;
const VERSION = 0xa0;

/**
 * Read subject and lifetime of a certificate, and no more: what follows the subject is not looked at, so that a
 * hundred thousand of them cost a third of the time and memory. For showing only: whoever believes, decodes all of it.
 *
 * @throws {CertError} DER_MALFORMED, LIMIT_EXCEEDED
 */
export function decodeSummary(der: Uint8Array): CertificateSummary {
  const reader = new DerReader(der, 'Certificate');
  reader.tolerated = [];
  reader.enter(SEQUENCE); // Certificate
  reader.enter(SEQUENCE); // tbsCertificate
  if (reader.peekTag() === VERSION) reader.element();
  reader.element(); // serialNumber
  reader.element(); // signature
  reader.element(); // issuer
  const outer = reader.enter(SEQUENCE); // validity
  const notBefore = Time.decode(reader).value;
  const notAfter = Time.decode(reader).value;
  reader.leave(outer);
  return { subject: Name.decode(reader), notBefore, notAfter };
}
