import { join } from 'node:path';

import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import type { Authorities } from './authorities-contract.ts';
import type { StoreCare } from './care-contract.ts';
import { openDatabase, type Database } from './database.ts';
import { joinWrites } from './joined-writes.ts';
import { lateIpsecPeers } from './late-ipsec.ts';
import { lateNotifications } from './late-notifications.ts';
import { lateStaples } from './late-staples.ts';
import { lateValidation } from './late-validation.ts';
import type { Deployments } from './deployments-contract.ts';
import { preparePrivateDirectory } from './private-files.ts';
import { schema } from './schema.ts';
import type { Keyring, Sealer } from './sealer.ts';
import type { StoreKeySource } from './store-key.ts';
import type { Keys } from './keys-contract.ts';
import type { Certificates, Store, Transactions } from './store.ts';

/** What `openStore` needs. */
export interface StoreOptions {
  /** The state directory, absolute; made when it does not exist. */
  readonly directory: string;
  readonly clock: Pick<Clock, 'sleep'>;
  readonly random: Random;
  /** Where the store key comes from; `store.key` in the state directory without it. */
  readonly storeKey?: StoreKeySource;
  /** Called after every committed write transaction with their number so far. */
  readonly onWrite?: (count: number) => void;
  /** Called after each change to a file beside the database. */
  readonly onFileChange?: () => void;
  /** Limit of the database in pages of 4 KiB; beyond it a write fails as on a full disk. */
  readonly maxPages?: number;
  /** How long SQLite itself waits for a lock, blocking the process; 200 without it. */
  readonly busyTimeoutMs?: number;
  /** Join what is written at the same time, for who works on many names at a time; see `joinWrites`. */
  readonly joinsWrites?: boolean;
}

/**
 * Open the store in a state directory, or make a new one. No key is asked for before the first secret
 * is sealed or opened.
 *
 * @throws {CertError} STORE_NEWER, STORE_LOCKED, STORE_CORRUPT, STORE_FULL, STORE_UNWRITABLE, or
 *   CONFIG_INVALID when the directory is somebody else's
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { directory } = options;
  preparePrivateDirectory(directory, databaseName);
  const path = join(directory, databaseName);
  const opened = await openDatabase({ ...options, path, migrations: schema });
  const database =
    options.joinsWrites === true
      ? { ...opened, write: joinWrites(opened.write, setImmediate) }
      : opened;
  const keyring = lateKeyring(database, options);
  const unlock: Unlock = async () => (await keyring()).unlock();
  return {
    authorities: lateAuthorities(database, unlock),
    keys: lateKeys(database, unlock),
    certificates: lateCertificates(database, unlock),
    deployments: lateDeployments(database),
    transactions: lateTransactions(database, unlock),
    ...lateEntries(database, unlock),
    ...lateRecords(database),
    ...lateNotifications(database, unlock),
    ...lateValidation(database, unlock),
    staples: lateStaples(database),
    ipsecPeers: lateIpsecPeers(database),
    care: lateCare(database, keyring, options),
    close: () => database.close(),
  };
}

const databaseName = 'store.db';

// Each table's code is loaded at its first call. A command that only shows something touches one or two
// of them, and every module costs a third of a millisecond of its start.

type Unlock = () => Promise<Sealer>;

type GetKeyring = () => Promise<Keyring>;

function lateKeyring(
  database: Database,
  { directory, random, storeKey }: StoreOptions,
): GetKeyring {
  return once(async () => {
    const { keyringFor } = await import('./sealer.ts');
    const { storeKeyFile } = await import('./store-key.ts');
    return keyringFor(database, random, storeKey ?? storeKeyFile(directory, random), directory);
  });
}

function lateCare(database: Database, keyring: GetKeyring, options: StoreOptions): StoreCare {
  return {
    checkKey: async () => (await keyring()).check(),
    async findDamage() {
      const { findDamage } = await import('./damage.ts');
      return findDamage(database);
    },
    async rekey(change) {
      const { rekey } = await import('./rekey.ts');
      return rekey({ ...options, database, keyring: await keyring() }, change);
    },
    async backUp(backup) {
      const { backUp } = await import('./backup.ts');
      return backUp({ ...options, database, keyring: await keyring() }, backup);
    },
    async backUpAside(backup) {
      const { backUpInThread } = await import('./backup-thread.ts');
      return backUpInThread(database.path, backup, options.random);
    },
  };
}

function lateAuthorities(database: Database, unlock: Unlock): Authorities {
  const table = once(async () =>
    (await import('./authorities.ts')).sqliteAuthorities(database, unlock),
  );
  return {
    put: async (...args) => (await table()).put(...args),
    get: async (...args) => (await table()).get(...args),
    list: async (...args) => (await table()).list(...args),
    remove: async (...args) => (await table()).remove(...args),
    kept: async (...args) => (await table()).kept(...args),
    secret: async (...args) => (await table()).secret(...args),
    proxyPassword: async (...args) => (await table()).proxyPassword(...args),
    addRoot: async (...args) => (await table()).addRoot(...args),
    replaceRoots: async (...args) => (await table()).replaceRoots(...args),
    requestTemplate: async (...args) => (await table()).requestTemplate(...args),
    putRequestTemplate: async (...args) => (await table()).putRequestTemplate(...args),
  };
}

function lateKeys(database: Database, unlock: Unlock): Keys {
  const table = once(async () => (await import('./keys.ts')).sqliteKeys(database, unlock));
  return {
    publicKey: async (...args) => (await table()).publicKey(...args),
    privateKey: async (...args) => (await table()).privateKey(...args),
    findBySpki: async (...args) => (await table()).findBySpki(...args),
  };
}

function lateCertificates(database: Database, unlock: Unlock): Certificates {
  const table = once(async () =>
    (await import('./certificates.ts')).sqliteCertificates(database, unlock),
  );
  return {
    current: async (...args) => (await table()).current(...args),
    latest: async (...args) => (await table()).latest(...args),
    get: async (...args) => (await table()).get(...args),
    list: async (...args) => (await table()).list(...args),
    versions: async (...args) => (await table()).versions(...args),
    pendingDelivery: async (...args) => (await table()).pendingDelivery(...args),
    markDelivered: async (...args) => (await table()).markDelivered(...args),
    deliveryFailed: async (...args) => (await table()).deliveryFailed(...args),
    restore: async (...args) => (await table()).restore(...args),
    import: async (...args) => (await table()).import(...args),
    page: async (...args) => (await table()).page(...args),
    names: async (...args) => (await table()).names(...args),
    expiring: async (...args) => (await table()).expiring(...args),
    move: async (...args) => (await table()).move(...args),
    remove: async (...args) => (await table()).remove(...args),
  };
}

function lateDeployments(database: Database): Deployments {
  const table = once(async () => (await import('./deployments.ts')).sqliteDeployments(database));
  return {
    list: async (...args) => (await table()).list(...args),
    put: async (...args) => (await table()).put(...args),
    remove: async (...args) => (await table()).remove(...args),
    names: async () => (await table()).names(),
    restart: async (...args) => (await table()).restart(...args),
    charons: async () => (await table()).charons(),
    report: async (...args) => (await table()).report(...args),
    hook: async (...args) => (await table()).hook(...args),
    putHook: async (...args) => (await table()).putHook(...args),
    removeHook: async (...args) => (await table()).removeHook(...args),
    recordRun: async (...args) => (await table()).recordRun(...args),
    runs: async (...args) => (await table()).runs(...args),
  };
}

function lateTransactions(database: Database, unlock: Unlock): Transactions {
  const table = once(async () =>
    (await import('./transactions.ts')).sqliteTransactions(database, unlock),
  );
  return {
    open: async (...args) => (await table()).open(...args),
    advance: async (...args) => (await table()).advance(...args),
    finish: async (...args) => (await table()).finish(...args),
    replace: async (...args) => (await table()).replace(...args),
    overview: async (...args) => (await table()).overview(...args),
    outstanding: async (...args) => (await table()).outstanding(...args),
    outstandingFrom: async (...args) => (await table()).outstandingFrom(...args),
    get: async (...args) => (await table()).get(...args),
    credential: async (...args) => (await table()).credential(...args),
    clear: async (...args) => (await table()).clear(...args),
  };
}

function lateEntries(
  database: Database,
  unlock: Unlock,
): Pick<Store, 'caCertificates' | 'keyRequests' | 'nameSettings' | 'audit' | 'schedule'> {
  const authorities = once(async () =>
    (await import('./ca-certificates.ts')).sqliteCaCertificates(database),
  );
  const requests = once(async () =>
    (await import('./key-requests.ts')).sqliteKeyRequests(database, unlock),
  );
  const settings = once(async () =>
    (await import('./name-settings.ts')).sqliteNameSettings(database),
  );
  const schedule = once(async () => (await import('./schedule.ts')).sqliteSchedule(database));
  const audit = once(async () => (await import('./audit.ts')).sqliteAudit(database));
  return {
    caCertificates: {
      put: async (...args) => (await authorities()).put(...args),
      get: async (...args) => (await authorities()).get(...args),
      list: async (...args) => (await authorities()).list(...args),
      findBySubject: async (...args) => (await authorities()).findBySubject(...args),
      remove: async (...args) => (await authorities()).remove(...args),
    },
    keyRequests: {
      put: async (...args) => (await requests()).put(...args),
      get: async (...args) => (await requests()).get(...args),
      list: async (...args) => (await requests()).list(...args),
      remove: async (...args) => (await requests()).remove(...args),
    },
    nameSettings: {
      get: async (...args) => (await settings()).get(...args),
      of: async (...args) => (await settings()).of(...args),
      set: async (...args) => (await settings()).set(...args),
      remove: async (...args) => (await settings()).remove(...args),
      names: async () => (await settings()).names(),
      having: async (...args) => (await settings()).having(...args),
    },
    schedule: {
      due: async (...args) => (await schedule()).due(...args),
      entry: async (...args) => (await schedule()).entry(...args),
      all: async (...args) => (await schedule()).all(...args),
      count: async () => (await schedule()).count(),
      next: async (...args) => (await schedule()).next(...args),
      plan: async (...args) => (await schedule()).plan(...args),
      forget: async (...args) => (await schedule()).forget(...args),
      wake: async (...args) => (await schedule()).wake(...args),
      failing: async (...args) => (await schedule()).failing(...args),
      failures: async (...args) => (await schedule()).failures(...args),
      failed: async (...args) => (await schedule()).failed(...args),
      recovered: async (...args) => (await schedule()).recovered(...args),
      issuedSince: async (...args) => (await schedule()).issuedSince(...args),
      silentCas: async (...args) => (await schedule()).silentCas(...args),
      caSilent: async (...args) => (await schedule()).caSilent(...args),
      caAnswered: async (...args) => (await schedule()).caAnswered(...args),
    },
    audit: {
      begin: async (...args) => (await audit()).begin(...args),
      end: async (...args) => (await audit()).end(...args),
      list: async (...args) => (await audit()).list(...args),
    },
  };
}

function lateRecords(
  database: Database,
): Pick<Store, 'crls' | 'history' | 'statistics' | 'settings' | 'leases'> {
  const crls = once(async () => (await import('./crls.ts')).sqliteCrls(database));
  const history = once(async () => (await import('./history.ts')).sqliteHistory(database));
  const statistics = once(async () => (await import('./statistics.ts')).sqliteStatistics(database));
  const settings = once(async () => (await import('./settings.ts')).sqliteSettings(database));
  const leases = once(async () => (await import('./leases.ts')).sqliteLeases(database));
  return {
    crls: {
      put: async (...args) => (await crls()).put(...args),
      get: async (...args) => (await crls()).get(...args),
      list: async (...args) => (await crls()).list(...args),
    },
    history: {
      list: async (...args) => (await history()).list(...args),
      last: async (...args) => (await history()).last(...args),
      record: async (...args) => (await history()).record(...args),
    },
    statistics: {
      read: async (...args) => (await statistics()).read(...args),
      record: async (...args) => (await statistics()).record(...args),
      clear: async (...args) => (await statistics()).clear(...args),
    },
    settings: {
      get: async (...args) => (await settings()).get(...args),
      set: async (...args) => (await settings()).set(...args),
      remove: async (...args) => (await settings()).remove(...args),
      list: async (...args) => (await settings()).list(...args),
    },
    leases: {
      acquire: async (...args) => (await leases()).acquire(...args),
      renew: async (...args) => (await leases()).renew(...args),
      release: async (...args) => (await leases()).release(...args),
      holder: async (...args) => (await leases()).holder(...args),
      free: async (...args) => (await leases()).free(...args),
    },
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
