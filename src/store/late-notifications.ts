import type { Database } from './database.ts';
import type { Sealer } from './sealer.ts';
import type { Store } from './store.ts';

/** What notifications need of a store; the code of each table is loaded at its first call. */
export function lateNotifications(
  database: Database,
  unlock: () => Promise<Sealer>,
): Pick<Store, 'alarms' | 'outbox' | 'destinations' | 'snmpEngine'> {
  const alarms = async () => (await import('./alarms.ts')).sqliteAlarms(database);
  const outbox = async () => (await import('./outbox.ts')).sqliteOutbox(database);
  const destinations = async () =>
    (await import('./destinations.ts')).sqliteDestinations(database, unlock);
  const engines = async () => (await import('./destinations.ts')).sqliteSnmpEngines(database);
  return {
    alarms: {
      find: async (...args) => (await alarms()).find(...args),
      watched: async (...args) => (await alarms()).watched(...args),
      names: async (...args) => (await alarms()).names(...args),
      sources: async () => (await alarms()).sources(),
      forget: async (...args) => (await alarms()).forget(...args),
      of: async (...args) => (await alarms()).of(...args),
      list: async (...args) => (await alarms()).list(...args),
      takeSequence: async () => (await alarms()).takeSequence(),
      isWanted: async () => (await alarms()).isWanted(),
      look: async (...args) => (await alarms()).look(...args),
      seen: async (...args) => (await alarms()).seen(...args),
      believe: async (...args) => (await alarms()).believe(...args),
    },
    outbox: {
      of: async (...args) => (await outbox()).of(...args),
      sizes: async () => (await outbox()).sizes(),
      add: async (...args) => (await outbox()).add(...args),
      begin: async (...args) => (await outbox()).begin(...args),
      sent: async (...args) => (await outbox()).sent(...args),
      failed: async (...args) => (await outbox()).failed(...args),
    },
    destinations: {
      list: async () => (await destinations()).list(),
      get: async (...args) => (await destinations()).get(...args),
      secrets: async (...args) => (await destinations()).secrets(...args),
      put: async (...args) => (await destinations()).put(...args),
      remove: async (...args) => (await destinations()).remove(...args),
    },
    snmpEngine: {
      get: async () => (await engines()).get(),
      change: async (...args) => (await engines()).change(...args),
    },
  };
}
