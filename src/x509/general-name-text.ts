import { CertError } from '../base/errors.ts';
import { toHex, utf8 } from '../base/bytes.ts';
import type { GeneralName } from './general-name.ts';
import { formatName, parseName } from './name-text.ts';

/**
 * Parse a subject alternative name an operator typed: `dns:gw1.example`, `ip:192.0.2.1`, `ip:2001:db8::1`,
 * `email:ops@example.org`, `uri:urn:gw:1`, `dirname:CN=gw1`. Upper or lower case, as in `openssl`.
 *
 * @throws {CertError} USAGE_INVALID
 */
export function parseGeneralName(text: string): GeneralName {
  const at = text.indexOf(':');
  const value = text.slice(at + 1);
  if (at > 0 && value !== '') {
    switch (text.slice(0, at).toLowerCase()) {
      case 'dns':
        if (isHostName(value)) return { type: 'dNSName', value };
        return refuse(text, 'not a host name');
      case 'ip': {
        const octets = parseIpAddress(value);
        if (octets) return { type: 'iPAddress', value: octets };
        return refuse(text, 'not an IPv4 or IPv6 address');
      }
      case 'email':
        if (/^[\x21-\x7e]+@[\x21-\x7e]+$/.test(value) && !severalNames.test(text))
          return { type: 'rfc822Name', value };
        return refuse(text, 'not a mail address');
      case 'uri':
        if (/^[A-Za-z][A-Za-z0-9+.-]*:[\x21-\x7e]+$/.test(value)) {
          return { type: 'uniformResourceIdentifier', value };
        }
        return refuse(text, 'not a URI with a scheme');
      case 'dirname':
        return { type: 'directoryName', value: parseName(value) };
    }
  }
  return refuse(text, 'not KIND:VALUE');
}

/** Format a name as `parseGeneralName` reads it, where it can. */
export function formatGeneralName(name: GeneralName): string {
  switch (name.type) {
    case 'dNSName':
      return `dns:${withoutControls(name.value)}`;
    case 'rfc822Name':
      return `email:${withoutControls(name.value)}`;
    case 'uniformResourceIdentifier':
      return `uri:${withoutControls(name.value)}`;
    case 'directoryName':
      return `dirname:${formatName(name.value)}`;
    case 'iPAddress':
      return `ip:${formatIpAddress(name.value)}`;
    case 'registeredID':
      return `rid:${name.value}`;
    case 'otherName':
      return `othername:${name.value.typeId}:#${toHex(name.value.value)}`;
    case 'x400Address':
    case 'ediPartyName':
      return `${name.type}:#${toHex(name.value)}`;
  }
}

/** An IA5String may hold control characters, which would let a hostile name write over a terminal. */
function withoutControls(text: string): string {
  return text.replace(/\p{Cc}/gu, (character) => `\\${toHex(utf8(character))}`);
}

/** Parse an IPv4 or IPv6 address into 4 or 16 octets; undefined when it is neither. */
export function parseIpAddress(text: string): Uint8Array | undefined {
  return text.includes(':') ? parseIpv6(text) : parseIpv4(text);
}

function parseIpv4(text: string): Uint8Array | undefined {
  const parts = text.split('.');
  // Leading zeros are octal for some and decimal for others.
  if (parts.length !== 4 || !parts.every((part) => /^(?:0|[1-9]\d{0,2})$/.test(part)))
    return undefined;
  const octets = parts.map(Number);
  return octets.every((octet) => octet < 256) ? Uint8Array.from(octets) : undefined;
}

function parseIpv6(text: string): Uint8Array | undefined {
  const tail = text.slice(text.lastIndexOf(':') + 1);
  const v4 = tail.includes('.') ? parseIpv4(tail) : undefined;
  if (tail.includes('.') && !v4) return undefined;
  const [a = 0, b = 0, c = 0, d = 0] = v4 ?? [];
  const plain = v4
    ? `${text.slice(0, -tail.length)}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
    : text;
  const halves = plain.split('::');
  if (halves.length > 2) return undefined;
  const [left = [], right] = halves.map((half) => (half === '' ? [] : half.split(':')));
  const missing = 8 - left.length - (right?.length ?? 0);
  if (right === undefined ? missing !== 0 : missing < 1) return undefined;
  const groups = [...left, ...Array.from({ length: missing }, () => '0'), ...(right ?? [])];
  if (!groups.every((group) => /^[0-9a-fA-F]{1,4}$/.test(group))) return undefined;
  return Uint8Array.from(
    groups.flatMap((group) => [Number.parseInt(group, 16) >> 8, Number.parseInt(group, 16) & 0xff]),
  );
}

function formatIpAddress(octets: Uint8Array): string {
  if (octets.length === 4) return octets.join('.');
  if (octets.length !== 16) return `#${toHex(octets)}`;
  const groups = Array.from({ length: 8 }, (_, i) =>
    (((octets[2 * i] ?? 0) << 8) | (octets[2 * i + 1] ?? 0)).toString(16),
  );
  const runs = [...groups.join(':').matchAll(/(?:^|:)0(?::0)+(?=:|$)/g)].toSorted(
    (x, y) => y[0].length - x[0].length,
  );
  const [longest] = runs;
  if (!longest) return groups.join(':');
  const joined = groups.join(':');
  const before = joined.slice(0, longest.index);
  const after = joined.slice(longest.index + longest[0].length).replace(/^:/, '');
  return `${before}::${after}`;
}

function isHostName(text: string): boolean {
  return (
    text.length <= 253 && /^(?:\*\.)?[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?$/.test(text)
  );
}

/** Names written as `openssl` has them, with commas between; an address of a URI may have such a comma in it. */
const severalNames = /,\s*(?=(?:dns|ip|email|uri|dirname):)/i;

function refuse(text: string, why: string): never {
  const names = text.split(new RegExp(severalNames, 'gi'));
  if (names.length > 1) {
    throw new CertError('USAGE_INVALID', `Cannot use san "${text}": several names with commas`, {
      hint: `Write them one after the other: san ${names.join(' ')}`,
    });
  }
  throw new CertError('USAGE_INVALID', `Cannot use san "${text}": ${why}`, {
    hint: 'Write dns:gw1.example, ip:192.0.2.1, email:ops@example.org, uri:urn:gw:1 or dirname:CN=gw1',
  });
}
