import type { Database } from './database.ts';
import type { Sealer } from './sealer.ts';
import type { Store } from './store.ts';

/** What judging peers needs of a store; the code of each table is loaded at its first call. */
export function lateValidation(
  database: Database,
  unlock: () => Promise<Sealer>,
): Pick<Store, 'validationObjects' | 'heldCrls' | 'crlSources'> {
  const objects = async () =>
    (await import('./validation-objects.ts')).sqliteValidationObjects(database, unlock);
  const held = async () => (await import('./held-crls.ts')).sqliteHeldCrls(database);
  const sources = async () => (await import('./held-crls.ts')).sqliteCrlSources(database);
  return {
    validationObjects: {
      list: async (...args) => (await objects()).list(...args),
      get: async (...args) => (await objects()).get(...args),
      secrets: async (...args) => (await objects()).secrets(...args),
      put: async (...args) => (await objects()).put(...args),
      remove: async (...args) => (await objects()).remove(...args),
    },
    heldCrls: {
      put: async (...args) => (await held()).put(...args),
      list: async () => (await held()).list(),
      ofIssuer: async (...args) => (await held()).ofIssuer(...args),
      get: async (...args) => (await held()).get(...args),
      remove: async (...args) => (await held()).remove(...args),
    },
    crlSources: {
      list: async () => (await sources()).list(),
      get: async (...args) => (await sources()).get(...args),
      due: async (...args) => (await sources()).due(...args),
      nextAt: async () => (await sources()).nextAt(),
      put: async (...args) => (await sources()).put(...args),
      remove: async (...args) => (await sources()).remove(...args),
    },
  };
}
