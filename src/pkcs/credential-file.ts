import { asBuffer } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { reasonIn } from '../base/reason-in.ts';
import { decodePem, encodePem, findPemTexts } from '../asn1/pem.ts';
import type { GeneratedKey } from '../crypto/keys.ts';
import { loadPkcs8, loadPrivateKeyPem } from '../crypto/private-key-pem.ts';
import { decodeCertificate, type Certificate } from '../x509/certificate.ts';
import { fileKindOf, keyLabelOf, type FileKind } from './file-kind.ts';
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
  const kind = fileKindOf(octets);
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

function readKind(
  kind: FileKind,
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

function hintFor(kind: FileKind, given: string): string {
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
