import { decodePem, looksLikePem } from '../asn1/pem.ts';
import { asBuffer } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { certificateListDer } from '../x509/certificate-list.ts';
import { readCrl, type Crl } from '../revocation/crl.ts';
import { unavailable, type Unavailable } from '../revocation/verdict.ts';

/** How a CRL is written. */
export type CrlForm = 'der' | 'pem';

/** A CRL that was read, or why it was not. */
export type CrlFile =
  | { readonly type: 'crl'; readonly crl: Crl; readonly form: CrlForm }
  | Unavailable;

/** Read a CRL as it came, PEM or DER by its octets and whatever somebody called it. This does not throw. */
export function readCrlFile(octets: Uint8Array): CrlFile {
  try {
    const form = octets[0] !== 0x30 && looksLikePem(octets) ? 'pem' : 'der';
    const reading = readCrl(form === 'pem' ? fromPem(octets) : octets);
    return reading.type === 'crl' ? { ...reading, form } : unavailable('malformed', reading.detail);
  } catch (error) {
    if (error instanceof CertError && error.code !== 'INTERNAL') {
      return unavailable('malformed', error.message);
    }
    throw error;
  }
}

/**
 * Choose of several CRLs, as an entry of a directory may have them, the newest that holds: one in time before one that has
 * ended or is of the future, and then the one made last. Who signed it is seen later.
 *
 * @returns undefined when none can be read
 */
export function newestCrl(all: readonly Uint8Array[], at: Date): Uint8Array | undefined {
  const [best] = all
    .flatMap((octets) => {
      const file = readCrlFile(octets);
      return file.type === 'crl' ? [{ octets, crl: file.crl }] : [];
    })
    .toSorted(
      (a, b) =>
        Number(holds(b.crl, at)) - Number(holds(a.crl, at)) ||
        b.crl.thisUpdate.getTime() - a.crl.thisUpdate.getTime(),
    );
  return best?.octets;
}

function holds({ thisUpdate, nextUpdate }: Crl, at: Date): boolean {
  return thisUpdate <= at && (nextUpdate === undefined || nextUpdate >= at);
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
