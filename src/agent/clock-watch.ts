import type { Store } from '../store/store.ts';

/** How far the clock has gone astray between two looks. */
export interface ClockJump {
  /** Ahead, positive; back, negative. */
  readonly ms: number;
}

/** Slewing, a busy machine and leap seconds are no jump. */
const toleranceMs = 30_000;

/**
 * Watch whether the time of day goes as time does: an operator sets it, a machine comes back from its sleep.
 *
 * @param timeOfDay epoch milliseconds
 * @param monotonicMs since any moment; does not count sleep
 */
export function watchClock(
  timeOfDay: () => number,
  monotonicMs: () => number,
): () => ClockJump | undefined {
  let before = { day: timeOfDay(), monotonic: monotonicMs() };
  return () => {
    const now = { day: timeOfDay(), monotonic: monotonicMs() };
    const ms = now.day - before.day - (now.monotonic - before.monotonic);
    before = now;
    return Math.abs(ms) > toleranceMs ? { ms } : undefined;
  };
}

/** Setting: how late it was when the agent last looked, in epoch milliseconds. */
const seenAt = 'agent-seen-at';

/** Often enough: what was planned by a clock that was ahead is then late by no more than this. */
const rememberMs = 3_600_000;

/**
 * Watch whether the clock was set back while no agent ran: what was planned before was planned by a time that has not
 * come yet, and some of it for a certificate that had expired by then.
 *
 * @returns looks, and makes every name due when it was
 */
export function rememberClock(
  { settings, schedule }: Pick<Store, 'settings' | 'schedule'>,
  timeOfDay: () => number,
): () => Promise<boolean> {
  let seen: number | undefined;
  return async () => {
    const now = timeOfDay();
    seen ??= Number((await settings.get(seenAt)) ?? 0);
    const isSetBack = now < seen;
    if (isSetBack) await schedule.wake();
    if (isSetBack || now - seen >= rememberMs) {
      await settings.set(seenAt, String(now));
      seen = now;
    }
    return isSetBack;
  };
}
