/** How many notifications a destination gets. */
export interface RateLimits {
  /** At once. */
  readonly burst: number;
  /** In the long run. */
  readonly perMinute: number;
}

/** A receiver that people look at: more than one in a second is read by nobody. */
export const usualRate: RateLimits = { burst: 10, perMinute: 60 };

/** What a destination may still be sent. A row of the store, or made full at start. */
export interface TokenBucket {
  readonly tokens: number;
  /** When that was so. */
  readonly at: Date;
}

/** Make a bucket of a destination that nothing was sent to. */
export function fullBucket({ burst }: RateLimits, now: Date): TokenBucket {
  return { tokens: burst, at: now };
}

/** Fill up for the time that has passed; a clock that was set back takes nothing away. */
export function refilled(bucket: TokenBucket, limits: RateLimits, now: Date): TokenBucket {
  const ms = Math.max(0, now.getTime() - bucket.at.getTime());
  const tokens = Math.min(limits.burst, bucket.tokens + (ms * limits.perMinute) / 60_000);
  return { tokens, at: now };
}

/** Find when there is one token at least. */
export function tokenAt({ tokens, at }: TokenBucket, { perMinute }: RateLimits): Date {
  if (tokens >= 1) return at;
  return new Date(at.getTime() + Math.ceil(((1 - tokens) * 60_000) / perMinute));
}
