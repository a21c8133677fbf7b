import { asBuffer, toHex } from '../base/bytes.ts';
import { formatTime } from '../base/format-time.ts';
import { cut, printable } from '../base/printable.ts';
import { oidName, type Oid } from '../asn1/oids.ts';
import { isNullDn, type Name } from '../x509/name.ts';
import { formatName } from '../x509/name-text.ts';
import { leaf, type Node } from './node.ts';

/** Octets of one value that are shown: all of a digest, a nonce or a short signature. */
const MAX_SHOWN_OCTETS = 64;

/** Characters of one text that are shown: more than anybody reads of a message. */
const MAX_SHOWN_CHARACTERS = 4096;

/** Name an object identifier, with its dotted form. */
export function oidText(value: Oid): string {
  const name = oidName(value);
  return name === value ? value : `${name} (${value})`;
}

/** Show octets as hexadecimal, and as text beside it where they are text. */
export function octetsText(value: Uint8Array): string {
  if (value.length === 0) return '(empty)';
  const shown = value.subarray(0, MAX_SHOWN_OCTETS);
  const latin1 = asBuffer(shown).toString('latin1');
  const quoted = /^[\x20-\x7e]+$/.test(latin1) ? ` "${latin1}"` : '';
  const rest = value.length > shown.length ? `… (${value.length} octets in all)` : '';
  return `${toHex(shown)}${rest}${quoted}`;
}

/** Write a number of any size in hexadecimal, in whole octets. */
export function hexText(value: bigint): string {
  const digits = (value < 0n ? -value : value).toString(16);
  const even = digits.padStart(digits.length + (digits.length % 2), '0');
  return cut((value < 0n ? '-' : '') + even, 2 * MAX_SHOWN_OCTETS);
}

/** Show a text of whoever wrote the structure. */
export function plainText(value: string): string {
  return printable(cut(value, MAX_SHOWN_CHARACTERS));
}

/** Show a name as RFC 4514 writes it, or say that it is empty. */
export function nameText(name: Name): string {
  return isNullDn(name) ? 'NULL-DN' : plainText(formatName(name));
}

/** Show an object identifier. */
export function oid(name: string, value: Oid): Node {
  return leaf(name, oidText(value));
}

/** Show octets. */
export function octets(name: string, value: Uint8Array): Node {
  return leaf(name, octetsText(value));
}

/** Show a small number. */
export function number(name: string, value: number): Node {
  return leaf(name, String(value));
}

/** Show a number that counts something; one too large for that in hexadecimal. */
export function decimal(name: string, value: bigint): Node {
  // RFC 5280 section 5.2.3: no more than 20 octets. Digits of far longer ones take time to find.
  const isLong = value >= 1n << 160n || value < 0n;
  return leaf(name, isLong ? `0x${hexText(value)}` : String(value));
}

/** Show a serial number. */
export function serial(name: string, value: bigint): Node {
  return leaf(name, hexText(value));
}

/** Show a moment. */
export function time(name: string, value: Date): Node {
  return leaf(name, formatTime(value));
}

/** Show a text. */
export function text(name: string, value: string): Node {
  return leaf(name, plainText(value));
}

/** Show a distinguished name. */
export function distinguishedName(name: string, value: Name): Node {
  return leaf(name, nameText(value));
}
