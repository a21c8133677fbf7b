import {
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import Sqlite from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';

import { utf8 } from '../../src/base/bytes.ts';
import type { NewBackup } from '../../src/store/care-contract.ts';
import { openStore, type StoreOptions } from '../../src/store/open.ts';
import {
  prepareRestore,
  type PreparedRestore,
  type RestoreOptions,
} from '../../src/store/restore.ts';
import type { Store } from '../../src/store/store.ts';
import { at, coded, granted, imported, named, newTransaction, profile, random } from './sample.ts';
import { storeOptions, temporaryDirectory } from './sample.ts';

/** A place with a store in `state`, and a folder for backups. */
interface Scene {
  readonly state: string;
  readonly file: string;
  readonly store: Store;
  readonly keyId: number;
  readonly privateKey: Uint8Array;
}

async function opened(directory: string, changes: Partial<StoreOptions> = {}): Promise<Store> {
  const store = await openStore({ ...storeOptions(directory), ...changes });
  onTestFinished(() => store.close());
  return store;
}

async function scene(changes: Partial<StoreOptions> = {}): Promise<Scene> {
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

const typed = async () => ({ passphrase: utf8('correct horse battery') });

function backup(path: string, changes: Partial<NewBackup> = {}): NewBackup {
  return { path, withKey: false, isReplacing: false, at: at(7), ...changes };
}

async function prepared(
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

async function restored(
  place: Pick<Scene, 'state' | 'file'>,
  changes: Partial<RestoreOptions> = {},
) {
  const restore = await prepared(place, changes);
  const kept = await restore.commit();
  restore.close();
  return kept;
}

function sabotage(path: string, sql: string): void {
  const connection = new Sqlite(path);
  connection.exec(sql);
  connection.close();
}

describe('care.backUp()', () => {
  it('writes one file, closed to others, with everything but the key', async () => {
    const { store, file, state } = await scene();
    expect(await store.care.backUp(backup(file))).toStrictEqual({
      counts: { certificates: 1, keys: 2, authorities: 1, transactions: 1 },
      sealedUnder: 'key',
      octets: statSync(file).size,
    });
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(readdirSync(join(file, '..'))).toStrictEqual(['a.db']);
    const key = readFileSync(join(state, 'store.key'));
    expect(readFileSync(file).includes(key)).toBe(false);

    await store.care.backUp(backup(file, { isReplacing: true, withKey: true }));
    expect(readFileSync(file).includes(key)).toBe(true);
    // Nor is it left of the earlier one in the next.
    await store.care.backUp(backup(file, { isReplacing: true }));
    expect(readFileSync(file).includes(key)).toBe(false);
  });

  it('leaves a file that exists as it is', async () => {
    const { store, file } = await scene();
    writeFileSync(file, 'Dear');
    await expect(store.care.backUp(backup(file))).rejects.toMatchObject({
      ...coded('FILE_UNWRITABLE'),
      hint: expect.stringContaining('replace'),
    });
    expect(readFileSync(file, 'utf8')).toBe('Dear');
    expect(readdirSync(join(file, '..'))).toStrictEqual(['a.db']);
  });

  it('holds what was committed, while others write', async () => {
    const { store, file, state } = await scene();
    const other = await opened(state);
    const writing = (async () => {
      for (let n = 0; n < 20; n++) await imported(other, `during-${n}`);
    })();
    const { counts } = await store.care.backUp(backup(file));
    await writing;
    expect(counts.certificates).toBeGreaterThanOrEqual(1);
    expect(await other.certificates.list()).toHaveLength(21);
    await (await prepared({ state: `${state}2`, file }, { storeKey: await keyOf(state) })).commit();
    const copy = await opened(`${state}2`);
    expect(await copy.certificates.list()).toHaveLength(counts.certificates);
  });

  it('says when there is no place for it, and leaves nothing', async () => {
    const { store, file } = await scene();
    await expect(store.care.backUp(backup(join(file, '..', 'none', 'b.db')))).rejects.toMatchObject(
      coded('STORE_UNWRITABLE'),
    );
  });

  it('puts no passphrase into it', async () => {
    const { store, file } = await scene({ storeKey: typed });
    await expect(store.care.backUp(backup(file, { withKey: true }))).rejects.toMatchObject(
      coded('CONFIG_INVALID'),
    );
    expect(await store.care.backUp(backup(file))).toMatchObject({ sealedUnder: 'passphrase' });
  });

  it('tidies up after one that was killed long ago, and after no other', async () => {
    const { store, file } = await scene();
    const [old, young, other] = [
      `.a.db.${'0'.repeat(16)}.new`,
      `.a.db.${'1'.repeat(16)}.new`,
      `.b.db.${'2'.repeat(16)}.new`,
    ].map((name) => join(file, '..', name));
    for (const path of [old, young, other]) writeFileSync(path ?? '', '');
    const [now, then] = [at(7), at(-4000)];
    utimesSync(old ?? '', then, then);
    utimesSync(young ?? '', now, now);
    utimesSync(other ?? '', then, then);
    await store.care.backUp(backup(file));
    expect(readdirSync(join(file, '..')).toSorted()).toStrictEqual([
      `.a.db.${'1'.repeat(16)}.new`,
      `.b.db.${'2'.repeat(16)}.new`,
      'a.db',
    ]);
  });
});

async function keyOf(state: string) {
  const key = new Uint8Array(readFileSync(join(state, 'store.key')));
  return async () => key;
}

describe('prepareRestore()', () => {
  it('puts the store of then back, and keeps the one of now', async () => {
    const { store, file, state, keyId, privateKey } = await scene();
    await store.care.backUp(backup(file));
    await granted(store, 'gw9');
    await store.close();

    const restore = await prepared({ state, file });
    expect(restore).toMatchObject({
      madeAt: at(7),
      counts: { certificates: 1, transactions: 1 },
      bringsKey: false,
      isReplacing: true,
    });
    const kept = await restore.commit();
    restore.close();
    expect(readdirSync(state).toSorted()).toStrictEqual([
      'store.db',
      'store.db.before-restore',
      'store.key',
    ]);
    const again = await opened(state);
    expect(await again.keys.privateKey(keyId)).toStrictEqual(privateKey);
    expect((await again.certificates.list()).map(({ name }) => name)).toStrictEqual(['gw1']);
    expect(kept).toBe(join(state, 'store.db.before-restore'));
    // What was kept is a backup like any other.
    await again.close();
    await restored({ state, file: copyOf(kept ?? '', file) });
    const back = await opened(state);
    expect(await back.certificates.list()).toHaveLength(2);
  });

  it('applies nothing that is in the write-ahead log of the store of now', async () => {
    const { store, file, state } = await scene();
    await store.care.backUp(backup(file));
    const dying = await opened(state);
    await imported(dying, 'late');
    await dying.close();
    await store.close();
    await restored({ state, file });
    expect(await (await opened(state)).certificates.current('late')).toBeUndefined();
  });

  it('takes the key from the backup, where the store has none or another', async () => {
    const { store, file, state, keyId, privateKey } = await scene();
    await store.care.backUp(backup(file, { withKey: true }));
    await store.care.rekey({ isDataKeyNew: true });
    await store.close();
    const now = readFileSync(join(state, 'store.key'));
    for (const place of [state, `${state}-new`]) {
      const restore = await prepared({ state: place, file });
      expect(restore.bringsKey).toBe(true);
      await restore.commit();
      restore.close();
      const again = await opened(place);
      expect(await again.keys.privateKey(keyId)).toStrictEqual(privateKey);
    }
    expect(readFileSync(join(state, 'store.key.before-restore'))).toStrictEqual(now);
    // The key is in no database that is in use.
    const key = readFileSync(join(state, 'store.key'));
    expect(readFileSync(join(state, 'store.db')).includes(key)).toBe(false);
  });

  it('without the right key changes nothing', async () => {
    const { store, file, state } = await scene();
    await store.care.backUp(backup(file));
    await store.care.rekey({ isDataKeyNew: false });
    await store.close();
    const before = readFileSync(join(state, 'store.db'));
    await expect(prepared({ state, file })).rejects.toMatchObject(coded('STORE_KEY_WRONG'));
    await expect(prepared({ state: `${state}2`, file })).rejects.toMatchObject(
      coded('STORE_KEY_MISSING'),
    );
    expect(readFileSync(join(state, 'store.db'))).toStrictEqual(before);
    expect(readdirSync(state).toSorted()).toStrictEqual(['store.db', 'store.key']);
    expect(readdirSync(`${state}2`)).toStrictEqual([]);
  });

  it('refuses while another has the store open', async () => {
    const { store, file, state } = await scene();
    await store.care.backUp(backup(file));
    await expect(prepared({ state, file })).rejects.toMatchObject(coded('STORE_LOCKED'));
    await store.close();
    const restore = await prepared({ state, file });
    const late = await opened(state);
    await late.authorities.list();
    await expect(restore.commit()).rejects.toMatchObject(coded('STORE_LOCKED'));
    expect(await late.certificates.list()).toHaveLength(1);
  });

  it('refuses while a name is held by a process that may live, and takes no hold of then over', async () => {
    const { store, file, state } = await scene();
    const owner = { id: 'a', pid: 71, startedAt: '1', host: 'h', boot: 'b', pidNamespace: 'n' };
    await store.leases.acquire('gw1', owner, at(0), at(3600), () => true);
    await store.care.backUp(backup(file));
    await store.close();
    await expect(prepared({ state, file })).rejects.toMatchObject({
      ...coded('IN_PROGRESS'),
      message: expect.stringContaining('process 71 on h'),
    });
    await restored({ state, file }, { isDead: () => true });
    expect(await (await opened(state)).leases.holder('gw1')).toBeUndefined();
  });

  it.each([
    ['STORE_CORRUPT', 'is no database', (file: string) => writeFileSync(file, 'Dear'.repeat(4000))],
    ['STORE_CORRUPT', 'is empty', (file: string) => writeFileSync(file, '')],
    [
      'STORE_CORRUPT',
      'is of something else',
      (file: string) => {
        rmSync(file);
        sabotage(file, 'CREATE TABLE addresses (name TEXT)');
      },
    ],
    [
      'STORE_NEWER',
      'is of a newer certkeeper',
      (file: string) => sabotage(file, 'PRAGMA user_version = 4711'),
    ],
    [
      'STORE_CORRUPT',
      'has a value that was altered',
      (file: string) =>
        sabotage(file, 'UPDATE keys SET pkcs8 = zeroblob(length(pkcs8)) WHERE id = 1'),
    ],
    [
      'STORE_CORRUPT',
      'has rows without those they refer to',
      (file: string) => sabotage(file, 'PRAGMA foreign_keys = OFF; DELETE FROM keys'),
    ],
    [
      'STORE_CORRUPT',
      'lost its last pages',
      (file: string) => writeFileSync(file, readFileSync(file).subarray(0, 40_960)),
    ],
    ['FILE_UNREADABLE', 'is not there', (file: string) => rmSync(file)],
    [
      'FILE_UNREADABLE',
      'is a database in use',
      (file: string) => writeFileSync(`${file}-wal`, 'x'),
    ],
  ] as const)('says %s of a file that %s, and changes nothing', async (code, _what, spoil) => {
    const { store, file, state } = await scene();
    await store.care.backUp(backup(file));
    await store.close();
    const before = readFileSync(join(state, 'store.db'));
    spoil(file);
    await expect(prepared({ state, file })).rejects.toMatchObject(coded(code));
    expect(readFileSync(join(state, 'store.db'))).toStrictEqual(before);
    expect(readdirSync(state).toSorted()).toStrictEqual(['store.db', 'store.key']);
  });

  it('refuses the store itself', async () => {
    const { store, state } = await scene();
    await store.close();
    await expect(prepared({ state, file: join(state, 'store.db') })).rejects.toMatchObject({
      ...coded('FILE_UNREADABLE'),
      message: expect.stringContaining('the store itself'),
    });
  });

  it('takes the place of a store that is damaged', async () => {
    const { store, file, state, keyId, privateKey } = await scene();
    await store.care.backUp(backup(file));
    await store.close();
    writeFileSync(join(state, 'store.db'), 'x'.repeat(9000));
    await expect(openStore(storeOptions(state))).rejects.toMatchObject(coded('STORE_CORRUPT'));
    const kept = await restored({ state, file });
    expect(readFileSync(kept ?? '', 'utf8')).toBe('x'.repeat(9000));
    expect(await (await opened(state)).keys.privateKey(keyId)).toStrictEqual(privateKey);
  });
});

function copyOf(path: string, beside: string): string {
  const copy = `${beside}-kept`;
  writeFileSync(copy, readFileSync(path));
  return copy;
}
