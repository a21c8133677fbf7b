import type { Clock } from '../base/clock.ts';

/** Which peers are kept out for a while, since they were refused. */
export interface TunnelBans {
  /** Keep one out from now on, longer each time. @returns for how long, in milliseconds */
  add(name: string): number;
  has(name: string): boolean;
  /** It was accepted, or is no more. */
  forget(name: string): void;
}

/** As soon as it may have another certificate by hand. */
const FIRST_MS = 30_000;

/** A peer with another certificate by now waits no longer than that. */
const MOST_MS = 600_000;

/** What comes so soon after was under way before. */
const SAME_MS = 5000;

interface Ban {
  readonly from: number;
  readonly ms: number;
}

/**
 * Make it. A peer whose IKE_SA is ended sets it up again within milliseconds where it is told to hold it: without a pause
 * it would have the tunnel for most of the time, whatever we think of it.
 */
export function tunnelBans({ now }: Pick<Clock, 'now'>): TunnelBans {
  const bans = new Map<string, Ban>();
  return {
    add(name) {
      const at = now().getTime();
      const before = bans.get(name);
      if (before && at >= before.from && at - before.from < SAME_MS) return before.ms;
      const ms = before === undefined ? FIRST_MS : Math.min(2 * before.ms, MOST_MS);
      bans.set(name, { from: at, ms });
      return ms;
    },
    has(name) {
      const ban = bans.get(name);
      if (ban === undefined) return false;
      const past = now().getTime() - ban.from;
      // By a clock that was set back it would be for ever.
      return past >= 0 && past < ban.ms;
    },
    forget(name) {
      bans.delete(name);
    },
  };
}
