import { describe, expect, it } from 'vitest';

import { mostInDay, uncappedFrom } from '../../src/scheduler/issue-cap.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const now = new Date('2026-11-21T12:00:00Z');

function ago(hours: number): Date {
  return new Date(now.getTime() - hours * hourMs);
}

describe('mostInDay()', () => {
  it.each([
    [60 * dayMs, 5],
    [dayMs, 5],
    [8 * hourMs, 6],
    [hourMs, 48],
    [40 * 60_000, 72],
    [0, 5],
    [-5, 5],
  ])('for a renewal every %i ms is %i', (interval, most) => {
    expect(mostInDay(interval)).toBe(most);
  });
});

describe('uncappedFrom()', () => {
  it('is at any time while there were fewer', () => {
    expect(uncappedFrom([ago(1), ago(2), ago(3), ago(4)], 60 * dayMs, now)).toBeUndefined();
  });

  it('is a day after the oldest of as many as are allowed', () => {
    const issued = [ago(1), ago(20), ago(3), ago(4), ago(5)];
    expect(uncappedFrom(issued, 60 * dayMs, now)).toStrictEqual(ago(-4));
  });

  it('does not count what was issued longer ago', () => {
    const issued = [ago(25), ago(26), ago(3), ago(4), ago(5), ago(6)];
    expect(uncappedFrom(issued, 60 * dayMs, now)).toBeUndefined();
  });

  it('does not count what a wrong clock has dated in the future: that future may be years away', () => {
    const issued = [ago(-900), ago(-901), ago(-902), ago(-903), ago(-904)];
    expect(uncappedFrom(issued, 60 * dayMs, now)).toBeUndefined();
    const others = [ago(0), ago(1), ago(2), ago(3), ago(4)];
    expect(uncappedFrom([...issued, ...others], 60 * dayMs, now)).toStrictEqual(ago(-20));
  });
});
