/** What the time of the next fetch hangs on. */
export interface FetchedCrl {
  readonly url: string;
  readonly fetchedAt: Date;
  readonly thisUpdate: Date;
  readonly nextUpdate?: Date;
  /** Of a configured CRL: at the latest so long after it was fetched, in seconds. */
  readonly refreshSeconds?: number;
}

/** CAs publish the next CRL some time before the end of the one before: mostly in its last third. */
const FIRST_PART = 0.5;
const LAST_PART = 0.75;

/** Nobody is asked more often, whatever its CRLs say. */
const LEAST_MS = 60_000;

/** One without an end is asked for so often. */
const NO_END_MS = 86_400_000;

/** The longest pause after failures: a server that is well again is noticed within the hour. */
const MOST_PAUSE_MS = 3_600_000;

/**
 * Say when a CRL is fetched again: at 50 to 75 percent of the time it is for, each URL at its own part, so that not all
 * come at once. One that was late then already is fetched at the same part of what is left.
 */
export function nextFetch(fetched: FetchedCrl): Date {
  const { url, fetchedAt, thisUpdate, nextUpdate, refreshSeconds } = fetched;
  const at = fetchedAt.getTime();
  const part = FIRST_PART + (LAST_PART - FIRST_PART) * partOf(url);
  const byItself = nextUpdate
    ? inPeriod(at, thisUpdate.getTime(), nextUpdate.getTime(), part)
    : at + NO_END_MS * part;
  const byOrder = refreshSeconds === undefined ? Infinity : at + refreshSeconds * 1000;
  return new Date(Math.max(at + LEAST_MS, Math.min(byItself, byOrder)));
}

/**
 * Say when a place that failed is tried again: after a minute, two, four, up to an hour, and up to a half longer by its
 * URL.
 *
 * @param failures in a row, the one just now among them
 */
export function nextAttempt(url: string, failures: number, now: Date): Date {
  const doubled = LEAST_MS * 2 ** Math.min(Math.max(failures, 1) - 1, 10);
  const pause = Math.min(doubled, MOST_PAUSE_MS / 1.5);
  return new Date(now.getTime() + Math.round(pause * (1 + partOf(url) / 2)));
}

function inPeriod(at: number, begin: number, end: number, part: number): number {
  const then = begin + (end - begin) * part;
  return then > at ? then : at + (end - at) * part;
}

/** A number from 0 to 1 that is always the same for a URL; FNV-1a, and the last step of MurmurHash3. */
function partOf(url: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < url.length; i++) hash = Math.imul(hash ^ url.charCodeAt(i), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
