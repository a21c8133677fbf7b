import type { Clock } from '../base/clock.ts';

/** Requests of one node within a minute: an agent with that many names to fetch takes a little longer. */
const maxRequests = 60;

/** Nodes that are counted within a minute; more than there are. */
const maxNodes = 1000;

const minuteMs = 60_000;

/**
 * Count the requests of nodes by minutes of the clock.
 *
 * @returns what counts one, and tells whether it is not too many
 */
export function requestCounter({ now }: Pick<Clock, 'now'>): (node: string) => boolean {
  let minute = 0;
  const counts = new Map<string, number>();
  return (node) => {
    const current = Math.floor(now().getTime() / minuteMs);
    // A clock that was set back begins a minute, too.
    if (current !== minute) counts.clear();
    minute = current;
    const count = (counts.get(node) ?? 0) + 1;
    if (count > maxRequests || (count === 1 && counts.size >= maxNodes)) return false;
    counts.set(node, count);
    return true;
  };
}
