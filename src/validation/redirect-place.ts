import { parseIpAddress } from '../x509/general-name-text.ts';
import { endpointOf } from '../http/route.ts';

/**
 * Tell whether an origin is of this machine or its link: the loopback, link-local addresses, at which clouds have their
 * metadata service, and no address at all. Whoever answers from elsewhere has no business to send us there. A name that
 * leads there is not found out here.
 *
 * @param origin scheme, host and port of a URL that was parsed, by which addresses have one form
 */
export function isNearOrigin(origin: string): boolean {
  const host = endpointOf(origin).host.replace(/\.$/, '');
  if (host === 'localhost' || host.endsWith('.localhost')) return true;
  const octets = parseIpAddress(host);
  return octets !== undefined && isNear(octets);
}

function isNear(octets: Uint8Array): boolean {
  const [first, second = 0] = octets;
  if (octets.length === 4) {
    return first === 127 || first === 0 || (first === 169 && second === 254);
  }
  // ::, ::1, and addresses of IPv4 as ::a.b.c.d and ::ffff:a.b.c.d.
  const isEmpty = octets.subarray(0, 10).every((octet) => octet === 0);
  if (isEmpty && octets[10] === octets[11] && (octets[10] === 0 || octets[10] === 255)) {
    const last = octets.subarray(12);
    return last.subarray(0, 3).every((octet) => octet === 0) || isNear(last);
  }
  return first === 0xfe && (second & 0xc0) === 0x80;
}
