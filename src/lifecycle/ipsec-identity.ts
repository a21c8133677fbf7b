import { toDer } from '../asn1/codec.ts';
import { toHex } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { quoted } from '../base/quoted.ts';
import { checkIdentity, type PeerIdentity } from '../revocation/peer-identity.ts';
import type { Certificate } from '../x509/certificate.ts';
import { extensionValue } from '../x509/extension-values.ts';
import { formatGeneralName, parseIpAddress } from '../x509/general-name-text.ts';
import { isNullDn, Name, sameName } from '../x509/name.ts';
import { formatName, parseName } from '../x509/name-text.ts';

/** Kinds of identities by what charon, and others, put before them. */
const kinds: ReadonlyMap<string, PeerIdentity['type']> = new Map([
  ['dns', 'dNSName'],
  ['fqdn', 'dNSName'],
  ['email', 'rfc822Name'],
  ['rfc822', 'rfc822Name'],
  ['userfqdn', 'rfc822Name'],
  ['ip', 'iPAddress'],
  ['ipv4', 'iPAddress'],
  ['ipv6', 'iPAddress'],
  ['asn1dn', 'directoryName'],
  ['dirname', 'directoryName'],
]);

/**
 * Read an identity of IKE (RFC 7296 section 3.5): a host name, a mailbox, an address, or a distinguished name as RFC 4514
 * has it; with its kind before it, or told apart by how it looks, as charon does.
 *
 * @throws {CertError} CONFIG_INVALID, DN_INVALID
 */
export function parseIkeIdentity(text: string): PeerIdentity {
  const [, front = ''] = /^([a-z0-9]+):/i.exec(text) ?? [];
  const said = kinds.get(front.toLowerCase());
  const value = said === undefined ? text.replace(/^@(?=[^@#])/, '') : text.slice(front.length + 1);
  const type = said ?? looksLike(value);
  switch (type) {
    case 'directoryName': {
      const name = parseName(value);
      if (isNullDn(name)) return refuse(text, 'a distinguished name without parts is nobody’s');
      return { type, value: name };
    }
    case 'iPAddress': {
      const octets = parseIpAddress(value);
      return octets ? { type, value: octets } : refuse(text, 'it is not an address');
    }
    case 'rfc822Name':
      if (/^[\x21-\x3f\x41-\x7e]{1,64}@[A-Za-z0-9.-]{1,253}$/.test(value)) return { type, value };
      return refuse(text, 'it is not a mailbox');
    case 'dNSName':
      if (value.includes('*')) {
        return refuse(text, 'IKE knows no wildcards, and none is compared here');
      }
      if (/^(?=.{1,253}$)[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*$/.test(value))
        return { type, value };
      return refuse(text, 'it is not a host name');
    case 'uniformResourceIdentifier':
      return refuse(text, 'charon knows no URIs as identities');
  }
}

function looksLike(value: string): PeerIdentity['type'] {
  if (/^[A-Za-z][A-Za-z0-9+.-]*:\/\//.test(value)) return 'uniformResourceIdentifier';
  if (value.includes('=')) return 'directoryName';
  if (value.includes('@')) return 'rfc822Name';
  const isAddress = value.includes(':') || /^[\d.]+$/.test(value);
  return isAddress ? 'iPAddress' : 'dNSName';
}

/** Write an identity as it is stored and shown: the same for all ways to write one, and read back as what it was. */
export function formatIkeIdentity(identity: PeerIdentity): string {
  if (identity.type === 'directoryName') return formatName(identity.value);
  return formatGeneralName(identity).replace(/^[a-z]+:/, '');
}

/**
 * Write an identity as charon reads it. A distinguished name goes as DER: charon reads its text in the order of the DER,
 * which is the other way round than in RFC 4514, and makes other types of strings of it.
 *
 * @param certificate whose subject it may be: then in the very octets of that
 */
export function charonIdentity(identity: PeerIdentity, certificate?: Certificate): string {
  switch (identity.type) {
    case 'directoryName': {
      const subject = certificate?.tbsCertificate.subject;
      const isOwn = subject !== undefined && sameName(subject, identity.value);
      return `asn1dn:#${toHex(toDer(Name, isOwn ? subject : identity.value))}`;
    }
    case 'dNSName':
      return `fqdn:${identity.value}`;
    case 'rfc822Name':
      return `rfc822:${identity.value}`;
    default:
      return formatIkeIdentity(identity);
  }
}

/**
 * Refuse an identity that a certificate of ours does not have: nobody would believe us to be that (RFC 4945 section 3.1).
 *
 * @throws {CertError} CONFIG_INVALID, listing what it has
 */
export function assertOwnIdentity(
  certificate: Certificate,
  identity: PeerIdentity,
  name: string,
): void {
  if (checkIdentity(certificate, identity) === undefined) return;
  const has = identitiesOf(certificate);
  const all = has.length === 0 ? 'none that IKE knows' : has.join(', ');
  const { subject } = certificate.tbsCertificate;
  const isBackwards =
    identity.type === 'directoryName' && sameName(subject, turnedRound(identity.value));
  throw new CertError(
    'CONFIG_INVALID',
    `Cannot be ${quoted(formatIkeIdentity(identity))} with certificate "${name}": it has ${all}`,
    {
      hint: isBackwards
        ? 'Write the name the other way round, or leave local-id out: then it is the subject'
        : 'Give one of these as local-id, or leave it out: then it is the subject',
    },
  );
}

/** Give the name that is written in the other order. */
export function turnedRound({ rdns }: Name): Name {
  return { rdns: rdns.toReversed() };
}

/** More of them would only hide the rest of a message. */
const MAX_LISTED = 10;

/** List the identities that a certificate can have in IKE, its subject first. */
export function identitiesOf({ tbsCertificate }: Certificate): readonly string[] {
  const { subject, extensions } = tbsCertificate;
  const subjects = isNullDn(subject) ? [] : [quoted(formatName(subject))];
  const others = (extensionValue(extensions, 'subjectAltName') ?? []).flatMap((name) =>
    name.type === 'dNSName' || name.type === 'rfc822Name' || name.type === 'iPAddress'
      ? [formatGeneralName(name)]
      : [],
  );
  return [...subjects, ...others].slice(0, MAX_LISTED);
}

function refuse(text: string, why: string): never {
  throw new CertError('CONFIG_INVALID', `Cannot use ${quoted(text)} as an identity: ${why}`, {
    hint: 'Write a host name, user@host, an address, or a distinguished name as in "CN=gw1,O=Test"',
  });
}
