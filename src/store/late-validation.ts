import type { Database } from './database.ts';
import type { Sealer } from './sealer.ts';
import type { Store } from './store.ts';

type ValidationTable =
  | 'validationObjects'
  | 'heldCrls'
  | 'crlSources'
  | 'validationStatistics'
  | 'troubledResponders'
  | 'ownRevocations';

const watch = () => import('./validation-watch.ts');

/** What judging peers needs of a store; the code of each table is loaded at its first call. */
export function lateValidation(
  database: Database,
  unlock: () => Promise<Sealer>,
): Pick<Store, ValidationTable> {
  const objects = async () =>
    (await import('./validation-objects.ts')).sqliteValidationObjects(database, unlock);
  const held = async () => (await import('./held-crls.ts')).sqliteHeldCrls(database);
  const sources = async () => (await import('./held-crls.ts')).sqliteCrlSources(database);
  const statistics = async () => (await watch()).sqliteValidationStatistics(database);
  const responders = async () => (await watch()).sqliteTroubledResponders(database);
  const own = async () => (await watch()).sqliteOwnRevocations(database);
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
    validationStatistics: {
      read: async () => (await statistics()).read(),
      add: async (...args) => (await statistics()).add(...args),
      clear: async (...args) => (await statistics()).clear(...args),
    },
    troubledResponders: {
      list: async () => (await responders()).list(),
      put: async (...args) => (await responders()).put(...args),
      remove: async (...args) => (await responders()).remove(...args),
    },
    ownRevocations: {
      list: async () => (await own()).list(),
      get: async (...args) => (await own()).get(...args),
      put: async (...args) => (await own()).put(...args),
      remove: async (...args) => (await own()).remove(...args),
    },
  };
}
