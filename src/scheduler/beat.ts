const minuteMs = 60_000;

/**
 * Call back every minute, as the clock strikes; and a minute after the start, and so on, by a clock that nobody sets: the
 * full minute is hours away after the clock was set back. What was missed is not caught up with: a clock that is set
 * from 1970 to today has missed thirty million minutes.
 *
 * @param seconds in place of a minute, for tests with a clock that is set
 * @returns what ends it
 */
export function beat(tick: () => void, seconds?: number): () => void {
  const everyMs = seconds === undefined ? minuteMs : seconds * 1000;
  let strike: NodeJS.Timeout;
  const arm = (): void => {
    strike = setTimeout(
      () => {
        arm();
        tick();
      },
      everyMs - (Date.now() % everyMs),
    ).unref();
  };
  arm();
  const interval = setInterval(tick, everyMs).unref();
  return () => {
    clearInterval(interval);
    clearTimeout(strike);
  };
}
