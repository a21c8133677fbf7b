import { toHex } from '../../src/base/bytes.ts';
import type { Store } from '../../src/store/store.ts';

/** Counts how often what may be read of each table was changed, over all processes that have the database open. */
export interface Changes {
  count(group: string): number;
  /** A write was committed in whatever these methods of the store do. */
  changed(groups: Iterable<string>): void;
}

/** What changes when something is written by the methods of a table; everything where nothing is said. */
const touched: Readonly<Record<string, readonly string[]>> = {
  leases: [],
  schedule: ['schedule'],
  audit: ['audit'],
  statistics: ['statistics'],
  alarms: ['alarms', 'outbox', 'destinations'],
  outbox: ['outbox', 'destinations'],
  snmpEngine: ['snmpEngine'],
  settings: ['settings'],
  staples: ['staples', 'schedule'],
  nameSettings: ['nameSettings', 'schedule'],
};

/** What a request and its certificate leave as it is. */
const lasting: ReadonlySet<string> = new Set([
  'authorities',
  'settings',
  'caCertificates',
  'alarms',
  'outbox',
  'destinations',
  'snmpEngine',
  'audit',
]);

const ofCertificates: ReadonlySet<string> = new Set([
  'certificates',
  'transactions',
  'deployments',
  'keyRequests',
  'history',
]);

/** Begin to count. */
export function countChanges(): Changes {
  let [all, fleeting] = [0, 0];
  const counts = new Map<string, number>();
  return {
    count: (group) => all + (counts.get(group) ?? 0) + (lasting.has(group) ? 0 : fleeting),
    changed(groups) {
      for (const group of groups) {
        const others = touched[group];
        if (others) for (const each of others) counts.set(each, (counts.get(each) ?? 0) + 1);
        else if (ofCertificates.has(group)) fleeting++;
        else all++;
      }
    },
  };
}

/** Reads a store, and knows what it has read as long as nobody writes there. */
export interface ReadCache {
  readonly store: Store;
  /** Called after each write to the store. */
  wrote(): void;
}

/** Never the same twice, or not worth it. */
const uncached: ReadonlySet<string> = new Set(['leases', 'audit', 'care', 'snmpEngine']);

/**
 * Remember what is read from a store until it may have changed: an agent reads the same rows again and again, and a
 * simulated one does so for years in a minute.
 */
export function readCache(
  store: Store,
  changes: Changes,
  isWriting: (group: string, method: string) => boolean,
): ReadCache {
  const writing = new Map<string, number>();
  const known = new Map<string, { readonly at: number; readonly result: Promise<unknown> }>();
  const during = (group: string, by: 1 | -1): void => {
    const now = (writing.get(group) ?? 0) + by;
    if (now === 0) writing.delete(group);
    else writing.set(group, now);
  };
  const table = (group: string, inner: object): object =>
    methodsOf(inner, (method, work) => {
      if (isWriting(group, method)) {
        return async (...args) => {
          during(group, 1);
          try {
            return await work(...args);
          } finally {
            during(group, -1);
          }
        };
      }
      if (uncached.has(group)) return work;
      return async (...args) => {
        const key = `${group}.${method} ${args.map(keyOf).join(' ')}`;
        const at = changes.count(group);
        const before = known.get(key);
        if (before?.at === at) return before.result;
        const result = work(...args);
        known.set(key, { at, result });
        result.catch(() => known.delete(key));
        // A clock that goes on asks for other times each time.
        if (known.size > 5000) known.clear();
        return result;
      };
    });
  return {
    store: tablesOf(store, table),
    wrote: () => changes.changed(writing.size > 0 ? writing.keys() : ['unknown']),
  };
}

type Method = (...args: unknown[]) => Promise<unknown>;

/** Put something around each table of a store. */
export function tablesOf(store: Store, around: (group: string, inner: object) => object): Store {
  const made = new Map<PropertyKey, object>();
  return new Proxy(store, {
    get(target, group) {
      const inner: unknown = Reflect.get(target, group);
      if (typeof inner !== 'object' || inner === null) return inner;
      const known = made.get(group) ?? around(String(group), inner);
      made.set(group, known);
      return known;
    },
  });
}

/** Put something around each method of a table. */
export function methodsOf(table: object, around: (method: string, work: Method) => Method): object {
  const made = new Map<PropertyKey, Method>();
  return new Proxy(table, {
    get(target, method) {
      const known = made.get(method);
      if (known) return known;
      const work: unknown = Reflect.get(target, method);
      if (typeof work !== 'function') return work;
      const wrapped = around(String(method), (...args) => Reflect.apply(work, target, args));
      made.set(method, wrapped);
      return wrapped;
    },
  });
}

function keyOf(value: unknown): string {
  if (value instanceof Uint8Array) return toHex(value);
  return JSON.stringify(value) ?? '-';
}
