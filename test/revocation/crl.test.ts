import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../src/base/bytes.ts';
import { oids } from '../../src/asn1/oids.ts';
import { crlIdentity, isNewer, readCrl, type Crl } from '../../src/revocation/crl.ts';
import { extension } from '../../src/x509/extension-values.ts';
import { issue } from '../harness/certificates.ts';
import { crl, entry, hours, makeCrl, type CrlParts } from './crl-made.ts';
import { crlOctets } from './crl-vectors.ts';

const ca = issue({ subject: 'CN=CA', isCa: true });

function detailOf(octets: Uint8Array): string {
  const reading = readCrl(octets);
  return reading.type === 'malformed' ? reading.detail : 'read';
}

function bytes(...values: readonly number[]): Uint8Array {
  return Uint8Array.from(values);
}

function within(...content: readonly number[]): readonly number[] {
  return [0x30, content.length, ...content];
}

describe('readCrl()', () => {
  it('keeps the octets it was given, and does not copy them', () => {
    const octets = crlOctets('complete');
    const reading = readCrl(octets);
    if (reading.type === 'malformed') throw new Error(reading.detail);
    expect(reading.crl.index.octets.buffer).toBe(octets.buffer);
    expect(reading.crl.index.count).toBe(2);
    expect(reading.crl.crlNumber).toBe(10n);
  });

  it('says what is wrong with octets that are no CRL', () => {
    const octets = crlOctets('complete');
    expect(detailOf(bytes())).toContain('missing');
    expect(detailOf(octets.subarray(0, -1))).toContain('past the end');
    expect(detailOf(concatBytes(octets, bytes(0)))).toContain('octets follow');
  });

  it.each<[string, CrlParts, string]>([
    ['version 3', { version: 2 }, 'version 2 is not defined'],
    ['another algorithm outside', { outer: 'ecdsaWithSHA384' }, 'another signature algorithm'],
    ['an extension twice', { extensions: [extension('cRLNumber', 2n)] }, 'an extension twice'],
    [
      'a scope of nothing',
      { scope: { onlyContainsUserCerts: true, onlyContainsCACerts: true } },
      'excludes everything',
    ],
    [
      'a number that is none',
      { extensions: [{ extnID: oids.deltaCRLIndicator, critical: true, extnValue: bytes(5, 0) }] },
      'deltaCRLIndicator',
    ],
  ])('refuses %s', (_, parts, expected) => {
    expect(detailOf(makeCrl(ca, parts))).toContain(expected);
  });

  // Serial number 4, 1 November 2026.
  const serial = [2, 1, 4];
  const time = [0x17, 13, ...Buffer.from('261101000000Z')];
  it.each<[string, readonly number[], string]>([
    ['nothing in it', [], 'userCertificate is missing'],
    ['no serial number', [5, 0], 'userCertificate is missing'],
    ['an empty serial number', [2, 0, ...time], 'userCertificate is empty'],
    ['a serial number with a zero too many', [2, 2, 0, 4, ...time], 'not minimal'],
    ['a serial number of 65 octets', [2, 65, ...Array<number>(65).fill(1), ...time], 'over 64'],
    ['no time', serial, 'revocationDate'],
    ['the 30th of February', [...serial, 0x17, 13, ...Buffer.from('260230000000Z')], 'not exist'],
    ['a time with a letter', [...serial, 0x17, 13, ...Buffer.from('26110100000xZ')], 'no digits'],
    [
      'a time of another place',
      [...serial, 0x17, 13, ...Buffer.from('261101000000+')],
      'not exist',
    ],
    ['something behind it', [...serial, ...time, 5, 0], 'crlEntryExtensions is missing'],
    ['no extension in its extensions', [...serial, ...time, 0x30, 0], 'is empty'],
    ['an extension that is none', [...serial, ...time, ...within(5, 0)], 'an extension is missing'],
    [
      'an extension that ends in its name',
      [...serial, ...time, ...within(...within(6, 2, 0x55, 0x9d, 4, 0))],
      'cut off',
    ],
    [
      'an extension critical by half',
      [...serial, ...time, ...within(...within(6, 1, 0x55, 1, 1, 1, 4, 0))],
      'neither 00 nor FF',
    ],
    ['a length that is too long', [0x02, 0x81, 1, 4, ...time], 'bad length'],
  ])('refuses an entry with %s', (_, content, expected) => {
    const entriesDer = bytes(...within(...within(...content)));
    expect(detailOf(makeCrl(ca, { entriesDer }))).toContain(expected);
  });

  it('takes leap days and years from 2050 on', () => {
    const days = ['000229000000Z', '20500101000000Z', '24000229000000Z', '20000229235959Z'];
    for (const day of days) {
      const of = [day.length === 13 ? 0x17 : 0x18, day.length, ...Buffer.from(day)];
      expect(
        detailOf(makeCrl(ca, { entriesDer: bytes(...within(...within(...serial, ...of))) })),
      ).toBe('read');
    }
    const none = [0x18, 15, ...Buffer.from('21000229000000Z')];
    const entriesDer = bytes(...within(...within(...serial, ...none)));
    expect(detailOf(makeCrl(ca, { entriesDer }))).toContain('not exist');
  });
});

function numbered(number: bigint, thisUpdate: Date = hours(0)): Crl {
  return crl(ca, { number, thisUpdate });
}

describe('isNewer()', () => {
  it('goes by the number: a lower one is a way back, whenever it was made', () => {
    expect(isNewer(numbered(2n), numbered(1n))).toBe(true);
    expect(isNewer(numbered(1n, hours(5)), numbered(2n))).toBe(false);
    expect(isNewer(numbered(2n), numbered(2n))).toBe(false);
  });

  it('goes by thisUpdate for the same number, or without one', () => {
    expect(isNewer(numbered(2n, hours(1)), numbered(2n))).toBe(true);
    const { crlNumber: _, ...bare } = numbered(2n, hours(1));
    expect(isNewer(bare, numbered(9n))).toBe(true);
    expect(isNewer(numbered(9n), bare)).toBe(false);
  });
});

describe('crlIdentity()', () => {
  it('is that of the row a CRL is one of', () => {
    const own = crlIdentity(crl(ca), ca.certificate);
    const later = crl(ca, { number: 9n, entries: [entry(1n)] });
    expect(crlIdentity(later, ca.certificate)).toBe(own);
    const rekeyed = issue({ subject: 'CN=CA', isCa: true });
    const other = issue({ subject: 'CN=Other' });
    const others = [
      crlIdentity(crl(ca, { base: 1n }), ca.certificate),
      crlIdentity(crl(ca, { scope: { onlyContainsUserCerts: true } }), ca.certificate),
      crlIdentity(crl(rekeyed), rekeyed.certificate),
      crlIdentity(crl(other), other.certificate),
    ];
    expect(new Set([own, ...others]).size).toBe(5);
  });
});
