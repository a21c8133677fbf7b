import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { fromDer, sequenceOf, toDer } from '../../src/asn1/codec.ts';
import { DerWriter } from '../../src/asn1/der-writer.ts';
import { octetString } from '../../src/asn1/primitives.ts';

describe('DerWriter', () => {
  it('writes from the end to the front', () => {
    const writer = new DerWriter();
    const mark = writer.mark();
    writer.octets(Uint8Array.of(2, 3));
    writer.octet(1);
    writer.header(0x04, mark);
    expect(toHex(writer.finish())).toBe('0403010203');
  });

  it.each([
    [0x7f, '047f'],
    [0x80, '048180'],
    [0xff, '0481ff'],
    [0x100, '04820100'],
    [0xffff, '0482ffff'],
    [0x10000, '0483010000'],
  ])('writes the length %i as %s [H14]', (length, header) => {
    const der = toDer(octetString, new Uint8Array(length));
    expect(toHex(der.subarray(0, der.length - length))).toBe(header);
  });

  it.each([2046, 2047, 2048, 2049, 5000, 100_000])(
    'keeps what it wrote when it grows: %i octets in one piece',
    (length) => {
      const octets = Uint8Array.from({ length }, (_, i) => i);
      expect(fromDer(octetString, toDer(octetString, octets))).toEqual(octets);
    },
  );

  it('keeps what it wrote when it grows many times, octet by octet', () => {
    const pieces = Array.from({ length: 3000 }, (_, i) => Uint8Array.of(i, i >> 8));
    const codec = sequenceOf(octetString);
    expect(structuredClone(fromDer(codec, toDer(codec, pieces)))).toEqual(pieces);
  });

  it('gives what was written since a mark, as a copy', () => {
    const writer = new DerWriter();
    writer.octet(9);
    const mark = writer.mark();
    writer.octets(Uint8Array.of(1, 2));
    const since = writer.since(mark);
    writer.octet(0);
    expect([...since]).toEqual([1, 2]);
  });

  it('gives each result memory of its own', () => {
    const first = toDer(octetString, Uint8Array.of(1));
    toDer(octetString, Uint8Array.of(2));
    expect(toHex(first)).toBe('040101');
  });

  it('shares no memory with another that is at work, or that was left halfway', () => {
    const abandoned = new DerWriter();
    const [first, second] = [new DerWriter(), new DerWriter()];
    for (const writer of [abandoned, first, second]) writer.octet(0);
    first.octet(1);
    second.octet(2);
    const third = new DerWriter();
    third.octet(3);
    expect([toHex(second.finish()), toHex(first.finish())]).toEqual(['0200', '0100']);
    const after = new DerWriter();
    after.octet(4);
    expect([toHex(third.finish()), toHex(after.finish())]).toEqual(['03', '04']);
  });
});
