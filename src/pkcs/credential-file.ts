import { asBuffer } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { reasonIn } from '../base/reason-in.ts';
import { decodePem, encodePem, findPemTexts, looksLikePem } from '../asn1/pem.ts';
import type { GeneratedKey } from '../crypto/keys.ts';
import { loadPkcs8, loadPrivateKeyPem } from '../crypto/private-key-pem.ts';
import { decodeCertificate, type Certificate } from '../x509/certificate.ts';
import { readPkcs12, type Pkcs12Key } from './pkcs12.ts';

/** What a file brings: certificates in its order, and a private key if there is one. */
export interface CredentialFile {
  readonly certificates: readonly Certificate[];
  readonly key?: GeneratedKey;
}

/** How to read a file. */
export interface CredentialFileOptions {
  /** What the file is called, for messages and commands in hints. */
  readonly path: string;
  readonly password?: string;
  /** friendlyName of the key to take, where a PKCS #12 file has several. */
  readonly alias?: string;
}

/** Certificates one file may bring: a chain has 2 to 4, a bundle of all roots of a browser 150. */
export const MAX_FILE_CERTIFICATES = 200;

/**
 * Read certificates and a private key out of a file: PEM with any of them in any order, one certificate or
 * key in DER, or PKCS #12.
 *
 * @throws {CertError} KEY_UNUSABLE or PEM_MALFORMED, naming the file and saying how to convert it
 */
export function readCredentialFile(
  octets: Uint8Array,
  options: CredentialFileOptions,
): CredentialFile {
  const { path } = options;
  const kind = kindOf(octets);
  try {
    const found = readKind(kind, octets, options);
    if (found.certificates.length > MAX_FILE_CERTIFICATES) {
      throw new CertError(
        'KEY_UNUSABLE',
        `there are ${found.certificates.length} certificates in it, allowed are ${MAX_FILE_CERTIFICATES}`,
      );
    }
    return found;
  } catch (cause) {
    if (!(cause instanceof CertError)) throw cause;
    const { hint } = cause;
    throw new CertError(
      isMalformed(cause) ? 'PEM_MALFORMED' : 'KEY_UNUSABLE',
      `Cannot read "${path}" as ${kind}: ${reasonIn(cause)}`,
      { cause, hint: hint ?? hintFor(kind, path) },
    );
  }
}

function isMalformed({ code }: CertError): boolean {
  return code === 'PEM_MALFORMED' || code === 'DER_MALFORMED';
}

type Kind = 'PEM' | 'PKCS#12' | 'PKCS#12 in BER' | 'key in DER' | 'certificate in DER';

function kindOf(octets: Uint8Array): Kind {
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

/** What the label of a private key in DER would be in PEM; undefined for anything else. */
function keyLabelOf(octets: Uint8Array): string | undefined {
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

function readKind(
  kind: Kind,
  octets: Uint8Array,
  { password, alias }: CredentialFileOptions,
): CredentialFile {
  switch (kind) {
    case 'PEM':
      return readPem(asBuffer(octets).toString('utf8'), password);
    case 'PKCS#12 in BER':
      throw new CertError('PEM_MALFORMED', 'its lengths are indefinite, expected DER');
    case 'key in DER': {
      // In PEM, so that all that holds for keys there holds here.
      const pem = encodePem(keyLabelOf(octets) ?? '', octets);
      return { certificates: [], key: loadPrivateKeyPem(pem, password) };
    }
    case 'certificate in DER':
      return { certificates: [decodeCertificate(octets)] };
    case 'PKCS#12': {
      const { keys, certificates } = readPkcs12(octets, password);
      const key = chooseKey(keys, alias);
      return {
        certificates: certificates.map((der) => decodeCertificate(der)),
        ...(key && { key: loadPkcs8(key.pkcs8) }),
      };
    }
  }
}

const keyLabel = /^[A-Z0-9 ]*PRIVATE KEY$/;

function readPem(pem: string, password: string | undefined): CredentialFile {
  // Taken out first, because the old encrypted forms have header lines, which decodePem refuses.
  let rest = '';
  let from = 0;
  for (const { text, start } of findPemTexts(pem, (label) => keyLabel.test(label))) {
    rest += pem.slice(from, start);
    from = start + text.length;
  }
  rest += pem.slice(from);
  const key = rest === pem ? undefined : loadPrivateKeyPem(pem, password);
  const blocks = rest.includes('-----BEGIN ') || !key ? decodePem(rest) : [];
  const certificates = blocks
    .filter(({ label }) => certificateLabels.has(label))
    .map(({ der }) => decodeCertificate(der));
  if (certificates.length > 0 || key) return { certificates, ...(key && { key }) };
  const found = [...new Set(blocks.map(({ label }) => `"${label}"`))].join(' and ');
  throw new CertError('PEM_MALFORMED', `there is neither certificate nor key in it, only ${found}`);
}

/** RFC 7468 section 5.1 has the first; the other two are what older tools write. */
const certificateLabels: ReadonlySet<string> = new Set([
  'CERTIFICATE',
  'X509 CERTIFICATE',
  'TRUSTED CERTIFICATE',
]);

/** Enough to find the right one among. */
const MAX_NAMES = 20;

function chooseKey(keys: readonly Pkcs12Key[], alias: string | undefined): Pkcs12Key | undefined {
  const named = alias === undefined ? keys : keys.filter(({ name }) => name === alias);
  const [only, second] = named;
  if (!second && (only || alias === undefined)) return only;
  const names = keys
    .slice(0, MAX_NAMES)
    .map(({ name }) => (name === undefined ? 'one without name' : `"${name}"`))
    .join(', ');
  throw new CertError(
    'KEY_UNUSABLE',
    alias === undefined
      ? `there are ${keys.length} private keys in it: ${names}`
      : `there ${second ? 'are several keys' : 'is no key'} of alias "${alias}" in it: ${names === '' ? 'none at all' : names}`,
    { hint: 'Name one with alias, as its friendlyName in the file says' },
  );
}

function hintFor(kind: Kind, given: string): string {
  const path = given === '-' ? 'FILE' : given;
  switch (kind) {
    case 'PEM':
    case 'key in DER':
    case 'certificate in DER':
      return 'Give certificates and key as PEM, one of them as DER, or PKCS#12';
    case 'PKCS#12 in BER':
    case 'PKCS#12':
      return (
        `Convert it with "openssl pkcs12 -in ${path} -out ${path}.pem" (older kinds also need -legacy), ` +
        `and give ${path}.pem with the password chosen there`
      );
  }
}
