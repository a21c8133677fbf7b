import { readdirSync } from 'node:fs';
import { join } from 'node:path';

import Sqlite from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';

import { utf8 } from '../../src/base/bytes.ts';
import { openStore } from '../../src/store/open.ts';
import type { StoreKeySource } from '../../src/store/store-key.ts';
import type { Store } from '../../src/store/store.ts';
import { coded, newTransaction, random, storeOptions, temporaryDirectory } from './sample.ts';

async function opened(directory: string, storeKey?: StoreKeySource): Promise<Store> {
  const store = await openStore({ ...storeOptions(directory), ...(storeKey && { storeKey }) });
  onTestFinished(() => store.close());
  return store;
}

function saying(text: string): StoreKeySource {
  return async () => ({ passphrase: utf8(text) });
}

function sabotage(directory: string, sql: string): void {
  const connection = new Sqlite(join(directory, 'store.db'));
  connection.exec(sql);
  connection.close();
}

describe('a store under a passphrase', () => {
  it('opens with that alone, and says what else was given', async () => {
    const directory = temporaryDirectory();
    const asked: string[] = [];
    const first = await opened(directory, async (under) => {
      asked.push(under);
      return { passphrase: utf8('correct horse battery') };
    });
    const { keyId = 0 } = await first.transactions.open(newTransaction(), []);
    await first.transactions.overview();
    await first.keys.privateKey(keyId);
    // Asked for once, though the store was new at first and then no more.
    expect(asked).toStrictEqual(['nothing']);
    expect(readdirSync(directory)).not.toContain('store.key');

    const again = await opened(directory, saying('correct horse battery'));
    expect(await again.keys.privateKey(keyId)).toHaveLength(138);
    for (const [source, why] of [
      [saying('correct horse batterY'), 'the passphrase is not the one'],
      [async () => random.bytes(32), 'sealed under a passphrase, and a key was given'],
      [undefined, 'sealed under a passphrase, and none was asked for'],
    ] as const) {
      const store = await opened(directory, source);
      await expect(store.care.checkKey()).rejects.toMatchObject({
        ...coded('STORE_KEY_WRONG'),
        message: expect.stringContaining(why),
      });
      expect(await store.transactions.overview()).toHaveLength(1);
    }
  });

  it('is refused when a key is what it is sealed under', async () => {
    const directory = temporaryDirectory();
    await (await opened(directory)).transactions.open(newTransaction(), []);
    const store = await opened(directory, saying('correct horse battery'));
    await expect(store.care.checkKey()).rejects.toMatchObject({
      ...coded('STORE_KEY_WRONG'),
      message: expect.stringContaining('sealed under a key, and a passphrase was given'),
    });
  });

  it.each([
    'scrypt:40:8:1',
    'scrypt:21:8:1',
    'scrypt:20:16:1',
    'scrypt:17:99:1',
    'scrypt:17:8:99',
    'scrypt:13:8:1',
    'scrypt:17:0:1',
    'scrypt:017:8:1:1',
    'argon2id',
    '',
  ])('does not work itself to death over the cost %j', async (kdf) => {
    const directory = temporaryDirectory();
    const store = await opened(directory);
    await store.transactions.open(newTransaction(), []);
    sabotage(directory, `UPDATE data_key SET kdf = '${kdf}', salt = zeroblob(16)`);
    const under = await opened(directory, saying('correct horse battery'));
    await expect(under.care.checkKey()).rejects.toMatchObject(coded('STORE_CORRUPT'));
  });

  it('does not take a salt that is too short', async () => {
    const directory = temporaryDirectory();
    await (await opened(directory)).transactions.open(newTransaction(), []);
    sabotage(directory, `UPDATE data_key SET kdf = 'scrypt:17:8:1', salt = zeroblob(15)`);
    const under = await opened(directory, saying('correct horse battery'));
    await expect(under.care.checkKey()).rejects.toMatchObject(coded('STORE_CORRUPT'));
  });
});

describe('care.checkKey()', () => {
  it('has nothing to say of a new store, and makes no key for it', async () => {
    const directory = temporaryDirectory();
    const store = await opened(directory);
    await store.care.checkKey();
    expect(readdirSync(directory)).not.toContain('store.key');
  });
});
