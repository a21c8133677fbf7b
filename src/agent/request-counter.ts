import type { Clock } from '../base/clock.ts';

/** Requests of one node within a minute: an agent with that many names to fetch takes a little longer. */
const maxRequests = 60;

/** Nodes that are counted within a minute; more than there are. */
const maxNodes = 1000;

const minuteMs = 60_000;

/**
 * Acts of all members of the group of a socket within an hour: each is written to the audit trail, which keeps ten
 * thousand. So it tells of a week at least, whatever members do.
 */
export const maxGroupActs: number = 60;

const hourMs = 3_600_000;

/**
 * Count the requests of nodes by minutes of the clock.
 *
 * @returns what counts one, and tells whether it is not too many
 */
export function requestCounter(clock: Pick<Clock, 'now'>): (node: string) => boolean {
  return counter(clock, { most: maxRequests, keys: maxNodes, windowMs: minuteMs });
}

/** Count, by hours of the clock, what members of a group have done, as `requestCounter` does requests. */
export function groupActCounter(clock: Pick<Clock, 'now'>): () => boolean {
  const count = counter(clock, { most: maxGroupActs, keys: 1, windowMs: hourMs });
  return () => count('group');
}

/** Questions about certificates of others, in a minute: a gateway with a thousand tunnels that all begin at once. */
const maxRelayed = 3000;

/** At the same time: each is a connection to a responder, or waits for one. */
const maxRelaying = 256;

/** Bounds what is asked of responders for servers of this machine. */
export interface RelayBudget {
  /** Count a question that is about to be asked. @returns `false` when it is one too many */
  begin(): boolean;
  /** Say that one that was allowed has ended. */
  end(): void;
}

/** Make it: so many by minutes of the clock, and so many at the same time. */
export function relayBudget(clock: Pick<Clock, 'now'>): RelayBudget {
  const count = counter(clock, { most: maxRelayed, keys: 1, windowMs: minuteMs });
  let inside = 0;
  return {
    begin() {
      if (inside >= maxRelaying || !count('relay')) return false;
      inside++;
      return true;
    },
    end() {
      inside--;
    },
  };
}

function counter(
  { now }: Pick<Clock, 'now'>,
  {
    most,
    keys,
    windowMs,
  }: { readonly most: number; readonly keys: number; readonly windowMs: number },
): (key: string) => boolean {
  let window = 0;
  const counts = new Map<string, number>();
  return (key) => {
    const current = Math.floor(now().getTime() / windowMs);
    // A clock that was set back begins a window, too.
    if (current !== window) counts.clear();
    window = current;
    const count = (counts.get(key) ?? 0) + 1;
    if (count > most || (count === 1 && counts.size >= keys)) return false;
    counts.set(key, count);
    return true;
  };
}
