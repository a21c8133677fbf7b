import { fromDer } from '../asn1/codec.ts';
import { oids } from '../asn1/oids.ts';
import { utf8String } from '../asn1/strings.ts';
import { readable } from '../base/readable.ts';
import type { GeneralName, OtherName } from '../x509/general-name.ts';
import { isNameWithin, type Name } from '../x509/name.ts';

/**
 * How a name stands to a subtree. `unknown`: its form is not processed here, or one of the two is not shaped as RFC
 * 5280 has it, so that nothing can be said.
 */
export type Within = 'inside' | 'outside' | 'unknown';

/**
 * A name, or the base of a subtree, made ready to be compared with thousands: in parts, in lower case where case does
 * not matter. What is not shaped as RFC 5280 section 4.2.1.10 has it has the form `unknown`.
 */
export type Comparable =
  | { readonly form: 'directoryName'; readonly name: Name }
  /** Of a base with a leading period, or without: what names in it end with. */
  | { readonly form: 'dNSName'; readonly host: string; readonly suffix: string }
  /** Of a base without a local part it is empty. */
  | { readonly form: 'rfc822Name'; readonly local: string; readonly host: string }
  | { readonly form: 'uniformResourceIdentifier'; readonly host: string }
  /** Of a base with the mask behind the address. */
  | { readonly form: 'iPAddress'; readonly octets: Uint8Array }
  | { readonly form: 'unknown' };

/** Make the name of a certificate ready. */
export function comparableName(name: GeneralName): Comparable {
  switch (name.type) {
    case 'directoryName':
      return { form: name.type, name: name.value };
    case 'dNSName': {
      const host = name.value.toLowerCase();
      return hostOrWildcardShape.test(host) ? { form: name.type, host, suffix: '' } : unknown;
    }
    case 'rfc822Name':
      return comparableMailbox(name.value);
    case 'uniformResourceIdentifier': {
      const host = hostOfUri(name.value);
      // One that has none, or an address in its place, MUST be rejected.
      const isHost = hostShape.test(host) && !/^[\d.]+$/.test(host);
      return isHost ? { form: name.type, host } : unknown;
    }
    case 'iPAddress': {
      const { value: octets } = name;
      return addressLengths.has(octets.length) ? { form: name.type, octets } : unknown;
    }
    case 'otherName':
      return comparableOther(name.value);
    case 'x400Address':
    case 'ediPartyName':
    case 'registeredID':
      return unknown;
  }
}

/** RFC 9598 section 6: a mailbox with more than ASCII, in the same space of names as the others; its host is in A-labels. */
function comparableOther({ typeId, value }: OtherName): Comparable {
  if (typeId !== oids.smtpUTF8Mailbox) return unknown;
  const mailbox = readable(() => fromDer(utf8String, value));
  return mailbox === undefined ? unknown : comparableMailbox(mailbox);
}

function comparableMailbox(mailbox: string): Comparable {
  const [local, host] = splitMailbox(mailbox);
  return local !== '' && hostShape.test(host) ? { form: 'rfc822Name', local, host } : unknown;
}

/** Name the forms of subtrees that a name is held against: its own, and of a mailbox with more than ASCII that of mailboxes. */
export function formsOf(name: GeneralName): readonly GeneralName['type'][] {
  const isMailbox = name.type === 'otherName' && name.value.typeId === oids.smtpUTF8Mailbox;
  return isMailbox ? [name.type, 'rfc822Name'] : [name.type];
}

/** Make the base of a subtree ready. */
export function comparableBase(base: GeneralName): Comparable {
  switch (base.type) {
    case 'dNSName': {
      const host = base.value.toLowerCase();
      if (host !== '' && !domainShape.test(host)) return unknown;
      return { form: base.type, host, suffix: host.startsWith('.') ? host : `.${host}` };
    }
    case 'rfc822Name': {
      if (base.value.includes('@')) return comparableName(base);
      const host = base.value.toLowerCase();
      return domainShape.test(host) ? { form: base.type, local: '', host } : unknown;
    }
    case 'uniformResourceIdentifier': {
      const host = base.value.toLowerCase();
      return domainShape.test(host) ? { form: base.type, host } : unknown;
    }
    case 'iPAddress': {
      const { value: octets } = base;
      return addressLengths.has(octets.length / 2) ? { form: base.type, octets } : unknown;
    }
    case 'otherName':
      // RFC 9598 section 6: CAs confine all mailboxes by rfc822Name.
      return unknown;
    default:
      return comparableName(base);
  }
}

/**
 * Tell whether a name lies in the subtree below a base of the same form: RFC 5280 section 4.2.1.10.
 *
 * @param reading `permitted`: all hosts of a wildcard must be inside; `excluded`: any is enough
 */
export function isWithin(
  name: Comparable,
  base: Comparable,
  reading: 'permitted' | 'excluded',
): Within {
  if (name.form === 'directoryName' && base.form === 'directoryName') {
    return inside(isNameWithin(name.name, base.name));
  }
  if (name.form === 'dNSName' && base.form === 'dNSName') {
    return inside(isDnsWithin(name.host, base, reading));
  }
  if (name.form === 'rfc822Name' && base.form === 'rfc822Name') {
    // A mailbox, whose local part has case (section 7.5); all those of a host; or, with a period, of a domain.
    if (base.local === '') return inside(isHostWithin(name.host, base.host));
    return inside(name.local === base.local && name.host === base.host);
  }
  if (name.form === 'uniformResourceIdentifier' && base.form === 'uniformResourceIdentifier') {
    return inside(isHostWithin(name.host, base.host));
  }
  if (name.form === 'iPAddress' && base.form === 'iPAddress') {
    if (base.octets.length === 8 && isMapped(name.octets)) return 'unknown';
    return inside(isAddressWithin(name.octets, base.octets));
  }
  return 'unknown';
}

const unknown: Comparable = { form: 'unknown' };

const labels = '[a-z0-9_-]{1,63}(?:\\.[a-z0-9_-]{1,63})*';
const hostShape = new RegExp(`^${labels}$`);
const hostOrWildcardShape = new RegExp(`^(?:\\*\\.)?${labels}$`);
const domainShape = new RegExp(`^\\.?${labels}$`);

/** Octets of IPv4 and IPv6. */
const addressLengths: ReadonlySet<number> = new Set([4, 16]);

/** Labels may be added on the left. A leading period, of which RFC 5280 says nothing, asks for one at the least. */
function isDnsWithin(
  name: string,
  { host, suffix }: Extract<Comparable, { readonly form: 'dNSName' }>,
  reading: 'permitted' | 'excluded',
): boolean {
  if (host === '' || name === host || name.endsWith(suffix)) return true;
  // Wildcards came after RFC 5280: one of the hosts it stands for may be the one that is excluded.
  return reading === 'excluded' && name.startsWith('*') && host.endsWith(name.slice(1));
}

function splitMailbox(mailbox: string): readonly [string, string] {
  const at = mailbox.lastIndexOf('@');
  return [mailbox.slice(0, Math.max(at, 0)), mailbox.slice(at + 1).toLowerCase()];
}

// Of RFC 3986 section 3.2 and nothing else: some take "\" for "/", or leave out white space, and so see another host.
const authorityOf =
  /^[a-z][a-z0-9+.-]*:\/\/((?:[\w.~!$&'()*+,;=:%-]*@)?[\w.~!$&'()*+,;=:%[\]-]*)(?:[/?#]|$)/i;

function hostOfUri(uri: string): string {
  const authority = authorityOf.exec(uri)?.[1]?.toLowerCase() ?? '';
  return authority.slice(authority.lastIndexOf('@') + 1).replace(/:\d*$/, '');
}

/** "host.example.com" is that host alone; ".example.com" all below it, but not "example.com". */
function isHostWithin(host: string, base: string): boolean {
  return base.startsWith('.') ? host.endsWith(base) : host === base;
}

/** ::ffff:0:0/96 (RFC 4291 section 2.5.5.2): it is the IPv4 address in it that is reached, in whichever form it is written. */
function isMapped(address: Uint8Array): boolean {
  return (
    address.length === 16 &&
    address.subarray(0, 12).every((octet, i) => octet === (i < 10 ? 0 : 0xff))
  );
}

/** An address and a mask in the style of RFC 4632; of the other version there is none in it. */
function isAddressWithin(address: Uint8Array, range: Uint8Array): boolean {
  if (range.length !== address.length * 2) return false;
  return address.every((octet, i) => {
    const mask = range[address.length + i] ?? 0;
    return (octet & mask) === ((range[i] ?? 0) & mask);
  });
}

function inside(isInside: boolean): Within {
  return isInside ? 'inside' : 'outside';
}
