import { asBuffer } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import type { Codec, TaggedCodec } from './codec.ts';
import type { DerReader } from './der-reader.ts';
import type { DerWriter } from './der-writer.ts';
import { isOid, oids, type Oid } from './oids.ts';

/** BIT STRING: octets, and how many bits of the last one are not part of it (0 to 7). */
export interface BitString {
  readonly octets: Uint8Array;
  readonly unusedBits: number;
}

/** ANY: one whole element as it stands, checked to be DER and not looked into. */
export const any: Codec<Uint8Array> = {
  name: 'ANY',
  starts: (tag) => tag !== -1,
  decode: (reader) => reader.element(),
  encode: (writer, value) => writer.octets(value),
};

/** BOOLEAN: 00 or FF and no other octet. */
export const boolean: TaggedCodec<boolean> = primitive('BOOLEAN', 0x01, {
  decode(content, reader) {
    const [octet] = content;
    if (content.length !== 1 || (octet !== 0 && octet !== 0xff)) {
      reader.fail('BOOLEAN is neither 00 nor FF');
    }
    return octet === 0xff;
  },
  encode: (writer, value) => writer.octet(value ? 0xff : 0),
});

/**
 * Longest INTEGER that is read: four times what the modulus of our largest RSA key has. To compute with a
 * longer one, or to write it in decimal, would only cost time.
 */
const MAX_INTEGER_OCTETS = 4096;

/** INTEGER of any size that means something: serial numbers, RSA moduli. */
export const bigInteger: TaggedCodec<bigint> = primitive('INTEGER', 0x02, {
  decode(content, reader) {
    checkInteger(reader, reader.position - content.length);
    if (content.length > MAX_INTEGER_OCTETS) {
      reader.fail(`INTEGER is longer than ${MAX_INTEGER_OCTETS} octets`);
    }
    return BigInt.asIntN(content.length * 8, BigInt(`0x${asBuffer(content).toString('hex')}`));
  },
  encode(writer, value) {
    // One bit more than the magnitude has, for the sign.
    const bits = (value < 0n ? ~value : value).toString(16).length * 4 + 1;
    const octets = Math.ceil(bits / 8);
    const hex = BigInt.asUintN(octets * 8, value).toString(16);
    const content = Buffer.from(hex.padStart(octets * 2, '0'), 'hex');
    const [first = 0, second = 0] = content;
    const isPadded = octets > 1 && (first === 0 ? second < 0x80 : first === 0xff && second >= 0x80);
    writer.octets(isPadded ? content.subarray(1) : content);
  },
});

/** INTEGER that fits 48 bits: version, certReqId, checkAfter, iterationCount. */
export const integer: TaggedCodec<number> = smallInteger('INTEGER', 0x02);

/** ENUMERATED, as a number. */
export const enumerated: TaggedCodec<number> = smallInteger('ENUMERATED', 0x0a);

/** BIT STRING of any length. */
export const bitString: TaggedCodec<BitString> = primitive('BIT STRING', 0x03, {
  decode: readBits,
  encode(writer, { octets, unusedBits }) {
    writer.octets(octets);
    writer.octet(unusedBits);
  },
});

function readBits(content: Uint8Array, reader: DerReader): BitString {
  const [unusedBits] = content;
  if (unusedBits === undefined) return reader.fail('BIT STRING is empty');
  const octets = content.subarray(1);
  if (unusedBits > 7 || (octets.length === 0 && unusedBits > 0)) {
    reader.fail('BIT STRING has a bad number of unused bits');
  }
  if (((octets.at(-1) ?? 0) & ((1 << unusedBits) - 1)) !== 0) {
    reader.fail('unused bits of a BIT STRING are not zero');
  }
  return { octets, unusedBits };
}

/** BIT STRING of whole octets: signatures, MACs, public keys. */
export const octetBitString: TaggedCodec<Uint8Array> = inPlace('BIT STRING', 0x03, {
  decode(reader, start) {
    const { bytes, position: end } = reader;
    if (start === end || bytes[start] !== 0) {
      reader.fail('BIT STRING is not a whole number of octets');
    }
    return bytes.subarray(start + 1, end);
  },
  encode(writer, octets) {
    writer.octets(octets);
    writer.octet(0);
  },
});

/** BIT STRING with named bits: the names of the bits that are set, in bit order. One without a name is refused. */
export function namedBits<Bit extends string>(
  name: string,
  bits: readonly Bit[],
): TaggedCodec<readonly Bit[]> {
  return bitSet<Bit>(
    name,
    (number, reader) => bits[number] ?? reader.fail(`bit ${number} has no name`),
    (bit) => bits.indexOf(bit),
  );
}

/** A bit that is set and has no name: `bit27`. */
export type UnnamedBit = `bit${number}`;

/**
 * As `namedBits`, for types that later documents give more bits (X.680 section 22 leaves every such list
 * open): a bit without a name is kept by its number, and written back.
 */
export function openNamedBits<Bit extends string>(
  name: string,
  bits: readonly Bit[],
): TaggedCodec<readonly (Bit | UnnamedBit)[]> {
  const numbers = new Map<Bit | UnnamedBit, number>(bits.map((bit, number) => [bit, number]));
  return bitSet<Bit | UnnamedBit>(
    name,
    (number) => bits[number] ?? `bit${number}`,
    (bit) => numbers.get(bit) ?? Number(/^bit(\d+)$/.exec(bit)?.[1] ?? -1),
  );
}

/** Far more than any list of names has; a peer could set millions. */
const MAX_BITS = 256;

function bitSet<Bit extends string>(
  name: string,
  bitOf: (number: number, reader: DerReader) => Bit,
  numberOf: (bit: Bit) => number,
): TaggedCodec<readonly Bit[]> {
  return primitive(name, 0x03, {
    decode(content, reader) {
      const { octets, unusedBits } = readBits(content, reader);
      if (octets.length * 8 > MAX_BITS) reader.fail(`more than ${MAX_BITS} bits`);
      if (octets.length > 0 && ((octets.at(-1) ?? 0) & (1 << unusedBits)) === 0) {
        reader.tolerate('named bits not trimmed', 'trailing zero bits are not left out');
      }
      const set: Bit[] = [];
      for (let i = 0; i < octets.length * 8; i++) {
        if (((octets[i >> 3] ?? 0) & (0x80 >> (i & 7))) !== 0) set.push(bitOf(i, reader));
      }
      return set;
    },
    encode(writer, set) {
      const numbers = set.map((bit) => {
        const number = numberOf(bit);
        if (number >= 0 && number < MAX_BITS) return number;
        throw new CertError('INTERNAL', `Cannot encode ${name}: no bit "${bit}"`);
      });
      const last = Math.max(-1, ...numbers);
      const octets = new Uint8Array((last + 8) >> 3);
      for (const n of numbers) octets[n >> 3] = (octets[n >> 3] ?? 0) | (0x80 >> (n & 7));
      writer.octets(octets);
      writer.octet(last === -1 ? 0 : 7 - (last & 7));
    },
  });
}

/** OCTET STRING, as a view. */
export const octetString: TaggedCodec<Uint8Array> = primitive('OCTET STRING', 0x04, {
  decode: (content) => content,
  encode: (writer, value) => writer.octets(value),
});

/** NULL. */
export const nullValue: TaggedCodec<null> = primitive('NULL', 0x05, {
  decode(content, reader) {
    if (content.length !== 0) reader.fail('NULL has content');
    return null;
  },
  encode() {},
});

/** OBJECT IDENTIFIER of at most 128 octets. */
export const objectIdentifier: TaggedCodec<Oid> = inPlace('OBJECT IDENTIFIER', 0x06, {
  decode: (reader, start) => knownOid(reader, start) ?? parseOid(reader, start),
  encode(writer, oid) {
    writer.octets(knownContents.get(oid) ?? oidContent(oid));
  },
});

// A certificate or message names the same few OIDs over and over.
const knownContents = new Map<Oid, Uint8Array>(
  Object.values(oids).map((oid) => [oid, oidContent(oid)]),
);
const knownByHash = new Map<number, { readonly oid: Oid; readonly content: Uint8Array }>(
  [...knownContents].map(([oid, content]) => [
    hashOctets(content, 0, content.length),
    { oid, content },
  ]),
);

/** Find an OID of our table by its octets; of two with the same hash only one is found, which does no harm. */
function knownOid({ bytes, position }: DerReader, start: number): Oid | undefined {
  const known = knownByHash.get(hashOctets(bytes, start, position));
  if (known?.content.length !== position - start) return undefined;
  for (let i = start; i < position; i++) {
    if (bytes[i] !== known.content[i - start]) return undefined;
  }
  return known.oid;
}

function hashOctets(bytes: Uint8Array, start: number, end: number): number {
  let hash = end - start;
  for (let i = start; i < end; i++) hash = (Math.imul(hash, 31) + (bytes[i] ?? 0)) | 0;
  return hash;
}

function parseOid(reader: DerReader, start: number): Oid {
  const content = reader.bytes.subarray(start, reader.position);
  if (content.length === 0 || (content.at(-1) ?? 0) >= 0x80) reader.fail('OID is cut off');
  // Longest arc in use: UUIDs under 2.25, 19 octets. A longer OID would only cost time.
  if (content.length > 128) reader.fail('OID is longer than 128 octets');
  const arcs: bigint[] = [];
  let arc = 0n;
  let fresh = true;
  for (const octet of content) {
    if (fresh && octet === 0x80) reader.fail('OID is not minimal');
    arc = (arc << 7n) | BigInt(octet & 0x7f);
    fresh = octet < 0x80;
    if (!fresh) continue;
    if (arcs.length === 0) {
      const top = arc < 80n ? arc / 40n : 2n;
      arcs.push(top, arc - top * 40n);
    } else {
      arcs.push(arc);
    }
    arc = 0n;
  }
  return arcs.join('.');
}

function oidContent(oid: Oid): Uint8Array {
  if (!isOid(oid)) throw new CertError('INTERNAL', `Cannot encode "${oid}": not a dotted OID`);
  const [top = 0n, second = 0n, ...rest] = oid.split('.').map(BigInt);
  const octets: number[] = [];
  for (const arc of [top * 40n + second, ...rest]) {
    const groups = [Number(arc & 0x7fn)];
    for (let left = arc >> 7n; left > 0n; left >>= 7n) groups.unshift(Number(left & 0x7fn) | 0x80);
    octets.push(...groups);
  }
  return Uint8Array.from(octets);
}

function smallInteger(name: string, tag: number): TaggedCodec<number> {
  return inPlace(name, tag, {
    decode(reader, start) {
      const { bytes, position: end } = reader;
      checkInteger(reader, start);
      if (end - start > 6) return reader.fail(`${name} of ${end - start} octets is too large`);
      const first = bytes[start] ?? 0;
      let value = first < 0x80 ? first : first - 256;
      for (let i = start + 1; i < end; i++) value = value * 256 + (bytes[i] ?? 0);
      return value;
    },
    encode: (writer, value) => encodeInteger(writer, value),
  });
}

function encodeInteger(writer: DerWriter, value: number): void {
  if (!Number.isInteger(value) || value < -(2 ** 47) || value >= 2 ** 47) {
    throw new CertError('INTERNAL', `Cannot encode ${value} as INTEGER of at most 48 bits`);
  }
  let rest = value;
  for (;;) {
    const octet = ((rest % 256) + 256) % 256;
    writer.octet(octet);
    rest = Math.floor(rest / 256);
    if (rest === (octet < 0x80 ? 0 : -1)) return;
  }
}

function checkInteger(reader: DerReader, start: number): void {
  const { bytes, position: end } = reader;
  if (start === end) reader.fail('INTEGER is empty');
  if (end - start === 1) return;
  const first = bytes[start] ?? 0;
  const second = bytes[start + 1] ?? 0;
  if ((first === 0 && second < 0x80) || (first === 0xff && second >= 0x80)) {
    reader.fail('INTEGER is not minimal');
  }
}

/** Make the codec of a primitive type from what its content octets mean. */
export function primitive<T>(
  name: string,
  tag: number,
  content: {
    decode(content: Uint8Array, reader: DerReader): T;
    encode(writer: DerWriter, value: T): void;
  },
): TaggedCodec<T> {
  return inPlace(name, tag, {
    decode: (reader, start) =>
      content.decode(reader.bytes.subarray(start, reader.position), reader),
    encode: (writer, value) => content.encode(writer, value),
  });
}

/**
 * As `primitive`, for types that messages are full of: `decode` reads the octets from `start` to the
 * reader's position where they are, without a view of them being made first.
 */
export function inPlace<T>(
  name: string,
  tag: number,
  content: {
    decode(reader: DerReader, start: number): T;
    encode(writer: DerWriter, value: T): void;
  },
): TaggedCodec<T> {
  const withTag = (ownTag: number): TaggedCodec<T> => ({
    name,
    tag: ownTag,
    withTag,
    starts: (other) => other === ownTag,
    decode: (reader) => content.decode(reader, reader.content(ownTag)),
    encode(writer, value) {
      const mark = writer.mark();
      content.encode(writer, value);
      writer.header(ownTag, mark);
    },
  });
  return withTag(tag);
}
