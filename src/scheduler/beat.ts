import { schedule } from 'node-cron';

const minuteMs = 60_000;

/**
 * Call back every minute, as the clock strikes; and a minute after the start, and so on, by a clock that nobody sets:
 * node-cron waits for the next full minute also when that is hours away, after the clock was set back.
 *
 * @param seconds in place of a minute, for tests with a clock that runs fast
 * @returns what ends it
 */
export function beat(tick: () => void, seconds?: number): () => void {
  const task = schedule(seconds === undefined ? '* * * * *' : `*/${seconds} * * * * *`, tick, {
    name: 'certkeeper',
    timezone: 'UTC',
    noOverlap: true,
    unref: true,
    suppressMissedWarning: true,
  });
  const interval = setInterval(tick, seconds === undefined ? minuteMs : seconds * 1000).unref();
  return () => {
    clearInterval(interval);
    void task.destroy();
  };
}
