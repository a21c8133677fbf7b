import { bytesEqual, utf8 } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { oids, type Oid } from '../asn1/oids.ts';
import type { Certificate } from '../x509/certificate.ts';
import { extensionValue, type ExtensionValues } from '../x509/extension-values.ts';
import { parseIpAddress } from '../x509/general-name-text.ts';
import type { GeneralName } from '../x509/general-name.ts';
import type { AttributeValue, Name } from '../x509/name.ts';

/** How charon writes these types of attributes; others have a name that tells nothing here. */
const charonKeys: ReadonlyMap<Oid, string> = new Map([
  [oids.commonName, 'CN'],
  [oids.countryName, 'C'],
  [oids.localityName, 'L'],
  [oids.stateOrProvinceName, 'ST'],
  [oids.organizationName, 'O'],
  [oids.organizationalUnitName, 'OU'],
  [oids.domainComponent, 'DC'],
  [oids.userId, 'UID'],
  [oids.emailAddress, 'E'],
]);

/**
 * Tell whether a certificate has an identity as charon writes that of an IKE_SA: its subject (RFC 7296 section 3.5,
 * ID_DER_ASN1_DN), most general first and without escapes, or one of its subjectAltName. Only to find the certificate
 * an IKE_SA was authenticated with: charon has compared the identity itself, octet by octet.
 */
export function hasIkeIdentity(certificate: Certificate, identity: string): boolean {
  if (identity === '') return false;
  if (isWrittenName(certificate.tbsCertificate.subject, identity)) return true;
  return alternativeNames(certificate).some((name) => isWritten(name, identity));
}

/** Of a certificate that is to be refused, too: whoever shows one is to be found by it. */
function alternativeNames({
  tbsCertificate: { extensions },
}: Certificate): NonNullable<ExtensionValues['subjectAltName']> {
  try {
    return extensionValue(extensions, 'subjectAltName') ?? [];
  } catch (error) {
    if (!(error instanceof CertError) || error.code === 'INTERNAL') throw error;
    return [];
  }
}

function isWritten(name: GeneralName, identity: string): boolean {
  switch (name.type) {
    case 'dNSName':
    case 'rfc822Name':
      return name.value.toLowerCase() === identity.toLowerCase();
    case 'uniformResourceIdentifier':
      return name.value === identity;
    case 'iPAddress': {
      const octets = parseIpAddress(identity);
      return octets !== undefined && bytesEqual(octets, name.value);
    }
    case 'directoryName':
      return isWrittenName(name.value, identity);
    default:
      return false;
  }
}

/** More than charon has room for in a text of a name; a longer one it has cut. */
const MAX_CHARACTERS = 4096;

/** More than any name of a gateway has. */
const MAX_ATTRIBUTES = 64;

/** Of one whose type charon has no short name for. */
const MAX_KEY_CHARACTERS = 64;

const separator = ', ';

/**
 * Charon puts ", " between attributes, and so may a value: the text can be matched, not taken apart. All places where an
 * attribute may begin are followed at once; a pattern of names that somebody made for that would be tried for years.
 */
function isWrittenName({ rdns }: Name, identity: string): boolean {
  const attributes = rdns.flat();
  const text = identity.toLowerCase();
  if (attributes.length === 0 || attributes.length > MAX_ATTRIBUTES) return false;
  if (text.length > MAX_CHARACTERS) return false;
  let begins: ReadonlySet<number> = new Set([0]);
  for (const { type, value } of attributes) {
    const key = charonKeys.get(type)?.toLowerCase();
    const values = [...begins].map((at) => valueAfter(text, at, key)).filter((at) => at >= 0);
    begins = new Set(placesAfter(text, values, writtenValue(value)?.toLowerCase()));
    if (begins.size === 0) return false;
  }
  // Behind the last there is no other.
  return begins.has(text.length + separator.length);
}

/** Read the key of an attribute. @returns where its value begins; -1 where that is not it */
function valueAfter(text: string, at: number, key: string | undefined): number {
  if (key !== undefined) return text.startsWith(`${key}=`, at) ? at + key.length + 1 : -1;
  const end = text.indexOf('=', at);
  const isKey = end > at && end - at <= MAX_KEY_CHARACTERS && !text.slice(at, end).includes(',');
  return isKey ? end + 1 : -1;
}

/** @param value absent: it may be anything. @returns where the next attribute may begin */
function placesAfter(
  text: string,
  begins: readonly number[],
  value: string | undefined,
): readonly number[] {
  const isEnd = (at: number): boolean => at === text.length || text.startsWith(separator, at);
  const [first] = begins;
  if (first === undefined) return [];
  const ends: number[] = [];
  if (value === undefined) {
    for (let at = Math.min(...begins); at <= text.length; at++) if (isEnd(at)) ends.push(at);
  } else {
    for (const at of begins)
      if (text.startsWith(value, at) && isEnd(at + value.length)) ends.push(at + value.length);
  }
  return ends.map((at) => at + separator.length);
}

/** Each octet that is not printable ASCII is a question mark to charon, whatever the string type. @returns undefined where nobody knows */
function writtenValue(value: AttributeValue): string | undefined {
  switch (value.type) {
    case 'other':
      return undefined;
    case 'bmpString':
      return Array.from(value.value, (character) => `?${asked(character.charCodeAt(0))}`).join('');
    case 'universalString':
      return Array.from(value.value, (one) => `???${asked(one.codePointAt(0) ?? 0)}`).join('');
    case 'teletexString':
      return Array.from(value.value, (character) => asked(character.charCodeAt(0))).join('');
    default:
      return Array.from(utf8(value.value), asked).join('');
  }
}

function asked(octet: number): string {
  return octet >= 0x20 && octet < 0x7f ? String.fromCharCode(octet) : '?';
}
