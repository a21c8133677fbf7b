import { describe, expect, it } from 'vitest';
import { asBuffer, bytesEqual, concatBytes, fromHex, toHex, utf8 } from '../../src/base/bytes.ts';

describe('concatBytes()', () => {
  it('joins the parts in order into memory of its own', () => {
    const first = Uint8Array.of(1, 2);
    const joined = concatBytes(first, new Uint8Array(0), Uint8Array.of(3));
    first[0] = 9;
    expect(joined).toEqual(Uint8Array.of(1, 2, 3));
  });

  it('makes empty octets of nothing', () => {
    expect(concatBytes()).toEqual(new Uint8Array(0));
  });
});

describe('bytesEqual()', () => {
  it('tells octets that differ in a value or in length from equal ones', () => {
    expect(bytesEqual(Uint8Array.of(1, 2), Uint8Array.of(1, 2))).toBe(true);
    expect(bytesEqual(Uint8Array.of(1, 2), Uint8Array.of(1, 3))).toBe(false);
    expect(bytesEqual(Uint8Array.of(1, 2), Uint8Array.of(1))).toBe(false);
    expect(bytesEqual(new Uint8Array(0), new Uint8Array(0))).toBe(true);
  });

  it('looks at the octets of a view, not at the memory around it', () => {
    const memory = Uint8Array.of(7, 1, 2, 7);
    expect(bytesEqual(memory.subarray(1, 3), Uint8Array.of(1, 2))).toBe(true);
  });
});

describe('toHex() and fromHex()', () => {
  it('are inverse to each other, in lower case', () => {
    expect(toHex(fromHex('00FFa0'))).toBe('00ffa0');
    expect(toHex(Uint8Array.of(7, 0xab, 7).subarray(1, 2))).toBe('ab');
    expect(fromHex('')).toEqual(new Uint8Array(0));
  });

  it.each(['0', '0g', '00 11', '0x00', '00\n'])('refuse %j', (text) => {
    expect(() => fromHex(text)).toThrow(RangeError);
  });
});

describe('asBuffer()', () => {
  it('shares memory with the octets it was given', () => {
    const memory = Uint8Array.of(7, 1, 2, 7);
    const buffer = asBuffer(memory.subarray(1, 3));
    expect([...buffer]).toEqual([1, 2]);
    memory[1] = 5;
    expect([...buffer]).toEqual([5, 2]);
  });
});

describe('utf8()', () => {
  it('encodes characters outside of ASCII and of the basic plane', () => {
    expect(toHex(utf8('aé😀'))).toBe('61c3a9f09f9880');
  });
});
