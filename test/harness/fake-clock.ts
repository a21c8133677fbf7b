import type { Clock } from '../../src/base/clock.ts';

/** A clock that stands still until a test moves it. */
export interface FakeClock extends Clock {
  /** Let time pass; sleepers whose time has come wake in the order of their times. */
  advance(seconds: number): Promise<void>;
  /** Every sleep that was asked for, in milliseconds. */
  readonly slept: readonly number[];
}

/**
 * Make a clock.
 *
 * @param sleeping `passes`: a sleep takes no time and moves the clock on; `waits`: a sleep lasts until the
 *   test has advanced the clock so far
 */
export function fakeClock(
  start: Date = new Date('2026-12-01T12:00:00Z'),
  sleeping: 'passes' | 'waits' = 'passes',
): FakeClock {
  let now = start.getTime();
  const slept: number[] = [];
  const sleepers: { readonly until: number; readonly wake: () => void }[] = [];

  async function moveTo(then: number): Promise<void> {
    for (;;) {
      const [first] = sleepers.toSorted((a, b) => a.until - b.until);
      if (!first || first.until > then) break;
      sleepers.splice(sleepers.indexOf(first), 1);
      now = Math.max(now, first.until);
      first.wake();
      // Whoever woke does its work before anybody later wakes.
      await new Promise((resolve) => setImmediate(resolve));
    }
    now = Math.max(now, then);
  }

  return {
    now: () => new Date(now),
    slept,
    advance: (seconds) => moveTo(now + seconds * 1000),
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      slept.push(ms);
      if (sleeping === 'passes') {
        now += Math.max(0, ms);
        return;
      }
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      const sleeper = { until: now + ms, wake: resolve };
      sleepers.push(sleeper);
      const abort = (): void => {
        sleepers.splice(sleepers.indexOf(sleeper), 1);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', abort, { once: true });
      await promise.finally(() => signal?.removeEventListener('abort', abort));
    },
  };
}
