import { CertError } from '../base/errors.ts';
import { formatTime } from '../base/format-time.ts';
import { fromDer, type Codec } from '../asn1/codec.ts';
import { DerReader } from '../asn1/der-reader.ts';
import { any, bigInteger, bitString, boolean, objectIdentifier } from '../asn1/primitives.ts';
import {
  bmpString,
  ia5String,
  numericString,
  printableString,
  teletexString,
  universalString,
  utf8String,
  visibleString,
} from '../asn1/strings.ts';
import { generalizedTime, utcTime } from '../asn1/times.ts';
import { leaf, type Node } from './node.ts';
import { hexText, octetsText, oidText, plainText } from './plain.ts';

const CONSTRUCTED = 0x20;

/**
 * Show DER of a structure nobody here knows, by its universal types and tag numbers.
 *
 * @throws {CertError} DER_MALFORMED, LIMIT_EXCEEDED
 */
export function inspectAsn1(der: Uint8Array): Node {
  fromDer({ ...any, name: 'DER' }, der);
  return element(new DerReader(der, 'DER'));
}

/**
 * Show an element that a structure carries as it stands, under the name of its field.
 *
 * @param fields names for the elements of a SEQUENCE whose ASN.1 has so many of them
 */
export function carried(name: string, der: Uint8Array, fields: readonly string[] = []): Node {
  const { value, children, name: type } = inspectAsn1(der);
  if (children === undefined) return leaf(name, value ?? type);
  const isNamed = children.length === fields.length;
  return {
    name,
    children: isNamed
      ? children.map((child, i) => ({ ...child, name: fields[i] ?? child.name }))
      : children,
  };
}

function element(reader: DerReader): Node {
  const tag = reader.peekTag();
  const name = tagName(tag);
  const start = reader.position;
  if ((tag & CONSTRUCTED) === 0) {
    const content = reader.bytes.subarray(reader.content(tag), reader.position);
    const value = primitiveText(tag, reader.bytes.subarray(start, reader.position), content);
    return value === undefined ? { name } : leaf(name, value);
  }
  const outer = reader.enter(tag);
  const children: Node[] = [];
  while (reader.hasMore()) children.push(element(reader));
  reader.leave(outer);
  return { name, children };
}

/** The text of a primitive element; octets where they are not what their tag says. */
function primitiveText(tag: number, der: Uint8Array, content: Uint8Array): string | undefined {
  if (tag === 0x05) return undefined;
  try {
    return texts.get(tag)?.(der) ?? octetsText(content);
  } catch (error) {
    if (!(error instanceof CertError)) throw error;
    return octetsText(content);
  }
}

/** A number as people write it, unless it is too long to be read as one. */
function integerText(value: bigint): string {
  const isShort = value > -(2n ** 47n) && value < 2n ** 47n;
  return isShort ? String(value) : `0x${hexText(value)}`;
}

function bitsText({ octets, unusedBits }: { octets: Uint8Array; unusedBits: number }): string {
  return octetsText(octets) + (unusedBits > 0 ? ` (${unusedBits} unused bits)` : '');
}

const texts: ReadonlyMap<number, (der: Uint8Array) => string> = new Map([
  reading(boolean, 0x01, (value) => (value ? 'TRUE' : 'FALSE')),
  reading(bigInteger, 0x02, integerText),
  reading(bigInteger.withTag(0x0a), 0x0a, integerText),
  reading(bitString, 0x03, bitsText),
  reading(objectIdentifier, 0x06, oidText),
  reading(utcTime, 0x17, formatTime),
  reading(generalizedTime, 0x18, formatTime),
  ...[
    bmpString,
    ia5String,
    numericString,
    printableString,
    teletexString,
    universalString,
    utf8String,
    visibleString,
  ].map((codec) => reading(codec, codec.tag, plainText)),
]);

function reading<T>(
  codec: Codec<T>,
  tag: number,
  show: (value: T) => string,
): readonly [number, (der: Uint8Array) => string] {
  return [tag, (der) => show(fromDer(codec, der))];
}

const universalNames: ReadonlyMap<number, string> = new Map([
  [0x01, 'BOOLEAN'],
  [0x02, 'INTEGER'],
  [0x03, 'BIT STRING'],
  [0x04, 'OCTET STRING'],
  [0x05, 'NULL'],
  [0x06, 'OBJECT IDENTIFIER'],
  [0x0a, 'ENUMERATED'],
  [0x0c, 'UTF8String'],
  [0x12, 'NumericString'],
  [0x13, 'PrintableString'],
  [0x14, 'TeletexString'],
  [0x16, 'IA5String'],
  [0x17, 'UTCTime'],
  [0x18, 'GeneralizedTime'],
  [0x1a, 'VisibleString'],
  [0x1c, 'UniversalString'],
  [0x1e, 'BMPString'],
  [0x30, 'SEQUENCE'],
  [0x31, 'SET'],
]);

const classes = ['UNIVERSAL ', 'APPLICATION ', '', 'PRIVATE '] as const;

function tagName(tag: number): string {
  return universalNames.get(tag) ?? `[${classes[tag >> 6] ?? ''}${tag & 0x1f}]`;
}
