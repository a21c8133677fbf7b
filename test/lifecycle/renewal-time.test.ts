import { describe, expect, it } from 'vitest';
import { renewalTime, renewalWindow, warningTime } from '../../src/lifecycle/renewal-time.ts';

const day = 86_400_000;
const ninetyDays = {
  notBefore: new Date('2026-12-01T00:00:00Z'),
  notAfter: new Date('2027-03-01T00:00:00Z'),
};
const sha256 = (first: number): Uint8Array => new Uint8Array(32).fill(first);

describe('renewalWindow()', () => {
  it('is a third of the lifetime when nobody set days', () => {
    expect(renewalWindow(ninetyDays)).toEqual({ ms: 30 * day, from: 'lifetime' });
  });

  it.each([
    [1, { ms: day, from: 'days' }],
    [45, { ms: 45 * day, from: 'days' }],
    [46, { ms: 30 * day, from: 'lifetime, days too many' }],
  ])('with %d days of ninety is as set up to half of the lifetime', (days, expected) => {
    expect(renewalWindow(ninetyDays, days)).toEqual(expected);
  });

  it('is nothing for a certificate that ends before it begins', () => {
    const { notBefore, notAfter } = ninetyDays;
    expect(renewalWindow({ notBefore: notAfter, notAfter: notBefore }).ms).toBe(0);
  });
});

describe('renewalTime()', () => {
  it('is the window before the end for a digest of zeros', () => {
    expect(renewalTime(ninetyDays, sha256(0)).at).toEqual(new Date('2027-01-30T00:00:00Z'));
  });

  it('is earlier by up to a twentieth of the window, and never later', () => {
    const latest = new Date('2027-01-30T00:00:00Z').getTime();
    const earliest = latest - (30 * day) / 20;
    const times = Array.from({ length: 256 }, (_, first) =>
      renewalTime(ninetyDays, sha256(first)).at.getTime(),
    );
    for (const time of times) {
      expect(time).toBeGreaterThanOrEqual(earliest);
      expect(time).toBeLessThanOrEqual(latest);
    }
    expect(new Set(times).size).toBe(256);
    expect(times.at(-1)).toBeLessThan(earliest + 1000);
  });

  it('is the same each time for one certificate', () => {
    const first = renewalTime(ninetyDays, sha256(77), 10);
    expect(renewalTime(ninetyDays, sha256(77), 10)).toEqual(first);
    expect(first.window).toEqual({ ms: 10 * day, from: 'days' });
  });
});

describe('warningTime()', () => {
  it('is a week before the end', () => {
    expect(warningTime(ninetyDays)).toEqual(new Date('2027-02-22T00:00:00Z'));
  });

  it('is as many hours before the end as are set, but not before half of the lifetime is over', () => {
    expect(warningTime(ninetyDays, 24)).toEqual(new Date('2027-02-28T00:00:00Z'));
    expect(warningTime(ninetyDays, 24 * 80)).toEqual(new Date('2027-01-15T00:00:00Z'));
    const sixHours = { ...ninetyDays, notAfter: new Date('2026-12-01T06:00:00Z') };
    expect(warningTime(sixHours)).toEqual(new Date('2026-12-01T03:00:00Z'));
  });
});
