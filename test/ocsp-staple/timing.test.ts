import { describe, expect, it } from 'vitest';
import { refreshAt, retryAt, shownUntil } from '../../src/ocsp-staple/timing.ts';
import { held, hour } from './made.ts';

const far = { certificateEnds: hour(10_000), responderEnds: hour(10_000) };

/** How long a responder is left alone, in hours, that asks for so many. */
function hoursUntil(hours: number): number {
  return (retryAt('gw1', 1, hour(0), hour(hours)).getTime() - hour(0).getTime()) / 3_600_000;
}

describe('shownUntil()', () => {
  it.each([
    ['five minutes before nextUpdate', { nextUpdate: hour(100) }, hour(100 - 1 / 12)],
    ['a tenth of a short time before nextUpdate', { nextUpdate: hour(0.5) }, hour(0.45)],
    ['the end of the certificate', { nextUpdate: hour(100), certificateEnds: hour(50) }, hour(50)],
    ['the end of the responder', { nextUpdate: hour(100), responderEnds: hour(40) }, hour(40)],
    ['an hour where there is no nextUpdate', {}, hour(3)],
  ])('is %s', (_name, changes, expected) => {
    expect(shownUntil({ thisUpdate: hour(0), ...far, ...changes }, hour(2))).toStrictEqual(
      expected,
    );
  });
});

describe('refreshAt()', () => {
  it('spreads certificates over a tenth after half of the time', () => {
    const times = Array.from({ length: 1000 }, (_, i) =>
      refreshAt(held(), `gw${i} ${i}`, hour(0)).getTime(),
    );
    expect(Math.min(...times)).toBeGreaterThanOrEqual(hour(45).getTime());
    expect(Math.max(...times)).toBeLessThanOrEqual(hour(54).getTime());
    const perHour = Array.from({ length: 9 }, (_, i) =>
      times.filter((time) => time >= hour(45 + i).getTime() && time < hour(46 + i).getTime()),
    );
    for (const some of perHour) expect(some.length).toBeGreaterThan(70);
  });

  it('is within what is left for one that came late', () => {
    const at = refreshAt(held(), 'gw1', hour(80));
    expect(at.getTime()).toBeGreaterThanOrEqual(hour(85).getTime());
    expect(at.getTime()).toBeLessThanOrEqual(hour(86).getTime());
  });

  it('waits for what HTTP calls fresh, up to three quarters of the time', () => {
    expect(refreshAt(held({ freshUntil: hour(57) }), 'gw1', hour(0))).toStrictEqual(hour(57));
    expect(refreshAt(held({ freshUntil: hour(1) }), 'gw1', hour(0))).not.toStrictEqual(hour(1));
    const latest = ['gw1', 'gw2'].map((seed) =>
      refreshAt(held({ freshUntil: hour(99) }), seed, hour(0)).getTime(),
    );
    expect(latest[0]).not.toBe(latest[1]);
    for (const at of latest) {
      expect(at).toBeGreaterThanOrEqual(hour(58.5).getTime());
      expect(at).toBeLessThanOrEqual(hour(67.5).getTime());
    }
  });

  it('is within six days of one that is said to be good for years', () => {
    for (const seed of ['gw1', 'gw2', 'gw3']) {
      for (const more of [{}, { freshUntil: hour(9000) }]) {
        const at = refreshAt(held({ until: hour(20_000), ...more }), seed, hour(300)).getTime();
        expect(at).toBeGreaterThanOrEqual(hour(300 + 120).getTime());
        expect(at).toBeLessThanOrEqual(hour(300 + 144).getTime());
      }
    }
  });

  it('asks nobody more often than once a minute', () => {
    const at = refreshAt(held({ until: hour(1 / 3600) }), 'gw1', hour(0));
    expect(at).toStrictEqual(hour(1 / 60));
  });
});

describe('retryAt()', () => {
  it('doubles from a minute to an hour at the most', () => {
    const minutes = [1, 2, 3, 4, 5, 6, 7, 8, 20].map(
      (failures) => (retryAt('gw1', failures, hour(0)).getTime() - hour(0).getTime()) / 60_000,
    );
    expect(minutes[0]).toBeGreaterThanOrEqual(1);
    expect(minutes[0]).toBeLessThan(1.5);
    for (const [i, pause] of minutes.slice(1, 6).entries()) {
      expect(pause).toBeGreaterThanOrEqual(2 ** (i + 1));
      expect(pause).toBeLessThan(1.5 * 2 ** (i + 1));
    }
    expect(Math.max(...minutes)).toBeLessThanOrEqual(60);
  });

  it('leaves a responder alone that asks for it, for six hours and a half at the most', () => {
    expect(hoursUntil(2)).toBeGreaterThanOrEqual(2);
    expect(hoursUntil(2)).toBeLessThan(2.5);
    expect(hoursUntil(500)).toBeGreaterThanOrEqual(6);
    expect(hoursUntil(500)).toBeLessThan(6.5);
    expect(retryAt('gw1', 1, hour(0), hour(-1)).getTime()).toBeGreaterThan(hour(0).getTime());
  });

  it('spreads those who were told the same moment', () => {
    const minutes = Array.from({ length: 1000 }, (_, i) => {
      const now = hour(i / 500);
      return Math.floor(
        (retryAt(`gw${i}`, 3, now, hour(2)).getTime() - hour(2).getTime()) / 60_000,
      );
    }).filter((minute) => minute >= 0);
    const perMinute = Map.groupBy(minutes, (minute) => minute);
    for (const some of perMinute.values()) expect(some.length).toBeLessThan(80);
  });
});
