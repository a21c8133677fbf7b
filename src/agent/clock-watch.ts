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
