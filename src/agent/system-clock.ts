import type { Clock } from '../base/clock.ts';

/** Longest delay a Node timer takes; a longer one would fire at once. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** The clock of this machine. A sleep keeps the process alive. */
export const systemClock: Clock = {
  now: () => new Date(),
  async sleep(ms, signal) {
    // Counted down, not compared with the time of day, which an operator may set.
    for (let left = ms; left > 0; left -= MAX_TIMER_MS) {
      await pause(Math.min(left, MAX_TIMER_MS), signal);
      signal?.throwIfAborted();
    }
    signal?.throwIfAborted();
  },
};

/** Wait for the time or the signal, whichever comes first. */
function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    if (signal?.aborted === true) {
      resolve();
      return;
    }
    const done = (): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, ms);
    signal?.addEventListener('abort', done);
  });
}
