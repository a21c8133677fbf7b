import { asBuffer, utf8 } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { inPlace, primitive } from './primitives.ts';
import type { TaggedCodec } from './codec.ts';
import type { DerReader } from './der-reader.ts';

const printable = /^[A-Za-z0-9 '()+,\-./:=?]*$/;
// What real CAs put there against the rule, see the tolerance.
const nearlyPrintable = /^[A-Za-z0-9 '()+,\-./:=?@*&_]*$/;

const TELETEX = 0x14;
// oxlint-disable-next-line no-control-regex -- IA5 is all of ASCII, control characters included
const isoAscii = /^[\x00-\x7f]*$/;
// oxlint-disable-next-line no-control-regex -- all of ISO 8859-1
const latin1 = /^[\x00-\xff]*$/;

/** UTF8String; malformed UTF-8 is refused. */
export const utf8String: TaggedCodec<string> = inPlace('UTF8String', 0x0c, {
  decode(reader, start) {
    const { bytes, position: end } = reader;
    if (isAscii(bytes, start, end)) return reader.latin1(start);
    try {
      const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
      return decoder.decode(bytes.subarray(start, end));
    } catch {
      return reader.fail('UTF8String is not UTF-8');
    }
  },
  encode(writer, value) {
    if (!writer.ascii(value)) writer.octets(utf8(value));
  },
});

/** PrintableString: letters, digits, space and `'()+,-./:=?`. */
export const printableString: TaggedCodec<string> = oneOctet(
  'PrintableString',
  0x13,
  (text, reader) => {
    if (printable.test(text)) return;
    if (!nearlyPrintable.test(text)) reader.fail('PrintableString has a character it may not have');
    reader.tolerate('PrintableString character', 'PrintableString has a character it may not have');
  },
);

/** IA5String: ASCII. */
export const ia5String: TaggedCodec<string> = oneOctet('IA5String', 0x16, ascii);

/** NumericString: digits and space. */
export const numericString: TaggedCodec<string> = oneOctet(
  'NumericString',
  0x12,
  (text, reader) => {
    if (!/^[0-9 ]*$/.test(text)) reader.fail('NumericString has a character it may not have');
  },
);

/** VisibleString: ASCII without control characters. */
export const visibleString: TaggedCodec<string> = oneOctet(
  'VisibleString',
  0x1a,
  (text, reader) => {
    if (!/^[\x20-\x7e]*$/.test(text)) reader.fail('VisibleString has a character it may not have');
  },
);

/** TeletexString, read as ISO 8859-1 as everyone does; RFC 5280 section 7.1 allows octet comparison only. */
export const teletexString: TaggedCodec<string> = oneOctet('TeletexString', TELETEX, () => {});

/** BMPString: UTF-16 with the first octet first. */
export const bmpString: TaggedCodec<string> = primitive('BMPString', 0x1e, {
  decode(content, reader) {
    if (content.length % 2 !== 0) reader.fail('BMPString has an odd number of octets');
    return Buffer.from(content).swap16().toString('utf16le');
  },
  encode: (writer, value) => writer.octets(Buffer.from(value, 'utf16le').swap16()),
});

/** UniversalString: UTF-32; what is no character of Unicode is refused. */
export const universalString: TaggedCodec<string> = primitive('UniversalString', 0x1c, {
  decode(content, reader) {
    if (content.length % 4 !== 0)
      reader.fail('UniversalString is not made of four-octet characters');
    const view = asBuffer(content);
    let text = '';
    for (let at = 0; at < view.length; at += 4) {
      const point = view.readUInt32BE(at);
      if (point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) {
        reader.fail('UniversalString has a character that is not in Unicode');
      }
      text += String.fromCodePoint(point);
    }
    return text;
  },
  encode(writer, value) {
    const points = [...value].map((character) => character.codePointAt(0) ?? 0);
    const octets = Buffer.alloc(points.length * 4);
    for (const [i, point] of points.entries()) octets.writeUInt32BE(point, i * 4);
    writer.octets(octets);
  },
});

/** Tell whether a text may be written as PrintableString. */
export function isPrintable(text: string): boolean {
  return printable.test(text);
}

function ascii(text: string, reader: DerReader): void {
  if (!isoAscii.test(text)) reader.fail('string has an octet over 7F');
}

function oneOctet(
  name: string,
  tag: number,
  check: (text: string, reader: DerReader) => void,
): TaggedCodec<string> {
  return inPlace(name, tag, {
    decode(reader, start) {
      const text = reader.latin1(start);
      check(text, reader);
      return text;
    },
    encode(writer, value) {
      if (writer.ascii(value)) return;
      if (tag !== TELETEX || !latin1.test(value)) {
        throw new CertError('INTERNAL', `Cannot encode "${value}" as ${name}`);
      }
      writer.octets(Buffer.from(value, 'latin1'));
    },
  });
}

function isAscii(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) if ((bytes[i] ?? 0) >= 0x80) return false;
  return true;
}
