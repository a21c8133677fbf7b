import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it } from 'vitest';

import { openStore } from '../../src/store/open.ts';
import { schema } from '../../src/store/schema.ts';
import { backup, keyOf, opened, prepared, restored, sabotage, scene } from './backup-scene.ts';
import { at, coded, granted, imported, storeOptions } from './sample.ts';

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
    ...[0, -1, 3].map(
      (version) =>
        [
          'STORE_CORRUPT',
          `calls itself version ${version}`,
          (file: string) => sabotage(file, `PRAGMA user_version = ${version}`),
        ] as const,
    ),
    [
      'STORE_CORRUPT',
      'has a table without its columns',
      (file: string) => sabotage(file, 'ALTER TABLE crls DROP COLUMN crl_number'),
    ],
    [
      'STORE_CORRUPT',
      'has secrets without the key they are sealed under',
      (file: string) => sabotage(file, 'DELETE FROM data_key'),
    ],
    [
      'STORE_CORRUPT',
      'has another index',
      (file: string) => sabotage(file, 'CREATE INDEX mine ON certificates (source)'),
    ],
    [
      'STORE_CORRUPT',
      'lacks an index',
      (file: string) => sabotage(file, 'DROP INDEX certificate_versions'),
    ],
    [
      'STORE_CORRUPT',
      'has a view',
      (file: string) => sabotage(file, 'CREATE VIEW acts AS SELECT * FROM audit'),
    ],
    [
      'STORE_CORRUPT',
      'has a mark of another kind',
      (file: string) => sabotage(file, 'DROP TABLE backup; CREATE VIEW backup AS SELECT 1 AS id'),
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
    const storeKey = await keyOf(state);
    await expect(prepared({ state: `${state}2`, file }, { storeKey })).rejects.toMatchObject(
      coded(code),
    );
    expect(existsSync(join(`${state}2`, 'store.db'))).toBe(false);
  });

  it('refuses a backup that would keep the audit trail quiet, and names what does it', async () => {
    const { store, file, state } = await scene();
    await store.care.backUp(backup(file));
    await store.close();
    const quiet = 'BEFORE INSERT ON audit BEGIN SELECT RAISE(IGNORE); END';
    sabotage(file, `CREATE TRIGGER quiet ${quiet}; DROP TRIGGER audit_stays`);
    await expect(prepared({ state, file })).rejects.toMatchObject({
      ...coded('STORE_CORRUPT'),
      message: `Cannot use "${file}" as a backup: trigger "audit_stays" is missing; trigger "quiet" is not certkeeper's`,
    });
    sabotage(file, `CREATE TRIGGER audit_stays ${quiet}; DROP TRIGGER quiet`);
    await expect(prepared({ state, file })).rejects.toMatchObject({
      message: expect.stringContaining('trigger "audit_stays" is not as certkeeper makes it'),
    });
  });

  it.each(schema.slice(0, -1).map(({ version }) => version))(
    'brings a store of version %i to the newest before it takes the place of another',
    async (version) => {
      const { store, state } = await scene();
      await store.close();
      const earlier = join(import.meta.dirname, `../vectors/stores/schema-${version}`);
      const file = join(earlier, 'store.db');
      const key = new Uint8Array(readFileSync(join(earlier, 'store.key')));
      const storeKey = async () => key;
      const restore = await prepared({ state, file }, { storeKey });
      expect(restore.version).toBe(version);
      await restore.commit();
      restore.close();
      expect(readdirSync(state).toSorted()).toStrictEqual([
        'store.db',
        'store.db.before-restore',
        'store.key',
      ]);
      const again = await opened(state, { storeKey });
      expect(await again.care.findDamage()).toStrictEqual([]);
      const current = await again.certificates.current('gw1');
      expect(await again.keys.privateKey(current?.keyId ?? 0)).toBeInstanceOf(Uint8Array);
    },
  );

  it.each([
    ['of no version', 'PRAGMA user_version = 0'],
    [
      'without the columns it should have',
      `INSERT INTO leases (name, fence, owner_id, pid, since, expires_at) VALUES ('gw1', 1, 'a', 7, 1, 4102444800000);
       ALTER TABLE leases DROP COLUMN host`,
    ],
    ['without a table it should have', 'DROP TABLE leases'],
  ])('takes the place of a store %s', async (_what, sql) => {
    const { store, file, state, keyId, privateKey } = await scene();
    await store.care.backUp(backup(file));
    await store.close();
    sabotage(join(state, 'store.db'), sql);
    await restored({ state, file });
    expect(await (await opened(state)).keys.privateKey(keyId)).toStrictEqual(privateKey);
  });

  it('takes a backup that was written with pages of another size', async () => {
    const { store, file, state, keyId, privateKey } = await scene();
    await store.care.backUp(backup(file));
    await store.close();
    sabotage(file, 'PRAGMA page_size = 8192; VACUUM');
    await restored({ state, file });
    expect(await (await opened(state)).keys.privateKey(keyId)).toStrictEqual(privateKey);
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
