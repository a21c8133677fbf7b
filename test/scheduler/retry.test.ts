import { describe, expect, it } from 'vitest';

import { retryTime, retryTimeAt, type Failing } from '../../src/scheduler/retry.ts';
import { spread } from '../../src/base/spread.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const start = new Date('2026-11-21T12:00:00Z');

function failing(count: number, changes: Partial<Failing> = {}): Failing {
  return { count, lastAt: start, kind: 'failing', ...changes };
}

function delayMs(what: Failing, seed = 'gw1 update'): number {
  return retryTime(what, seed).getTime() - start.getTime();
}

describe('retryTime()', () => {
  it.each([
    [1, minuteMs],
    [2, 2 * minuteMs],
    [5, 16 * minuteMs],
    [9, 256 * minuteMs],
    [10, 6 * hourMs],
    [1000, 6 * hourMs],
  ])('after failure %i waits %i ms, a quarter more or less', (count, usual) => {
    for (let i = 0; i < 200; i++) {
      const delay = delayMs(failing(count), `gw${i}`);
      expect(delay).toBeGreaterThanOrEqual(usual * 0.75);
      expect(delay).toBeLessThanOrEqual(usual * 1.25);
    }
  });

  it('waits a day, a quarter more or less, for what is blocked, from the first time on', () => {
    for (let i = 0; i < 200; i++) {
      const delay = delayMs(failing(1, { kind: 'blocked' }), `gw${i}`);
      expect(delay).toBeGreaterThanOrEqual(18 * hourMs);
      expect(delay).toBeLessThanOrEqual(30 * hourMs);
    }
  });

  it('gives the same moment for the same failure, and others for other names', () => {
    expect(delayMs(failing(4))).toBe(delayMs(failing(4)));
    const moments = new Set(Array.from({ length: 100 }, (_, i) => delayMs(failing(4), `gw${i}`)));
    expect(moments.size).toBeGreaterThan(95);
  });
});

describe('retryTimeAt()', () => {
  it('tries now what failed in a future that a wrong clock made', () => {
    const now = new Date(start.getTime() - hourMs);
    expect(retryTimeAt(failing(3), 'gw1', now)).toStrictEqual(now);
  });

  it('is retryTime() otherwise', () => {
    const now = new Date(start.getTime() + minuteMs);
    for (const what of [failing(1), failing(12)]) {
      expect(retryTimeAt(what, 'gw1', now)).toStrictEqual(retryTime(what, 'gw1'));
    }
  });
});

describe('spread()', () => {
  it('is even: each tenth gets about a tenth', () => {
    const tenths = new Map<number, number>();
    for (let i = 0; i < 10_000; i++) {
      const tenth = Math.floor(spread(`gw-${i}`) * 10);
      tenths.set(tenth, (tenths.get(tenth) ?? 0) + 1);
    }
    expect(tenths.size).toBe(10);
    for (const count of tenths.values()) expect(Math.abs(count - 1000)).toBeLessThan(150);
  });
});
