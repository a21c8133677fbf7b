import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { beat } from '../../src/scheduler/beat.ts';

const minuteMs = 60_000;

function begin(at: string, seconds?: number): { readonly ticks: string[] } {
  vi.useFakeTimers({ now: new Date(at) });
  const ticks: string[] = [];
  const end = beat(() => ticks.push(new Date().toISOString()), seconds);
  onTestFinished(() => {
    end();
    vi.useRealTimers();
  });
  return { ticks };
}

/** Set the time of day; no timer knows of it. */
function set(at: string): void {
  vi.setSystemTime(new Date(at));
}

describe('the beat', () => {
  it('comes as the clock strikes the minute', async () => {
    const { ticks } = begin('2026-12-01T12:00:40Z');
    await vi.advanceTimersByTimeAsync(3 * minuteMs);
    expect(ticks).toEqual(
      expect.arrayContaining([
        '2026-12-01T12:01:00.000Z',
        '2026-12-01T12:02:00.000Z',
        '2026-12-01T12:03:00.000Z',
      ]),
    );
  });

  it('comes within a minute after the clock was set back by days', async () => {
    const { ticks } = begin('2026-12-04T12:00:40Z');
    set('2026-12-01T00:00:10Z');
    await vi.advanceTimersByTimeAsync(minuteMs);
    expect(ticks.length).toBeGreaterThan(0);
    expect(ticks.length).toBeLessThan(5);
  });

  // A machine without a battery learns the time from the network, after it was 1970 for a while.
  it('comes within a minute after the clock was set ahead by half a century, without catching up', async () => {
    const { ticks } = begin('1970-01-01T00:00:10Z');
    set('2026-12-01T12:00:40Z');
    await vi.advanceTimersByTimeAsync(minuteMs);
    expect(ticks.length).toBeGreaterThan(0);
    expect(ticks.length).toBeLessThan(5);
    await vi.advanceTimersByTimeAsync(minuteMs);
    expect(ticks).toContain('2026-12-01T12:02:00.000Z');
  });

  it('comes every few seconds for tests under a clock that is set', async () => {
    const { ticks } = begin('2026-12-01T12:00:00.500Z', 1);
    await vi.advanceTimersByTimeAsync(3000);
    expect(ticks).toEqual(expect.arrayContaining(['2026-12-01T12:00:03.000Z']));
  });

  it('does not come once it is ended', async () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    const tick = vi.fn<() => void>();
    beat(tick)();
    await vi.advanceTimersByTimeAsync(5 * minuteMs);
    expect(tick).not.toHaveBeenCalled();
  });
});
