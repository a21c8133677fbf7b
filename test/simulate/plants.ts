import { readWindows } from '../../src/lifecycle/stored-windows.ts';
import { opensAt } from '../../src/scheduler/maintenance-window.ts';
import type { Store } from '../../src/store/store.ts';

/** Bugs that can be planted, to see that they are found. */
export const plants = {
  'no-cap': 'nothing counts the certificates of a day',
  'no-backoff': 'what failed is tried again as if it had failed for the first time',
  'plan-lost': 'the plan is kept in memory only, and lost with its process',
  'key-lost': 'the key is written only with the certificate',
  'forgets-request': 'a request is forgotten by a process that is killed',
  'alarm-stays': 'what is over is not cleared',
  'end-not-told': 'an alarm ends, and nobody is told',
  'removed-stands': 'what stands of a name stays when the name is removed',
  'inform-lost': 'an inform that was not answered is given up at once',
  'inform-stuck': 'an inform that was not answered is never sent again',
  'one-for-all': 'where one CA is silent, all are taken to be',
  'no-window': 'nobody looks for maintenance windows',
  'window-first': 'a window is waited for, also past the end of a certificate',
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
    case 'alarm-stays':
      return {
        ...store,
        alarms: {
          ...store.alarms,
          look: (subject, now, work) =>
            store.alarms.look(subject, now, (standing) => {
              const look = work(standing);
              const over = standing.alarms.filter(
                ({ key }) => !look.alarms.some((alarm) => alarm.key === key),
              );
              const notifications = look.notifications.filter(
                ({ severity }) => severity !== 'cleared',
              );
              return { ...look, alarms: [...look.alarms, ...over], notifications };
            }),
        },
      };
    case 'end-not-told':
      return {
        ...store,
        alarms: {
          ...store.alarms,
          look: (subject, now, work) =>
            store.alarms.look(subject, now, (standing) => {
              const look = work(standing);
              const notifications = look.notifications.filter(({ ends }) => ends.length === 0);
              return { ...look, notifications };
            }),
        },
      };
    case 'removed-stands':
      return {
        ...store,
        alarms: {
          ...store.alarms,
          async find(kind, name) {
            const versions = await store.certificates.versions(name);
            return versions.length === 0 ? undefined : store.alarms.find(kind, name);
          },
        },
      };
    case 'inform-lost':
      return {
        ...store,
        outbox: {
          ...store.outbox,
          failed: async (entry, _next, failure) => store.outbox.failed(entry, undefined, failure),
        },
      };
    case 'inform-stuck':
      return {
        ...store,
        outbox: {
          ...store.outbox,
          of: async (destination) =>
            (await store.outbox.of(destination)).filter(({ attempts }) => attempts === 0),
        },
      };
    case 'one-for-all':
      return {
        ...store,
        schedule: {
          ...schedule,
          async caSilent(ca, at) {
            for (const { label } of await store.authorities.list()) {
              if (label !== ca) await schedule.caSilent(label, at);
            }
            return schedule.caSilent(ca, at);
          },
        },
      };
    case 'window-first':
      return {
        ...store,
        schedule: {
          ...schedule,
          async plan(plans) {
            const windows = await readWindows(store);
            return schedule.plan(
              plans.map(({ entry, at }) => ({ entry, at: at && opensAt(windows, at) })),
            );
          },
        },
      };
    case 'no-window':
      return {
        ...store,
        settings: {
          ...store.settings,
          get: async (key) => (key === 'maintenance-windows' ? undefined : store.settings.get(key)),
        },
      };
    case 'plan-lost':
    case 'forgets-request':
    case undefined:
      return { ...store, transactions };
  }
}
