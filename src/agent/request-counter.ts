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

/** Count, by minutes of the clock, what is asked of responders for servers of this machine. */
export function relayCounter(clock: Pick<Clock, 'now'>): () => boolean {
  const count = counter(clock, { most: maxRelayed, keys: 1, windowMs: minuteMs });
  return () => count('relay');
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
