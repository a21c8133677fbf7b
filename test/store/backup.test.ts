import { readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { utf8 } from '../../src/base/bytes.ts';
import { backUp } from '../../src/store/backup.ts';
import { openDatabase } from '../../src/store/database.ts';
import { schema } from '../../src/store/schema.ts';
import { keyringFor } from '../../src/store/sealer.ts';
import { storeKeyFile } from '../../src/store/store-key.ts';
import { backup, keyOf, opened, prepared, restored, scene } from './backup-scene.ts';
import { at, coded, imported, random, storeOptions } from './sample.ts';

const typed = async () => ({ passphrase: utf8('correct horse battery') });

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

  it.each([
    ['before', 1],
    ['after', 1],
    ['after', 3],
  ] as const)(
    'puts the key into it that opens it, when another is set %s the database was copied, %i times',
    async (moment, times) => {
      const { store, file, state, keyId, privateKey } = await scene();
      let left: number = times;
      const rekey = async (now: 'before' | 'after'): Promise<void> => {
        if (now === moment && left-- > 0) await store.care.rekey({ isDataKeyNew: false });
      };
      await backUp(await contextOf(state, rekey), backup(file, { withKey: true }));
      expect(readdirSync(join(file, '..'))).toStrictEqual(['a.db']);
      await restored({ state: `${state}2`, file });
      expect(await (await opened(`${state}2`)).keys.privateKey(keyId)).toStrictEqual(privateKey);
    },
  );

  it('gives up when the key does not stay the same, and leaves nothing', async () => {
    const { store, file, state } = await scene();
    const rekey = async (): Promise<void> => {
      await store.care.rekey({ isDataKeyNew: false });
    };
    await expect(
      backUp(await contextOf(state, rekey), backup(file, { withKey: true })),
    ).rejects.toMatchObject({
      ...coded('STORE_CONFLICT'),
      message: expect.stringContaining('store key was changed'),
    });
    expect(readdirSync(join(file, '..'))).toStrictEqual([]);
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

/** What a backup is made of, with something that happens around the copying. */
async function contextOf(state: string, meanwhile: (now: 'before' | 'after') => Promise<void>) {
  const { clock } = storeOptions(state);
  const path = join(state, 'store.db');
  const database = await openDatabase({ path, migrations: schema, clock });
  onTestFinished(() => database.close());
  const keyring = keyringFor(database, random, storeKeyFile(state, random), state);
  const copyTo = async (copy: string): Promise<void> => {
    await meanwhile('before');
    await database.copyTo(copy);
    await meanwhile('after');
  };
  return { keyring, random, database: { ...database, copyTo } };
}
