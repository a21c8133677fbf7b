import { describe, expect, it } from 'vitest';
import { parseLabel } from '../../src/base/label.ts';
import { decide, isShown, type Offered } from '../../src/ocsp-staple/decide.ts';
import { askAt } from '../../src/ocsp-staple/due.ts';
import { keptAfter, type StapledVersion } from '../../src/ocsp-staple/kept.ts';
import { shownUntil } from '../../src/ocsp-staple/timing.ts';
import type { KeptStaple } from '../../src/store/staples-contract.ts';
import { held, hour } from './made.ts';

const count = 1000;

const versions: readonly StapledVersion[] = Array.from({ length: count }, (_, i) => ({
  certificate: String(i * 7919),
  name: parseLabel(`gw${i}`, 'name'),
}));

const far = { certificateEnds: hour(100_000), responderEnds: hour(100_000) };

/** A responder whose responses are of now, for a day, and fresh for HTTP to their end, as many say; or it is down. */
function answer(now: Date, isDown: boolean): Offered {
  if (isDown) return { type: 'nothing', code: 'connect', detail: 'nobody is there' };
  const nextUpdate = new Date(now.getTime() + 86_400_000);
  const period = { thisUpdate: now, nextUpdate };
  const until = shownUntil({ ...period, ...far }, now);
  const staple = held({
    ...period,
    until,
    producedAt: now,
    fetchedAt: now,
    freshUntil: nextUpdate,
  });
  return { type: 'good', staple };
}

/** Live through some days by minutes; a minute's beat does what is due. */
function live(days: number, isDown: (hours: number) => boolean) {
  const kept = new Map<StapledVersion, KeptStaple>();
  const perMinute: number[] = [];
  const due = new Map<number, StapledVersion[]>([[0, [...versions]]]);
  let bare = 0;
  for (let minute = 0; minute < days * 1440; minute++) {
    const now = hour(minute / 60);
    const asked = due.get(minute) ?? [];
    due.delete(minute);
    for (const version of asked) {
      const before = kept.get(version);
      const offered = answer(now, isDown(minute / 60));
      const circumstances = { now, isClockSuspect: false, allowsEndless: false };
      const after = keptAfter(version, before, decide(before, offered, circumstances), now);
      if (before && !isShown(before.held, now)) bare++;
      kept.set(version, after);
      const next = Math.ceil((askAt(after, now).getTime() - hour(0).getTime()) / 60_000);
      due.set(next, [...(due.get(next) ?? []), version]);
    }
    perMinute.push(asked.length);
  }
  return { perMinute, bare };
}

function most(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => Math.max(a, b), 0);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}

describe('a thousand certificates that came in one minute', () => {
  it('are asked about once or twice a day, spread, and never without a response', () => {
    const { perMinute, bare } = live(8, () => false);
    expect(bare).toBe(0);
    expect(perMinute[0]).toBe(count);
    const later = perMinute.slice(1);
    expect(sum(later)).toBeLessThan(count * 8 * 1.6);
    // The first refresh is within a tenth of a day, and from then on they do not come together again.
    expect(most(later)).toBeLessThan(30);
    expect(most(later.slice(5 * 1440))).toBeLessThan(25);
  });

  it('lose nothing while the responder is down for six hours, and do not come back all at once', () => {
    const { perMinute, bare } = live(4, (hours) => hours >= 12 && hours < 18);
    expect(bare).toBe(0);
    const back = perMinute.slice(18 * 60, 20 * 60);
    expect(most(back)).toBeLessThan(60);
    expect(sum(perMinute.slice(1))).toBeLessThan(count * 4 * 4);
  });

  it('have a response again within the hour after it was down for longer than one lasts', () => {
    const { perMinute } = live(4, (hours) => hours >= 12 && hours < 48);
    const asking = perMinute.slice(12 * 60, 48 * 60);
    expect(most(asking)).toBeLessThan(80);
    expect(sum(perMinute.slice(48 * 60, 49 * 60))).toBeGreaterThanOrEqual(count);
  });
});
