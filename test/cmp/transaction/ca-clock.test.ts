import { describe, expect, it } from 'vitest';
import type { Step } from '../../../src/cmp/transaction/step.ts';
import { blamesClock, byOurClock, clockOffsetIn } from '../../../src/cmp/transaction/ca-clock.ts';
import { requested, stateIn } from './states.ts';

const now = new Date('2026-12-01T12:00:00Z');
const at = (seconds: number) => ({ messageTime: new Date(now.getTime() + seconds * 1000) });

function done(outcome: (Step & { type: 'done' })['outcome']): Step {
  return { type: 'done', outcome };
}

describe('clockOffsetIn()', () => {
  it('tells how far the CA is ahead, or nothing by nonsense [L8]', () => {
    expect(clockOffsetIn(at(-3600), now)).toBe(-3_600_000);
    expect(clockOffsetIn(at(11 * 366 * 86_400), now)).toBeUndefined();
    expect(clockOffsetIn({}, now)).toBeUndefined();
  });
});

describe('blamesClock()', () => {
  it('is told by badTime in a refusal, and by nothing else', () => {
    const status = { status: 'rejection', failInfo: ['badTime'] } as const;
    expect(blamesClock(done({ type: 'rejected', status, details: [] }))).toBe(true);
    expect(blamesClock(done({ type: 'unconfirmed', status }))).toBe(true);
    expect(blamesClock(done({ type: 'granted' }))).toBe(false);
    const other = { status: 'rejection', failInfo: ['badPOP'] } as const;
    expect(blamesClock(done({ type: 'rejected', status: other, details: [] }))).toBe(false);
  });
});

describe('byOurClock()', () => {
  it.each<[string, number, number, number]>([
    ['forgets a difference that is over', -86_400, 10, 0],
    ['keeps one that still fits', -86_400, -86_390, -86_400],
    ['keeps a small one: the CA may be stricter than we are', 200, 190, 200],
    ['keeps one when neither fits', -86_400, -3600, -86_400],
  ])('%s [R5]', (_, offset, ahead, kept) => {
    const state = { ...stateIn(requested), clockOffsetMs: offset * 1000 };
    expect(byOurClock(state, at(ahead), now, 300).clockOffsetMs).toBe(kept * 1000);
  });

  it('keeps it where the message does not tell its time', () => {
    const state = { ...stateIn(requested), clockOffsetMs: 7 };
    expect(byOurClock(state, {}, now, 300)).toBe(state);
  });
});
