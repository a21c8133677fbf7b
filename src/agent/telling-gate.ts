import type { Clock } from '../base/clock.ts';
import {
  fullBucket,
  refilled,
  type RateLimits,
  type TokenBucket,
} from '../traps/alarms/token-bucket.ts';

/** Keeps what strangers bring about from being told without end. */
export interface TellingGate {
  /**
   * Ask whether something may be told now.
   *
   * @param key what it is about: of each it is once an hour
   * @returns how many were not told since the last that was; undefined when this one is not to be told either
   */
  pass(key: string): number | undefined;
}

/** Ten at once, as when a CA has revoked a whole network, and one a minute in the long run. */
export const strangersRate: RateLimits = { burst: 10, perMinute: 1 };

const againMs = 3_600_000;

/** What is remembered of who was told of: an hour has no more than 70. */
const maxKeys = 256;

/** Make one. */
export function tellingGate({ now }: Pick<Clock, 'now'>): TellingGate {
  const toldAt = new Map<string, number>();
  let bucket: TokenBucket | undefined;
  let heldBack = 0;
  return {
    pass(key) {
      const at = now();
      const ms = at.getTime() - (toldAt.get(key) ?? -Infinity);
      const full = refilled(bucket ?? fullBucket(strangersRate, at), strangersRate, at);
      bucket = full;
      // A clock that was set back silences nobody.
      if ((ms >= 0 && ms < againMs) || full.tokens < 1) {
        heldBack++;
        return undefined;
      }
      bucket = { ...full, tokens: full.tokens - 1 };
      toldAt.delete(key);
      toldAt.set(key, at.getTime());
      const [oldest] = toldAt.keys();
      if (toldAt.size > maxKeys && oldest !== undefined) toldAt.delete(oldest);
      const before = heldBack;
      heldBack = 0;
      return before;
    },
  };
}
