import { decodePem, looksLikePem } from '../asn1/pem.ts';
import { asBuffer } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { certificateListDer } from '../x509/certificate-list.ts';
import { readCrl, type Crl } from '../revocation/crl.ts';
import { unavailable, type Unavailable } from '../revocation/verdict.ts';

/** A CRL that was read, or why it was not. */
export type CrlFile = { readonly type: 'crl'; readonly crl: Crl } | Unavailable;

/** Read a CRL as it came, PEM or DER by its octets and whatever somebody called it. This does not throw. */
export function readCrlFile(octets: Uint8Array): CrlFile {
  try {
    const reading = readCrl(octets[0] !== 0x30 && looksLikePem(octets) ? fromPem(octets) : octets);
    return reading.type === 'crl' ? reading : unavailable('malformed', reading.detail);
  } catch (error) {
    if (error instanceof CertError && error.code !== 'INTERNAL') {
      return unavailable('malformed', error.message);
    }
    throw error;
  }
}

/** Say what a CRL takes in memory, its index included, in octets. */
export function sizeInMemory({ list, index }: Crl): number {
  const tables = index.offsets.byteLength + index.buckets.byteLength;
  return certificateListDer(list).length + tables + index.issuerChanges.byteLength + OBJECT_OCTETS;
}

/** Its names, times and extensions. */
const OBJECT_OCTETS = 8192;

function fromPem(octets: Uint8Array): Uint8Array {
  const [block] = decodePem(asBuffer(octets).toString('latin1')).filter(
    ({ label }) => label === 'X509 CRL',
  );
  if (block) return block.der;
  throw new CertError('PEM_MALFORMED', 'Cannot find a CRL: no block "X509 CRL" is in the file');
}
