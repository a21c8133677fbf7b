import type { Store } from '../../src/store/store.ts';
import type { WorldClock } from './clock.ts';

/** Bugs that can be planted, to see that they are found. */
export const staplePlants = {
  'no-backoff': 'what failed is tried again as if it had failed for the first time',
  'all-at-once': 'everything is asked for at full hours',
  forgets: 'what is kept is lost with the process',
  'never-withdrawn': 'what has ended stays where it is served',
  'not-retried': 'what failed is not tried again for two days',
} as const;

/** A planted bug. */
export type StaplePlant = keyof typeof staplePlants;

/** Tell whether there is such a bug. */
export function isStaplePlant(text: string): text is StaplePlant {
  return Object.hasOwn(staplePlants, text);
}

const hourMs = 3_600_000;

/** Give the store of one process the bug. */
export function plantStaples(store: Store, plant: StaplePlant, clock: WorldClock): Store {
  const { staples } = store;
  const known = new Set<string>();
  const soon = (ms: number): Date => new Date(clock.nowMs + ms);
  switch (plant) {
    case 'no-backoff':
      return {
        ...store,
        staples: {
          ...staples,
          put: (kept) => staples.put(kept.failures > 1 ? { ...kept, nextAt: soon(60_000) } : kept),
        },
      };
    case 'all-at-once':
      return {
        ...store,
        staples: {
          ...staples,
          put: (kept) => {
            const at = Math.ceil(kept.nextAt.getTime() / hourMs) * hourMs;
            return staples.put({ ...kept, nextAt: new Date(at) });
          },
        },
      };
    case 'forgets':
      return {
        ...store,
        staples: {
          ...staples,
          // Of what another process has kept nothing is there.
          get: async (certificate) =>
            known.has(certificate) ? staples.get(certificate) : undefined,
          put: (kept) => {
            known.add(kept.certificate);
            return staples.put(kept);
          },
        },
      };
    case 'not-retried':
      return {
        ...store,
        staples: {
          ...staples,
          put: (kept) =>
            staples.put(kept.failures > 0 ? { ...kept, nextAt: soon(48 * hourMs) } : kept),
        },
      };
    case 'never-withdrawn':
      return store;
  }
}
