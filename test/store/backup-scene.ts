import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

import Sqlite from 'better-sqlite3';
import { onTestFinished } from 'vitest';

import type { NewBackup } from '../../src/store/care-contract.ts';
import { openStore, type StoreOptions } from '../../src/store/open.ts';
import {
  prepareRestore,
  type PreparedRestore,
  type RestoreOptions,
} from '../../src/store/restore.ts';
import type { StoreKeySource } from '../../src/store/store-key.ts';
import type { Store } from '../../src/store/store.ts';
import { at, granted, named, newTransaction, profile, random } from './sample.ts';
import { storeOptions, temporaryDirectory } from './sample.ts';

/** A place with a store in `state`, and a folder for backups. */
export interface Scene {
  readonly state: string;
  readonly file: string;
  readonly store: Store;
  readonly keyId: number;
  readonly privateKey: Uint8Array;
}

/** Open a store, until the test ends. */
export async function opened(
  directory: string,
  changes: Partial<StoreOptions> = {},
): Promise<Store> {
  const store = await openStore({ ...storeOptions(directory), ...changes });
  onTestFinished(() => store.close());
  return store;
}

/** Make a store with a certificate and an outstanding request, and a folder for backups. */
export async function scene(changes: Partial<StoreOptions> = {}): Promise<Scene> {
  const home = temporaryDirectory();
  const state = join(home, 'state');
  mkdirSync(join(home, 'backups'), { mode: 0o700 });
  const store = await opened(state, changes);
  await store.authorities.put(profile(), random.bytes(16));
  const { keyId = 0 } = await granted(store, 'gw1');
  await store.transactions.open(newTransaction({ name: named('gw2') }), []);
  const privateKey = await store.keys.privateKey(keyId);
  return { state, file: join(home, 'backups', 'a.db'), store, keyId, privateKey };
}

/** Ask for a backup. */
export function backup(path: string, changes: Partial<NewBackup> = {}): NewBackup {
  return { path, withKey: false, isReplacing: false, at: at(7), ...changes };
}

/** Read a backup. */
export async function prepared(
  { state, file }: Pick<Scene, 'state' | 'file'>,
  changes: Partial<RestoreOptions> = {},
): Promise<PreparedRestore> {
  const restore = await prepareRestore({
    directory: state,
    file,
    random,
    clock: { now: () => at(100), sleep: async () => {} },
    isDead: () => false,
    ...changes,
  });
  onTestFinished(() => restore.close());
  return restore;
}

/** Read a backup and put it in the place of the store. */
export async function restored(
  place: Pick<Scene, 'state' | 'file'>,
  changes: Partial<RestoreOptions> = {},
): Promise<string | undefined> {
  const restore = await prepared(place, changes);
  const kept = await restore.commit();
  restore.close();
  return kept;
}

/** Change a database with no certkeeper about. */
export function sabotage(path: string, sql: string): void {
  const connection = new Sqlite(path);
  connection.exec(sql);
  connection.close();
}

/** Give the store key of a store, as a source. */
export async function keyOf(state: string): Promise<StoreKeySource> {
  const key = new Uint8Array(readFileSync(join(state, 'store.key')));
  return async () => key;
}
