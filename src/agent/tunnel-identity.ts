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
  if (subjectPattern(certificate.tbsCertificate.subject)?.test(identity)) return true;
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
      return subjectPattern(name.value)?.test(identity) ?? false;
    default:
      return false;
  }
}

/** Charon puts ", " between attributes, and so may a value: the text can be matched, not taken apart. */
function subjectPattern({ rdns }: Name): RegExp | undefined {
  const parts = rdns.flat().map(({ type, value }) => {
    const key = charonKeys.get(type) ?? '[^=,]{1,64}';
    const written = writtenValue(value)?.replace(/[\\^$.*+?()[\]{}|/-]/g, '\\$&');
    return `${key}=${written ?? '.{0,4096}'}`;
  });
  return parts.length === 0 ? undefined : new RegExp(`^${parts.join(', ')}$`, 'i');
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
