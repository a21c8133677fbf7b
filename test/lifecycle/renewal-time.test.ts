import { describe, expect, it } from 'vitest';
import { renewalTime, renewalWindow, warningTime } from '../../src/lifecycle/renewal-time.ts';

const day = 86_400_000;
const ninetyDays = {
  notBefore: new Date('2026-12-01T00:00:00Z'),
  notAfter: new Date('2027-03-01T00:00:00Z'),
};
const version = (number: number) => ({ name: 'gw1', version: number });

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
  it('is earlier by up to a twentieth of the window, and never later', () => {
    const latest = new Date('2027-01-30T00:00:00Z').getTime();
    const earliest = latest - (30 * day) / 20;
    const times = Array.from({ length: 1000 }, (_, number) =>
      renewalTime(ninetyDays, version(number)).at.getTime(),
    );
    for (const time of times) {
      expect(time).toBeGreaterThanOrEqual(earliest);
      expect(time).toBeLessThanOrEqual(latest);
    }
    expect(new Set(times).size).toBe(1000);
    const spreadOver = Math.max(...times) - Math.min(...times);
    expect(spreadOver).toBeGreaterThan(((30 * day) / 20) * 0.98);
  });

  it('is another one for another name', () => {
    expect(renewalTime(ninetyDays, { name: 'gw2', version: 1 })).not.toEqual(
      renewalTime(ninetyDays, version(1)),
    );
  });

  it('is the same each time for one certificate', () => {
    const first = renewalTime(ninetyDays, version(77), 10);
    expect(renewalTime(ninetyDays, version(77), 10)).toEqual(first);
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
