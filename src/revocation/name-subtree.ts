import type { GeneralName } from '../x509/general-name.ts';
import { isNameWithin } from '../x509/name.ts';

/**
 * How a name stands to a subtree. `unknown`: its form is not processed here, or one of the two is not shaped as RFC
 * 5280 has it, so that nothing can be said.
 */
export type Within = 'inside' | 'outside' | 'unknown';

/**
 * Tell whether a name lies in the subtree below another of the same form: RFC 5280 section 4.2.1.10.
 *
 * @param reading `permitted`: all hosts of a wildcard must be inside; `excluded`: any is enough
 */
export function isWithin(
  name: GeneralName,
  base: GeneralName,
  reading: 'permitted' | 'excluded',
): Within {
  if (name.type === 'directoryName' && base.type === 'directoryName') {
    return inside(isNameWithin(name.value, base.value));
  }
  if (name.type === 'dNSName' && base.type === 'dNSName') {
    return isDnsWithin(name.value.toLowerCase(), base.value.toLowerCase(), reading);
  }
  if (name.type === 'rfc822Name' && base.type === 'rfc822Name') {
    return isMailboxWithin(name.value, base.value);
  }
  if (name.type === 'uniformResourceIdentifier' && base.type === 'uniformResourceIdentifier') {
    return isUriWithin(name.value, base.value.toLowerCase());
  }
  if (name.type === 'iPAddress' && base.type === 'iPAddress') {
    return isAddressWithin(name.value, base.value);
  }
  return 'unknown';
}

const labels = '[a-z0-9_-]{1,63}(?:\\.[a-z0-9_-]{1,63})*';
const hostShape = new RegExp(`^${labels}$`);
const hostOrWildcardShape = new RegExp(`^(?:\\*\\.)?${labels}$`);
const domainShape = new RegExp(`^\\.?${labels}$`);

/** Labels may be added on the left. A leading period, of which RFC 5280 says nothing, asks for one at the least. */
function isDnsWithin(name: string, base: string, reading: 'permitted' | 'excluded'): Within {
  if (!hostOrWildcardShape.test(name)) return 'unknown';
  if (base === '') return 'inside';
  if (!domainShape.test(base)) return 'unknown';
  const suffix = base.startsWith('.') ? base : `.${base}`;
  if (name === base || name.endsWith(suffix)) return 'inside';
  // Wildcards came after RFC 5280: one of the hosts it stands for may be the one that is excluded.
  return inside(reading === 'excluded' && name.startsWith('*') && base.endsWith(name.slice(1)));
}

/** A mailbox, whose local part has case (section 7.5); all those of a host; or, with a period, of a domain. */
function isMailboxWithin(name: string, base: string): Within {
  const [local, host] = splitMailbox(name);
  if (local === '' || !hostShape.test(host)) return 'unknown';
  if (!base.includes('@')) return isHostWithin(host, base.toLowerCase());
  const [baseLocal, baseHost] = splitMailbox(base);
  if (baseLocal === '' || !hostShape.test(baseHost)) return 'unknown';
  return inside(local === baseLocal && host === baseHost);
}

function splitMailbox(mailbox: string): readonly [string, string] {
  const at = mailbox.lastIndexOf('@');
  return [mailbox.slice(0, Math.max(at, 0)), mailbox.slice(at + 1).toLowerCase()];
}

const authorityOf = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i;

/** The host of a URI; one that has none, or an address in its place, MUST be rejected. */
function isUriWithin(name: string, base: string): Within {
  const authority = authorityOf.exec(name)?.[1]?.toLowerCase() ?? '';
  const host = authority.slice(authority.lastIndexOf('@') + 1).replace(/:\d*$/, '');
  if (!hostShape.test(host) || /^[\d.]+$/.test(host)) return 'unknown';
  return isHostWithin(host, base);
}

/** "host.example.com" is that host alone; ".example.com" all below it, but not "example.com". */
function isHostWithin(host: string, base: string): Within {
  if (!domainShape.test(base)) return 'unknown';
  return inside(base.startsWith('.') ? host.endsWith(base) : host === base);
}

/** Octets of IPv4 and IPv6. */
const addressLengths: ReadonlySet<number> = new Set([4, 16]);

/** An address and a mask in the style of RFC 4632. */
function isAddressWithin(address: Uint8Array, range: Uint8Array): Within {
  if (!addressLengths.has(address.length) || !addressLengths.has(range.length / 2)) {
    return 'unknown';
  }
  if (range.length !== address.length * 2) return 'outside';
  return inside(
    address.every((octet, i) => {
      const mask = range[address.length + i] ?? 0;
      return (octet & mask) === ((range[i] ?? 0) & mask);
    }),
  );
}

function inside(isInside: boolean): Within {
  return isInside ? 'inside' : 'outside';
}
