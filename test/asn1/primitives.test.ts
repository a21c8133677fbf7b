import * as asn1js from 'asn1js';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import { fromDer, toDer } from '../../src/asn1/codec.ts';
import { oids } from '../../src/asn1/oids.ts';
import {
  any,
  bigInteger,
  bitString,
  boolean,
  enumerated,
  integer,
  namedBits,
  openNamedBits,
  nullValue,
  objectIdentifier,
  octetBitString,
  octetString,
} from '../../src/asn1/primitives.ts';

/** The DER asn1js makes of a value, as hexadecimal. */
function peer(value: asn1js.BaseBlock): string {
  return toHex(new Uint8Array(value.toBER()));
}

describe('INTEGER', () => {
  const edges = [0n, 1n, 2n, 8n, 16n, 40n, 63n, 64n, 159n, 160n, 255n, 2047n, 2048n]
    .map((bits) => 1n << bits)
    .flatMap((power) => [power - 1n, power, power + 1n]);

  it.each(edges.flatMap((value) => [value, -value]))(
    '%d is written as asn1js does [H14]',
    (value) => {
      const der = toDer(bigInteger, value);
      expect(toHex(der)).toBe(peer(asn1js.Integer.fromBigInt(value)));
      expect(fromDer(bigInteger, der)).toBe(value);
    },
  );

  it.each([0, 1, 127, 128, 255, 256, 32767, 32768, 2 ** 31, 2 ** 40, 2 ** 47 - 1])(
    '%d and its negative are the same as a number and as a bigint',
    (magnitude) => {
      for (const value of [magnitude, -magnitude]) {
        expect(toHex(toDer(integer, value))).toBe(toHex(toDer(bigInteger, BigInt(value))));
        expect(fromDer(integer, toDer(integer, value)) + 0).toBe(value + 0);
      }
    },
  );

  it('reads -2^47, the least that fits, and refuses the next', () => {
    expect(fromDer(integer, toDer(bigInteger, -(2n ** 47n)))).toBe(-(2 ** 47));
    expect(() => fromDer(integer, toDer(bigInteger, -(2n ** 47n) - 1n))).toThrow('too large');
  });

  it.each([NaN, Infinity, 0.5, 2 ** 47, 2 ** 60])('refuses to write the number %d', (value) => {
    expect(() => toDer(integer, value)).toThrow('as INTEGER of at most 48 bits');
  });

  it('writes a megabyte of INTEGER in no time', () => {
    const value = (1n << 8_000_000n) + 1n;
    expect(toDer(bigInteger, value)).toHaveLength(5 + 1_000_001);
  });

  it('ENUMERATED differs only by its tag', () => {
    expect(toHex(toDer(enumerated, 300))).toBe(peer(new asn1js.Enumerated({ value: 300 })));
    expect(fromDer(enumerated, fromHex('0a0102'))).toBe(2);
  });
});

describe('BOOLEAN and NULL', () => {
  it('have one encoding each', () => {
    expect(toHex(toDer(boolean, true))).toBe('0101ff');
    expect(toHex(toDer(boolean, false))).toBe('010100');
    expect(fromDer(boolean, fromHex('0101ff'))).toBe(true);
    expect(fromDer(boolean, fromHex('010100'))).toBe(false);
    expect(toHex(toDer(nullValue, null))).toBe('0500');
    expect(fromDer(nullValue, fromHex('0500'))).toBeNull();
  });
});

describe('BIT STRING', () => {
  it('keeps the number of unused bits', () => {
    const value = { octets: fromHex('a0'), unusedBits: 5 };
    expect(toHex(toDer(bitString, value))).toBe('030205a0');
    expect(fromDer(bitString, fromHex('030205a0'))).toEqual(value);
  });

  it('of whole octets is octets', () => {
    expect(toHex(toDer(octetBitString, fromHex('0102')))).toBe('0303000102');
    expect(toHex(fromDer(octetBitString, fromHex('0303000102')))).toBe('0102');
    expect(fromDer(octetBitString, fromHex('030100'))).toHaveLength(0);
  });
});

describe('named bits', () => {
  const names = ['b0', 'b1', 'b2', 'b3', 'b4', 'b5', 'b6', 'b7', 'b8'] as const;
  const Usage = namedBits('Usage', names);

  it.each<[readonly (typeof names)[number][], string]>([
    [[], '030100'],
    [['b0'], '03020780'],
    [['b7'], '03020001'],
    [['b8'], '0303070080'],
    [['b0', 'b5', 'b6'], '03020186'],
  ])('%j are %s', (bits, hex) => {
    expect(toHex(toDer(Usage, bits))).toBe(hex);
    expect(fromDer(Usage, fromHex(hex))).toEqual(bits);
  });

  it('come out in bit order, and once, however they were listed', () => {
    const der = toDer(Usage, ['b6', 'b0', 'b6']);
    expect(fromDer(Usage, der)).toEqual(['b0', 'b6']);
  });

  it('that have no name are refused, or kept by their number where the type is open', () => {
    const der = fromHex('0303020084');
    expect(() => fromDer(namedBits('Two', ['b0', 'b1']), der)).toThrow('bit 8 has no name');
    const Open = openNamedBits('Open', ['b0', 'b1']);
    expect(fromDer(Open, der)).toEqual(['bit8', 'bit13']);
    expect(toHex(toDer(Open, ['bit13', 'bit8']))).toBe(toHex(der));
    expect(toHex(toDer(Open, ['b1', 'bit2']))).toBe('03020560');
  });

  it('are refused past the 256 that are read, or written', () => {
    const Open = openNamedBits('Open', ['b0']);
    expect(fromDer(Open, toDer(Open, ['bit255']))).toEqual(['bit255']);
    const long = fromHex(`032207${'00'.repeat(32)}80`);
    expect(() => fromDer(Open, long)).toThrow('more than 256 bits');
    for (const bit of ['bit256', 'bit-1', 'bit1.5', 'bit1e1'] as const) {
      expect(() => toDer(Open, [bit])).toThrow(`no bit "${bit}"`);
    }
  });
});

describe('OCTET STRING and ANY', () => {
  it('give back the octets they were given', () => {
    expect(toHex(fromDer(octetString, fromHex('0402abcd')))).toBe('abcd');
    expect(toHex(fromDer(any, fromHex('3003020101')))).toBe('3003020101');
    expect(toHex(toDer(any, fromHex('3003020101')))).toBe('3003020101');
  });
});

describe('OBJECT IDENTIFIER', () => {
  it.each([
    ['0.0', '060100'],
    ['0.39', '060127'],
    ['1.0', '060128'],
    ['1.39', '06014f'],
    ['2.0', '060150'],
    ['2.5.4.3', '0603550403'],
    ['2.39', '060177'],
    ['2.40', '060178'],
    ['2.47', '06017f'],
    ['2.48', '06028100'],
    ['2.999.3', '0603883703'],
    ['1.2.840.113549.1.1.11', '06092a864886f70d01010b'],
    ['1.2.0.0', '06032a0000'],
  ])('%s', (oid, hex) => {
    expect(toHex(toDer(objectIdentifier, oid))).toBe(hex);
    expect(fromDer(objectIdentifier, toDer(objectIdentifier, oid))).toBe(oid);
  });

  it('takes an arc of 128 bits (a UUID below 2.25)', () => {
    const oid = `2.25.${(1n << 128n) - 1n}`;
    expect(fromDer(objectIdentifier, toDer(objectIdentifier, oid))).toBe(oid);
  });

  it.each(Object.entries(oids))('%s has the encoding asn1js gives it', (_, oid) => {
    expect(toHex(toDer(objectIdentifier, oid))).toBe(
      peer(new asn1js.ObjectIdentifier({ value: oid })),
    );
  });

  it('no two names of the table are one OID', () => {
    expect(new Set(Object.values(oids)).size).toBe(Object.keys(oids).length);
  });

  it.each(['', '1', '3.1', '1.40', '0.99', '1.2.', '1..2', '1.02', '1.2.x', '-1.2', '2.5.4.3 '])(
    'refuses to write "%s"',
    (text) => {
      expect(() => toDer(objectIdentifier, text)).toThrow('not a dotted OID');
    },
  );

  it('a received one of 128 octets can be written again', () => {
    const der = fromHex(`06818055${'7f'.repeat(127)}`);
    expect(toHex(toDer(objectIdentifier, fromDer(objectIdentifier, der)))).toBe(toHex(der));
  });
});
