import type { Store } from '../../src/store/store.ts';

/** Bugs that can be planted, to see that they are found. */
export const plants = {
  'no-cap': 'nothing counts the certificates of a day',
  'no-backoff': 'what failed is tried again as if it had failed for the first time',
  'plan-lost': 'the plan is kept in memory only, and lost with its process',
  'key-lost': 'the key is written only with the certificate',
  'forgets-request': 'a request is forgotten by a process that is killed',
} as const;

/** A planted bug. */
export type Plant = keyof typeof plants;

/** Tell whether there is such a bug. */
export function isPlant(text: string): text is Plant {
  return Object.hasOwn(plants, text);
}

/** Give a store the bug. */
export function planted(store: Store, plant: Plant | undefined): Store {
  const { schedule, transactions } = store;
  switch (plant) {
    case 'no-cap':
      return { ...store, schedule: { ...schedule, issuedSince: async () => [] } };
    case 'no-backoff':
      return {
        ...store,
        schedule: {
          ...schedule,
          failing: async (name) =>
            (await schedule.failing(name)).map((record) => ({
              ...record,
              kind: 'failing' as const,
              count: 1,
            })),
          failed: async (name, failure) => ({
            ...(await schedule.failed(name, { ...failure, kind: 'failing' })),
            count: 1,
          }),
          silentCas: async () => (await schedule.silentCas()).map((ca) => ({ ...ca, count: 1 })),
          caSilent: async (ca, at) => ({ ...(await schedule.caSilent(ca, at)), count: 1 }),
        },
      };
    case 'key-lost':
      return {
        ...store,
        keys: {
          ...store.keys,
          // As if another key had been kept than the one that was asked for.
          publicKey: async (id) => store.keys.publicKey(Math.max(1, id - 1)),
        },
      };
    case 'plan-lost':
    case 'forgets-request':
    case undefined:
      return { ...store, transactions };
  }
}
