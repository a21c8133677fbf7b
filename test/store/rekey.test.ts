import { chmodSync, existsSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { toHex, utf8 } from '../../src/base/bytes.ts';
import { openStore, type StoreOptions } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { at, coded, granted, named, newTransaction, profile, random } from './sample.ts';
import { storeOptions, temporaryDirectory } from './sample.ts';

async function opened(directory: string, changes: Partial<StoreOptions> = {}): Promise<Store> {
  const store = await openStore({ ...storeOptions(directory), ...changes });
  onTestFinished(() => store.close());
  return store;
}

/** Everything that is sealed, opened. */
async function secretsIn(store: Store): Promise<readonly string[]> {
  const secrets: (Uint8Array | undefined)[] = [];
  for (const { keyId } of await store.certificates.list({ all: true })) {
    secrets.push(await store.keys.privateKey(keyId ?? 0));
  }
  for (const { id, state, outgoing } of await store.transactions.outstanding()) {
    const credential = await store.transactions.credential(id);
    secrets.push(state, outgoing, 'secret' in credential ? credential.secret : undefined);
  }
  secrets.push(await store.authorities.secret('lab'), await store.authorities.proxyPassword('lab'));
  return secrets.map((each) => (each ? toHex(each) : ''));
}

async function filled(directory: string): Promise<Store> {
  const store = await opened(directory);
  await store.authorities.put(profile(), random.bytes(16), random.bytes(12));
  for (const name of ['gw1', 'gw2']) await granted(store, name);
  await store.transactions.open(newTransaction({ name: named('gw3') }), []);
  return store;
}

describe('care.rekey()', () => {
  it.each([false, true])(
    'changes the generated key, everything opens with the new one and nothing with the old (new data key: %s)',
    async (isDataKeyNew) => {
      const directory = temporaryDirectory();
      const store = await filled(directory);
      const path = join(directory, 'store.key');
      const [secrets, old] = [await secretsIn(store), readFileSync(path)];

      expect(await store.care.rekey({ isDataKeyNew })).toStrictEqual({
        // Two keys, the secrets of a request and of a profile, that of its proxy, a state and a message.
        resealed: isDataKeyNew ? 8 : 0,
        isOldWiped: true,
        keyFile: path,
      });
      expect(readFileSync(path)).not.toStrictEqual(old);
      expect(statSync(path).mode & 0o777).toBe(0o600);
      expect(existsSync(`${path}.next`)).toBe(false);
      expect(await secretsIn(store)).toStrictEqual(secrets);
      expect(await secretsIn(await opened(directory))).toStrictEqual(secrets);
      const under = await opened(directory, { storeKey: async () => new Uint8Array(old) });
      await expect(under.care.checkKey()).rejects.toMatchObject(coded('STORE_KEY_WRONG'));
    },
  );

  it.each([
    ['empty', 0],
    ['half written', 16],
  ])('does without the next key of a process killed while it was %s', async (_, length) => {
    const directory = temporaryDirectory();
    const secrets = await secretsIn(await filled(directory));
    const next = join(directory, 'store.key.next');
    writeFileSync(next, random.bytes(length), { mode: 0o600 });
    const store = await opened(directory);
    await store.care.checkKey();
    expect(await secretsIn(store)).toStrictEqual(secrets);
    expect(existsSync(next)).toBe(false);
    await store.care.rekey({ isDataKeyNew: false });
    expect(await secretsIn(await opened(directory))).toStrictEqual(secrets);
  });

  it('changes to a key of elsewhere, to a passphrase, and back to a generated one', async () => {
    const directory = temporaryDirectory();
    const store = await filled(directory);
    const secrets = await secretsIn(store);
    const path = join(directory, 'store.key');
    const key = random.bytes(32);
    const fromElsewhere = { storeKey: async () => key };
    const typed = { storeKey: async () => ({ passphrase: utf8('correct horse battery') }) };

    expect(
      await store.care.rekey({ newKey: fromElsewhere.storeKey, isDataKeyNew: false }),
    ).toMatchObject({ removedKeyFile: path });
    expect(existsSync(path)).toBe(false);
    const second = await opened(directory, fromElsewhere);
    expect(await secretsIn(second)).toStrictEqual(secrets);
    await second.care.rekey({ newKey: typed.storeKey, isDataKeyNew: true });
    const third = await opened(directory, typed);
    expect(await secretsIn(third)).toStrictEqual(secrets);
    expect(await third.care.rekey({ isDataKeyNew: false })).toMatchObject({ keyFile: path });
    expect(await secretsIn(await opened(directory))).toStrictEqual(secrets);
  });

  it('does not remove store.key when that is the new key', async () => {
    const directory = temporaryDirectory();
    const store = await filled(directory);
    const path = join(directory, 'store.key');
    const key = readFileSync(path);
    const done = await store.care.rekey({
      newKey: async () => new Uint8Array(key),
      isDataKeyNew: true,
    });
    expect(done).not.toHaveProperty('removedKeyFile');
    expect(readFileSync(path)).toStrictEqual(key);
  });

  it('is noticed by a process that held the old keys, in each of its writes and reads', async () => {
    const directory = temporaryDirectory();
    const other = await filled(directory);
    const secrets = await secretsIn(other);
    await (await opened(directory)).care.rekey({ isDataKeyNew: true });

    expect(await secretsIn(other)).toStrictEqual(secrets);
    await (await opened(directory)).care.rekey({ isDataKeyNew: true });
    // What it seals next, the newest key opens.
    const record = await other.transactions.open(newTransaction({ name: named('gw9') }), []);
    const fresh = await opened(directory);
    expect(await fresh.transactions.get(record.id)).toStrictEqual(record);
    expect(await fresh.keys.privateKey(record.keyId ?? 0)).toHaveLength(138);
  });

  it('is noticed when it comes between the asking for a key and the write', async () => {
    const directory = temporaryDirectory();
    const other = await filled(directory);
    const second = await opened(directory);
    // At once: the write of the one waits for the other, and finds another key than it had asked for.
    const [record] = await Promise.all([
      other.transactions.open(newTransaction({ name: named('gw9') }), []),
      second.care.rekey({ isDataKeyNew: true }),
    ]);
    expect(await (await opened(directory)).transactions.get(record.id)).toStrictEqual(record);
  });

  it('in a process that does not have the old key changes nothing', async () => {
    const directory = temporaryDirectory();
    const store = await filled(directory);
    const [secrets, path] = [await secretsIn(store), join(directory, 'store.key')];
    const key = readFileSync(path);
    const wrong = await opened(directory, { storeKey: async () => random.bytes(32) });
    await expect(wrong.care.rekey({ isDataKeyNew: true })).rejects.toMatchObject(
      coded('STORE_KEY_WRONG'),
    );
    rmSync(path);
    const missing = await opened(directory);
    await expect(missing.care.rekey({ isDataKeyNew: false })).rejects.toMatchObject(
      coded('STORE_KEY_MISSING'),
    );
    writeFileSync(path, key, { mode: 0o600 });
    chmodSync(path, 0o644);
    await expect(missing.care.rekey({ isDataKeyNew: false })).rejects.toMatchObject(
      coded('CONFIG_INVALID'),
    );
    chmodSync(path, 0o600);
    expect(await secretsIn(missing)).toStrictEqual(secrets);
  });

  it('takes no new key of the wrong length', async () => {
    const directory = temporaryDirectory();
    const store = await filled(directory);
    const secrets = await secretsIn(store);
    const rekey = store.care.rekey({ newKey: async () => random.bytes(31), isDataKeyNew: true });
    await expect(rekey).rejects.toMatchObject({
      ...coded('STORE_KEY_WRONG'),
      message: expect.stringContaining('31 octets, expected 32'),
    });
    expect(await secretsIn(await opened(directory))).toStrictEqual(secrets);
  });

  it('on a full disk leaves the old key, and nothing beside it', async () => {
    const directory = temporaryDirectory();
    const secrets = await secretsIn(await filled(directory));
    const path = join(directory, 'store.key');
    const key = readFileSync(path);
    const failing = await opened(directory, {
      onFileChange: () => {
        throw Object.assign(new Error('no space left on device'), { code: 'ENOSPC' });
      },
    });
    await expect(failing.care.rekey({ isDataKeyNew: true })).rejects.toMatchObject(
      coded('STORE_FULL'),
    );
    expect(await secretsIn(await opened(directory))).toStrictEqual(secrets);
    expect(readFileSync(path)).toStrictEqual(key);
    expect(existsSync(`${path}.next`)).toBe(false);
  });

  it('gives a store in which nothing is sealed its key at once', async () => {
    const directory = temporaryDirectory();
    const store = await opened(directory);
    const key = random.bytes(32);
    await store.care.rekey({ newKey: async () => key, isDataKeyNew: false });
    const again = await opened(directory, { storeKey: async () => key });
    const { keyId } = await again.transactions.open(newTransaction({ openedAt: at(1) }), []);
    expect(await again.keys.privateKey(keyId ?? 0)).toHaveLength(138);
  });

  it('leaves nothing of what was sealed under the old key in the file', async () => {
    const directory = temporaryDirectory();
    const store = await filled(directory);
    await store.close();
    const wrapped = await wrappedIn(directory);
    const again = await opened(directory);
    await again.care.rekey({ isDataKeyNew: true });
    await again.close();
    const octets = readFileSync(join(directory, 'store.db'));
    expect(wrapped.map((each) => octets.includes(each))).toStrictEqual(wrapped.map(() => false));
  });
});

async function wrappedIn(directory: string): Promise<readonly Buffer[]> {
  const { default: Sqlite } = await import('better-sqlite3');
  const connection = new Sqlite(join(directory, 'store.db'));
  const rows = connection
    .prepare<[], [Buffer]>('SELECT wrapped FROM data_key UNION ALL SELECT pkcs8 FROM keys')
    .raw()
    .all();
  connection.close();
  return rows.map(([value]) => value);
}
