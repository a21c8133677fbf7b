import type { Database } from './database.ts';
import type { Staples } from './staples-contract.ts';

/** What staples need of a store; its code is loaded at the first call. */
export function lateStaples(database: Database): Staples {
  const table = async () => (await import('./staples.ts')).sqliteStaples(database);
  return {
    get: async (...args) => (await table()).get(...args),
    list: async () => (await table()).list(),
    overview: async (...args) => (await table()).overview(...args),
    of: async (...args) => (await table()).of(...args),
    put: async (...args) => (await table()).put(...args),
    keepOnly: async (...args) => (await table()).keepOnly(...args),
    endpoints: async (...args) => (await table()).endpoints(...args),
    putEndpoint: async (...args) => (await table()).putEndpoint(...args),
    removeEndpoint: async (...args) => (await table()).removeEndpoint(...args),
    report: async (...args) => (await table()).report(...args),
  };
}
