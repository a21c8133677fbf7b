import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import { CertError } from '../../src/base/errors.ts';
import {
  defaulted,
  fromDer,
  optional,
  sequence,
  sequenceOf,
  setOf,
  type Codec,
} from '../../src/asn1/codec.ts';
import { defaultDerLimits, DerReader } from '../../src/asn1/der-reader.ts';
import {
  any,
  bigInteger,
  bitString,
  boolean,
  enumerated,
  integer,
  namedBits,
  nullValue,
  objectIdentifier,
  octetBitString,
  octetString,
} from '../../src/asn1/primitives.ts';
import { utf8String } from '../../src/asn1/strings.ts';

interface Flagged {
  readonly id: number;
  readonly flag: boolean;
  readonly note?: string;
}

const Flagged = sequence<Flagged>('Flagged', {
  id: integer,
  flag: defaulted(boolean, false),
  note: optional(utf8String),
});
const Bits = namedBits('Bits', ['first', 'second', 'third']);

/** The error a codec gives for octets, or undefined when it takes them. */
function refusal(codec: Codec<unknown>, hex: string): CertError | undefined {
  try {
    fromDer(codec, fromHex(hex));
    return undefined;
  } catch (error) {
    if (error instanceof CertError) return error;
    throw error;
  }
}

describe('the reader refuses what is BER and not DER:', () => {
  it.each<[string, Codec<unknown>, string, string]>([
    ['a length of one octet in the long form', octetString, '048101aa', 'length is not minimal'],
    ['a length with a leading zero octet', octetString, '04820001aa', 'length is not minimal'],
    ['an indefinite length', sequenceOf(integer), '30800201010000', 'length is indefinite'],
    ['an indefinite length in ANY', any, '30800201010000', 'length is indefinite'],
    ['a length of five octets', octetString, '04850000000001aa', 'more than four octets'],
    ['the reserved length FF', octetString, '04ffaa', 'more than four octets'],
    ['a length that is missing', octetString, '04', 'length is missing'],
    ['a length that is cut off', octetString, '048201', 'length is cut off'],
    ['a length past the end', octetString, '0402aa', 'reaches past the end'],
    [
      'a length past the end of the parent',
      sequenceOf(octetString),
      '30030402aabb',
      'past the end',
    ],
    ['a constructed OCTET STRING', octetString, '240304010a', 'tag is 0x24, expected 0x04'],
    ['a constructed OCTET STRING in ANY', any, '240304010a', 'a primitive type is constructed'],
    ['a constructed UTF8String in ANY', any, '2c030c0161', 'a primitive type is constructed'],
    ['a constructed BIT STRING in ANY', any, '2304030200aa', 'a primitive type is constructed'],
    ['a primitive SEQUENCE in ANY', any, '1000', 'SEQUENCE or SET is not constructed'],
    ['a primitive SET deep in ANY', any, '30021100', 'SEQUENCE or SET is not constructed'],
    ['a tag number over 30', any, '1f2000', 'tag number is over 30'],
    ['the end-of-contents tag', any, '0000', 'tag is reserved'],
    ['octets after the value', integer, '02010100', 'octets follow the value'],
    ['octets after a SEQUENCE', sequenceOf(integer), '300302010100', 'octets follow the value'],
    [
      'an element too many in a SEQUENCE',
      Flagged,
      '30060201010c0005000c00',
      'does not belong there',
    ],
    ['nothing at all', integer, '', 'an element is missing'],
    ['an element missing in a SEQUENCE', Flagged, '3000', 'an element is missing'],
    ['another tag', integer, '040101', 'tag is 0x04, expected 0x02'],
    ['an empty INTEGER', integer, '0200', 'INTEGER is empty'],
    ['an INTEGER with a needless 00', integer, '02020001', 'INTEGER is not minimal'],
    ['an INTEGER with a needless FF', integer, '0202ff80', 'INTEGER is not minimal'],
    ['a large INTEGER with a needless 00', bigInteger, '0203000001', 'INTEGER is not minimal'],
    ['an ENUMERATED with a needless 00', enumerated, '0a020001', 'INTEGER is not minimal'],
    ['an INTEGER with a needless 00 in ANY', any, '02020001', 'INTEGER is not minimal'],
    ['an empty INTEGER in ANY', any, '0200', 'empty INTEGER'],
    [
      'an INTEGER over 48 bits where a small one is due',
      integer,
      '020701000000000000',
      'too large',
    ],
    ['a BOOLEAN of 01', boolean, '010101', 'BOOLEAN is neither 00 nor FF'],
    ['a BOOLEAN of two octets', boolean, '0102ffff', 'BOOLEAN is neither 00 nor FF'],
    ['an empty BOOLEAN', boolean, '0100', 'BOOLEAN is neither 00 nor FF'],
    ['a BOOLEAN of 01 in ANY', any, '010101', 'bad BOOLEAN'],
    ['a NULL with content', nullValue, '050100', 'NULL has content'],
    ['a NULL with content in ANY', any, '050100', 'NULL with content'],
    ['an empty BIT STRING', bitString, '0300', 'BIT STRING is empty'],
    ['8 unused bits', bitString, '03020800', 'bad number of unused bits'],
    ['unused bits of no octet', bitString, '030101', 'bad number of unused bits'],
    [
      'unused bits that are not zero',
      bitString,
      '03020401',
      'unused bits of a BIT STRING are not zero',
    ],
    ['unused bits in a signature', octetBitString, '03020100', 'not a whole number of octets'],
    ['an empty BIT STRING in ANY', any, '0300', 'bad BIT STRING'],
    ['unused bits of no octet in ANY', any, '030101', 'bad BIT STRING'],
    [
      'unused bits that are not zero in ANY',
      any,
      '03020401',
      'unused bits of a BIT STRING are not zero',
    ],
    ['named bits with trailing zero bits', Bits, '03020080', 'trailing zero bits'],
    ['named bits that are an octet of zeros', Bits, '03020000', 'trailing zero bits'],
    ['a named bit without a name', Bits, '03020410', 'bit 3 has no name'],
    ['an empty OID', objectIdentifier, '0600', 'OID is cut off'],
    ['an OID that ends within an arc', objectIdentifier, '06022a86', 'OID is cut off'],
    ['an OID arc with a leading 80', objectIdentifier, '06032a8001', 'OID is not minimal'],
    ['a first OID arc with a leading 80', objectIdentifier, '0602802a', 'OID is not minimal'],
    ['an OID of 129 octets', objectIdentifier, `068181${'01'.repeat(129)}`, 'longer than 128'],
    ['an OID arc with a leading 80 in ANY', any, '06032a8001', 'OID is not minimal'],
    ['an OID that ends within an arc in ANY', any, '06022a86', 'OID is cut off'],
    ['an unsorted SET OF', setOf(integer), '3106020102020101', 'SET OF is not sorted'],
    ['an unsorted SET in ANY', any, '3106020102020101', 'SET is not sorted'],
    ['an unsorted SET deep in ANY', any, 'a0083106020102020101', 'SET is not sorted'],
    ['a SET in ANY sorted neither way', any, '3108a000810101810100', 'SET is not sorted'],
    ['an empty SET OF', setOf(integer), '3100', 'SET OF is empty'],
    ['a DEFAULT written out', Flagged, '3006020101010100', 'a DEFAULT is written out'],
  ])('%s', (_, codec, hex, why) => {
    const error = refusal(codec, hex);
    expect(error?.code).toBe('DER_MALFORMED');
    expect(error?.message).toContain(why);
  });
});

describe('the reader takes what is DER at its edges:', () => {
  it.each<[string, Codec<unknown>, string]>([
    ['a length of 127 in the short form', octetString, `047f${'aa'.repeat(127)}`],
    ['a length of 128 in the long form', octetString, `048180${'aa'.repeat(128)}`],
    ['a length of 256 in two octets', octetString, `04820100${'aa'.repeat(256)}`],
    ['equal elements in a SET OF', setOf(integer), '3106020101020101'],
    ['equal elements in a SET in ANY', any, '3106020101020101'],
    ['a SET in ANY sorted by encodings', any, '31060201010c0161'],
    ['a SET in ANY sorted by tags, whatever their form', any, '3108a003020101810101'],
    ['an empty SET in ANY', any, '3100'],
    ['a SET in ANY under an implicit tag, where it looks like a SEQUENCE', any, 'a106020102020101'],
    ['an empty BIT STRING with its octet', bitString, '030100'],
    ['no named bits', Bits, '030100'],
    ['an empty SEQUENCE OF', sequenceOf(integer), '3000'],
    ['a constructed context tag in ANY', any, 'a303020101'],
    ['a primitive context tag in ANY', any, '8301ff'],
    ['a field that is not its DEFAULT', Flagged, '30060201010101ff'],
  ])('%s', (_, codec, hex) => {
    expect(refusal(codec, hex)).toBeUndefined();
  });
});

/** NULL within so many SEQUENCEs. */
function nested(depth: number): string {
  let hex = '0500';
  for (let i = 0; i < depth; i++) {
    const length = (hex.length / 2).toString(16).padStart(2, '0');
    hex = `30${length.length === 2 && length < '80' ? '' : '81'}${length}${hex}`;
  }
  return hex;
}

describe('the reader keeps to its budgets:', () => {
  it('40 levels are read, 41 are too deep', () => {
    expect(refusal(any, nested(40))).toBeUndefined();
    expect(refusal(any, nested(41))?.code).toBe('LIMIT_EXCEEDED');
    expect(refusal(any, nested(41))?.message).toContain('nesting is deeper than 40');
  });

  it('more octets than the limit are refused before any is read', () => {
    const limits = { ...defaultDerLimits, maxOctets: 3 };
    expect(fromDer(any, fromHex('020101'), limits)).toEqual(fromHex('020101'));
    expect(() => fromDer(any, fromHex('ffffffff'), limits)).toThrow('limit of 3');
  });

  it('more elements than the limit are refused, wherever they stand', () => {
    const limits = { ...defaultDerLimits, maxElements: 3 };
    expect(fromDer(sequenceOf(integer), fromHex('3006020101020101'), limits)).toHaveLength(2);
    const four = fromHex('3009020101020101020101');
    expect(() => fromDer(sequenceOf(integer), four, limits)).toThrow('more than 3 elements');
    expect(() => fromDer(any, four, limits)).toThrow('more than 3 elements');
  });

  it('a SEQUENCE OF has the size its declaration gives it', () => {
    const few = sequenceOf(integer, { min: 1, max: 2 });
    expect(refusal(few, '3000')?.message).toContain('fewer than 1 elements');
    expect(refusal(few, '3006020101020101')).toBeUndefined();
    expect(refusal(few, '3009020101020101020101')?.message).toContain('more than 2 elements');
  });
});

describe('messages of the reader', () => {
  it('name the structure, the field and the octet', () => {
    const inner = sequence<{ readonly inner: Flagged }>('Outer', { inner: Flagged });
    expect(refusal(inner, '30053003040101')?.message).toBe(
      'Cannot decode Flagged.id: tag is 0x04, expected 0x02 (octet 4)',
    );
  });
});

describe('tolerate()', () => {
  it('refuses while reading strictly, and notes each departure once while not', () => {
    const reader = new DerReader(fromHex('00'), 'test');
    expect(() => reader.tolerate('DEFAULT encoded', 'because')).toThrow('because');
    reader.tolerated = [];
    reader.tolerate('DEFAULT encoded', 'because');
    reader.tolerate('DEFAULT encoded', 'because');
    expect(reader.tolerated).toEqual(['DEFAULT encoded']);
  });
});

describe('element()', () => {
  it('gives a view of one whole element and stands after it', () => {
    const reader = new DerReader(fromHex('300302010105000'.slice(0, 14)), 'test');
    expect(toHex(reader.element())).toBe('3003020101');
    expect(toHex(reader.element())).toBe('0500');
    expect(reader.hasMore()).toBe(false);
    expect(reader.peekTag()).toBe(-1);
  });
});
