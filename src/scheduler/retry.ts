import { spread } from '../base/spread.ts';

/** What is remembered of a job that did not work, until it does. */
export interface Failing {
  /** How often it was tried in vain, at least once. */
  readonly count: number;
  readonly lastAt: Date;
  /**
   * Whether there is hope that the same will work later: `blocked` is what a CA has refused for good, or what needs
   * a person for another reason.
   */
  readonly kind: 'failing' | 'blocked';
}

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** The first one comes soon: most failures are over by then. */
const firstMs = minuteMs;

/** Four times a day is enough to notice that a CA is back, and no burden to one that is not. */
const mostMs = 6 * hourMs;

/** What needs a person is tried once a day, should the person have acted at the CA and not here. */
const blockedMs = 24 * hourMs;

/** So that a thousand gateways that lost their CA together do not come back together: up to a quarter either way. */
const jitterPart = 4;

/**
 * Tell when a job is tried again: after a minute, doubling up to six hours, each a quarter more or less; once a day
 * when it is blocked.
 *
 * @param seed what is tried; the same seed and count give the same moment
 */
export function retryTime({ count, lastAt, kind }: Failing, seed: string): Date {
  const usual = kind === 'blocked' ? blockedMs : Math.min(firstMs * 2 ** (count - 1), mostMs);
  const jitter = (usual / jitterPart) * (2 * spread(`${seed} ${count}`) - 1);
  return new Date(lastAt.getTime() + Math.round(usual + jitter));
}

/** The longest that `retryTime` puts off anything by itself. */
const longestMs = blockedMs + blockedMs / jitterPart;

/**
 * Tell when a job is tried again, as `retryTime`, by a clock that may have been wrong when it failed: what failed in
 * the future is tried now, and nothing waits for longer than from now on.
 */
export function retryTimeAt(failing: Failing, seed: string, now: Date): Date {
  if (failing.lastAt > now) return now;
  const at = retryTime(failing, seed);
  const latest = new Date(now.getTime() + longestMs);
  return at > latest ? latest : at;
}
