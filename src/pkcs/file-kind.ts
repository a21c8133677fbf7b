import { looksLikePem } from '../asn1/pem.ts';

/** What a file with certificates or keys is, by its first octets. */
export type FileKind = 'PEM' | 'PKCS#12' | 'PKCS#12 in BER' | 'key in DER' | 'certificate in DER';

/** Tell what a file is, without a look at what is in it. */
export function fileKindOf(octets: Uint8Array): FileKind {
  if (looksLikePem(octets)) return 'PEM';
  if (octets[1] === 0x80) return 'PKCS#12 in BER';
  if (keyLabelOf(octets) !== undefined) return 'key in DER';
  // A PFX begins with its version, 3; a certificate with another SEQUENCE.
  const at = contentAt(octets, 0);
  return octets[at] === 0x02 && octets[at + 1] === 1 && octets[at + 2] === 3
    ? 'PKCS#12'
    : 'certificate in DER';
}

/** Where the content of the value at `at` begins. */
function contentAt(octets: Uint8Array, at: number): number {
  const length = octets[at + 1] ?? 0;
  return at + 2 + (length > 0x80 ? length & 0x7f : 0);
}

/** Find the label that a private key in DER would have in PEM; undefined for anything else. */
export function keyLabelOf(octets: Uint8Array): string | undefined {
  const at = contentAt(octets, 0);
  // EncryptedPrivateKeyInfo begins with an AlgorithmIdentifier, and that with an OID; a certificate nowhere does.
  if (octets[at] === 0x30)
    return octets[contentAt(octets, at)] === 0x06 ? 'ENCRYPTED PRIVATE KEY' : undefined;
  // All others begin with a version that a PFX has not: 0 or 1. What follows tells them apart.
  if (octets[at] !== 0x02 || octets[at + 1] !== 1 || (octets[at + 2] ?? 2) > 1) return undefined;
  const labels = new Map([
    [0x30, 'PRIVATE KEY'], // AlgorithmIdentifier: PKCS #8
    [0x04, 'EC PRIVATE KEY'], // OCTET STRING: SEC 1
    [0x02, 'RSA PRIVATE KEY'], // INTEGER: PKCS #1
  ]);
  return labels.get(octets[at + 3] ?? 0);
}
