import type { Clock } from '../../src/base/clock.ts';

/** The time of day, but a sleep takes no time: the clock jumps ahead instead. */
export function jumpingClock(real: Clock): Clock {
  let aheadMs = 0;
  return {
    now: () => new Date(real.now().getTime() + aheadMs),
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      aheadMs += Math.max(0, ms);
    },
  };
}
