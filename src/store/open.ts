import { join } from 'node:path';

import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import { sqliteAuthorities } from './authorities.ts';
import { sqliteCertificates } from './certificates.ts';
import { openDatabase } from './database.ts';
import { sqliteHistory } from './history.ts';
import { sqliteKeys } from './keys.ts';
import { preparePrivateDirectory } from './private-files.ts';
import { schema } from './schema.ts';
import { sealerFor } from './sealer.ts';
import { sqliteSettings } from './settings.ts';
import { sqliteStatistics } from './statistics.ts';
import { storeKeyFile, type StoreKeySource } from './store-key.ts';
import type { Store } from './store.ts';
import { sqliteTransactions } from './transactions.ts';

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
  /** Limit of the database in pages of 4 KiB; beyond it a write fails as on a full disk. */
  readonly maxPages?: number;
  /** How long SQLite itself waits for a lock, blocking the process; 200 without it. */
  readonly busyTimeoutMs?: number;
}

/**
 * Open the store in a state directory, or make a new one. No key is asked for before the first secret
 * is sealed or opened.
 *
 * @throws {CertError} STORE_NEWER, STORE_LOCKED, STORE_CORRUPT, STORE_FULL, STORE_UNWRITABLE, or
 *   CONFIG_INVALID when the directory is somebody else's
 */
export async function openStore(options: StoreOptions): Promise<Store> {
  const { directory, random, storeKey, ...rest } = options;
  preparePrivateDirectory(directory, databaseName);
  const path = join(directory, databaseName);
  const database = await openDatabase({ ...rest, path, migrations: schema });
  const unlock = sealerFor(database, random, storeKey ?? storeKeyFile(directory, random));
  return {
    authorities: sqliteAuthorities(database, unlock),
    keys: sqliteKeys(database, unlock),
    certificates: sqliteCertificates(database, unlock),
    transactions: sqliteTransactions(database, unlock),
    history: sqliteHistory(database),
    statistics: sqliteStatistics(database),
    settings: sqliteSettings(database),
    close: () => database.close(),
  };
}

const databaseName = 'store.db';
