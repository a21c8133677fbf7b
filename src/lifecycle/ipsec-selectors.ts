import { CertError } from '../base/errors.ts';
import { quoted } from '../base/quoted.ts';
import { formatGeneralName, parseIpAddress } from '../x509/general-name-text.ts';
import { protocolNumber, protocolText } from './ipsec-protocols.ts';

/** Addresses of one family, first and last, as numbers. */
export interface AddressRange {
  readonly octets: 4 | 16;
  readonly first: bigint;
  readonly last: bigint;
}

/** What traffic a CHILD_SA takes at one of its ends: RFC 7296 section 3.13. */
export interface TrafficSelector {
  /** Absent: the address of that end, as it will be (`dynamic`). */
  readonly range?: AddressRange;
  /** 0: any. */
  readonly protocol: number;
  readonly firstPort: number;
  readonly lastPort: number;
}

/** What is said for all selectors of one side, where it is not behind each. */
export interface SelectorDefaults {
  readonly protocol?: string | undefined;
  readonly port?: string | undefined;
}

const LAST_PORT = 65_535;

/** Transport protocols with ports; of others a port would mean something else to each kernel. */
const withPorts: ReadonlySet<number> = new Set([6, 17, 33, 132, 136]);

/**
 * Read a traffic selector: `10.1.0.0/24`, `10.1.0.1`, `10.1.0.1-10.1.0.9`, those of IPv6, or `dynamic`, with
 * `[tcp/443]`, `[udp/1000-2000]` or `[icmp]` behind it.
 *
 * @param usual protocol and port that were said apart
 * @throws {CertError} CONFIG_INVALID
 */
export function parseSelector(text: string, usual: SelectorDefaults = {}): TrafficSelector {
  const [, place = '', inside] = /^([^[\]]+)(?:\[([^[\]]*)\])?$/.exec(text) ?? [];
  if (inside !== undefined && (usual.protocol ?? usual.port) !== undefined) {
    refuse(text, 'protocol and port are said behind it and apart', 'Say them once');
  }
  const [, behind, portBehind] = /^([^/]+)(?:\/(.+))?$/.exec(inside ?? '') ?? [];
  if (inside !== undefined && behind === undefined) {
    refuse(text, 'there is no protocol in its brackets', 'Write it as in 10.1.0.0/24[tcp/443]');
  }
  const protocol = protocolIn(text, behind ?? usual.protocol);
  const ports = portsIn(text, portBehind ?? usual.port);
  if (ports.lastPort - ports.firstPort < LAST_PORT && !withPorts.has(protocol)) {
    refuse(
      text,
      protocol === 0 ? 'a port without a protocol' : `${protocolText(protocol)} has no ports`,
      'Name tcp, udp or sctp, or leave the port out',
    );
  }
  const range = rangeIn(text, place);
  return { ...(range && { range }), protocol, ...ports };
}

/** Write a selector as charon reads it, the same for all ways to write one. */
export function formatSelector({ range, protocol, firstPort, lastPort }: TrafficSelector): string {
  const place = range === undefined ? 'dynamic' : rangeText(range);
  if (protocol === 0) return place;
  const name = protocolText(protocol);
  if (firstPort === 0 && lastPort === LAST_PORT) return `${place}[${name}]`;
  const ports = firstPort === lastPort ? String(firstPort) : `${firstPort}-${lastPort}`;
  return `${place}[${name}/${ports}]`;
}

/** Tell whether there is traffic that both take; of addresses that are not known yet it is not known. */
export function isOverlapping(a: TrafficSelector, b: TrafficSelector): boolean {
  const isSamePlace =
    a.range === undefined || b.range === undefined
      ? a.range === b.range
      : a.range.octets === b.range.octets &&
        a.range.first <= b.range.last &&
        b.range.first <= a.range.last;
  const isSameProtocol = a.protocol === 0 || b.protocol === 0 || a.protocol === b.protocol;
  const isSamePort = a.firstPort <= b.lastPort && b.firstPort <= a.lastPort;
  return isSamePlace && isSameProtocol && isSamePort;
}

function protocolIn(text: string, word: string | undefined): number {
  if (word === undefined) return 0;
  return (
    protocolNumber(word) ??
    refuse(text, `${quoted(word)} is no protocol`, 'Give tcp, udp, icmp, or a number from 1 to 255')
  );
}

function portsIn(
  text: string,
  word: string | undefined,
): Pick<TrafficSelector, 'firstPort' | 'lastPort'> {
  if (word === undefined) return { firstPort: 0, lastPort: LAST_PORT };
  const [, first = '', last = first] = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(word) ?? [];
  const [firstPort, lastPort] = [Number(first), Number(last)];
  const isPort = first !== '' && firstPort >= 1 && firstPort <= lastPort && lastPort <= LAST_PORT;
  if (!isPort)
    refuse(text, `${quoted(word)} is no port and no range of ports`, 'Write 443 or 1000-2000');
  return { firstPort, lastPort };
}

function rangeIn(text: string, place: string): AddressRange | undefined {
  if (place === 'dynamic') return undefined;
  const how = 'Write 10.1.0.0/24, 10.1.0.1-10.1.0.9, fd00::/64 or dynamic';
  const [, low = '', prefix, high] = /^([^/-]+)(?:\/(\d{1,3})|-([^/-]+))?$/.exec(place) ?? [];
  const first = parseIpAddress(low);
  if (!first) return refuse(text, 'it is neither an address nor a subnet nor a range', how);
  const octets = first.length === 4 ? 4 : 16;
  if (high === undefined) {
    const bits = prefix === undefined ? octets * 8 : Number(prefix);
    if (bits > octets * 8) refuse(text, `it has a prefix over ${octets * 8}`, how);
    const size = 1n << BigInt(octets * 8 - bits);
    const start = (numberOf(first) / size) * size;
    return { octets, first: start, last: start + size - 1n };
  }
  const last = parseIpAddress(high);
  if (last?.length !== octets || numberOf(last) < numberOf(first)) {
    return refuse(text, 'its last address is none after the first, of the same family', how);
  }
  return { octets, first: numberOf(first), last: numberOf(last) };
}

function rangeText({ octets, first, last }: AddressRange): string {
  const size = last - first + 1n;
  const isSubnet = (size & (size - 1n)) === 0n && first % size === 0n;
  if (!isSubnet) return `${addressText(first, octets)}-${addressText(last, octets)}`;
  return `${addressText(first, octets)}/${octets * 8 - (size.toString(2).length - 1)}`;
}

function numberOf(octets: Uint8Array): bigint {
  return octets.reduce((sum, octet) => (sum << 8n) | BigInt(octet), 0n);
}

function addressText(address: bigint, octets: 4 | 16): string {
  const value = Uint8Array.from({ length: octets }, (_, i) =>
    Number((address >> BigInt(8 * (octets - 1 - i))) & 0xffn),
  );
  return formatGeneralName({ type: 'iPAddress', value }).slice('ip:'.length);
}

function refuse(text: string, why: string, hint: string): never {
  throw new CertError('CONFIG_INVALID', `Cannot use traffic selector ${quoted(text)}: ${why}`, {
    hint,
  });
}
