import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { decodePem } from '../../src/asn1/pem.ts';
import { readCrl, type Crl } from '../../src/revocation/crl.ts';
import { decodeCertificate, type Certificate } from '../../src/x509/certificate.ts';

const vectors = join(import.meta.dirname, '../vectors/crl');

/** Read the octets of a CRL that OpenSSL made. */
export function crlOctets(name: string): Uint8Array {
  return new Uint8Array(readFileSync(join(vectors, `${name}.crl`)));
}

/** Read a CRL that OpenSSL made. */
export function crlFile(name: string): Crl {
  return crlOf(crlOctets(name));
}

/** Read a CRL that is one. */
export function crlOf(octets: Uint8Array): Crl {
  const reading = readCrl(octets);
  if (reading.type === 'malformed') throw new Error(reading.detail);
  return reading.crl;
}

/** Read a certificate of those CRLs. */
export function crlCertificate(name: string): Certificate {
  const [block] = decodePem(readFileSync(join(vectors, `${name}.crt`), 'utf8'));
  if (!block) throw new Error(`no certificate in ${name}.crt`);
  return decodeCertificate(block.der);
}
