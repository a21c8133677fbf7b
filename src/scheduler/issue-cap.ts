const dayMs = 86_400_000;

/** As many a day as a person who corrects a mistake needs, for certificates that live for long. */
const atLeast = 5;

/**
 * Tell how many certificates one name may get within a day without anybody asking: twice what its renewals need, so
 * that no error of ours, and no CA whose answers are never good enough, makes certificates without end. People are warned,
 * and not refused.
 *
 * @param renewalIntervalMs from one renewal to the next, if all goes well
 */
export function mostInDay(renewalIntervalMs: number): number {
  if (renewalIntervalMs <= 0) return atLeast;
  return Math.max(atLeast, Math.ceil((2 * dayMs) / renewalIntervalMs));
}

/**
 * Tell from when on the next certificate may be asked for.
 *
 * @param issuedAt when a name got its certificates, those of the last day at least
 * @returns undefined when that is at any time
 */
export function uncappedFrom(
  issuedAt: readonly Date[],
  renewalIntervalMs: number,
  now: Date,
): Date | undefined {
  const most = mostInDay(renewalIntervalMs);
  const since = now.getTime() - dayMs;
  const inDay = issuedAt
    .map((each) => each.getTime())
    // What was issued in the future was so by a clock that was ahead. As of now it would count until that future comes.
    .filter((each) => each > since && each <= now.getTime())
    .toSorted((a, b) => a - b);
  const oldest = inDay.at(-most);
  return oldest === undefined ? undefined : new Date(oldest + dayMs);
}
