import { describe, expect, it } from 'vitest';
import { toHex, utf8 } from '../../src/base/bytes.ts';
import { fromDer, toDer, type Codec } from '../../src/asn1/codec.ts';
import { generalizedTime, utcTime } from '../../src/asn1/times.ts';

function element(tag: number, text: string): Uint8Array {
  return Uint8Array.of(tag, text.length, ...utf8(text));
}

function read(text: string): Date {
  const isShort = text.length < 15;
  const codec: Codec<Date> = isShort ? utcTime : generalizedTime;
  return fromDer(codec, element(isShort ? 0x17 : 0x18, text));
}

describe('times are read and written back:', () => {
  it.each([
    ['20260102030405Z', '2026-01-02T03:04:05.000Z'],
    ['20240229000000Z', '2024-02-29T00:00:00.000Z'],
    ['20000229235959Z', '2000-02-29T23:59:59.000Z'],
    ['99991231235959Z', '9999-12-31T23:59:59.000Z'],
    ['00010101000000Z', '0001-01-01T00:00:00.000Z'],
    ['00000101000000Z', '0000-01-01T00:00:00.000Z'],
    ['490102030405Z', '2049-01-02T03:04:05.000Z'],
    ['500102030405Z', '1950-01-02T03:04:05.000Z'],
    ['991231235959Z', '1999-12-31T23:59:59.000Z'],
    ['000229000000Z', '2000-02-29T00:00:00.000Z'],
  ])('%s', (text, iso) => {
    const time = read(text);
    expect(time.toISOString()).toBe(iso);
    const codec = text.length < 15 ? utcTime : generalizedTime;
    expect(toHex(toDer(codec, time))).toBe(toHex(element(codec.tag, text)));
  });
});

describe('times are refused:', () => {
  it.each([
    ['no leap day in 2026', '20260229000000Z'],
    ['no leap day in 2100', '21000229000000Z'],
    ['no leap day in UTCTime', '260229000000Z'],
    ['the hour 24', '20260101240000Z'],
    ['the minute 60', '20260101006000Z'],
    ['the second 60', '20260101000060Z'],
    ['the second 60 in UTCTime', '260101000060Z'],
    ['the month 0', '20260001000000Z'],
    ['the month 13', '20261301000000Z'],
    ['the day 0', '20260100000000Z'],
    ['the day 32', '20260132000000Z'],
    ['the 31st of April', '20260431000000Z'],
    ['a fraction', '20260101000000.5Z'],
    ['an offset', '20260101000000+0100'],
    ['an offset of zero', '20260101000000+0000'],
    ['no time zone', '20260101000000'],
    ['no seconds', '202601010000Z'],
    ['UTCTime without seconds', '2601010000Z'],
    ['UTCTime with an offset', '260101000000+0000'],
    ['a small z', '20260101000000z'],
    ['a space', '2026010100000 Z'],
  ])('%s', (_, text) => {
    for (const codec of [utcTime, generalizedTime]) {
      expect(() => fromDer(codec, element(codec.tag, text))).toThrow(
        expect.objectContaining({ code: 'DER_MALFORMED' }),
      );
    }
  });
});

describe('times we write ourselves', () => {
  it('have no fraction, whatever the date has [H5]', () => {
    const der = toDer(generalizedTime, new Date('2026-01-02T03:04:05.999Z'));
    expect(read(Buffer.from(der.subarray(2)).toString()).getUTCMilliseconds()).toBe(0);
  });

  it.each([
    ['a date that is none', generalizedTime, new Date(NaN)],
    ['the year 10000', generalizedTime, new Date('+010000-01-01T00:00:00Z')],
    ['a year before Christ', generalizedTime, new Date('-000001-01-01T00:00:00Z')],
    ['2050 as UTCTime', utcTime, new Date('2050-01-01T00:00:00Z')],
    ['1949 as UTCTime', utcTime, new Date('1949-12-31T00:00:00Z')],
    ['a date that is none as UTCTime', utcTime, new Date(NaN)],
  ])('cannot be %s', (_, codec, date) => {
    expect(() => toDer(codec, date)).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
  });
});
