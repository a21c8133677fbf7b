import { spawn } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { openStore, type StoreOptions } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { at, granted, named, newKey, newTransaction, profile } from '../store/sample.ts';
import { random, storeOptions, temporaryDirectory } from '../store/sample.ts';

/** Secrets of a store, by name. */
type Secrets = Readonly<Record<string, string>>;

/** Kill a process after each thing it changes, one by one, until one gets to its end. */
async function eachKill(
  home: string,
  deed: string,
  file: string,
  check: (directory: string, label: string) => Promise<void>,
): Promise<number> {
  for (let nth = 1; ; nth++) {
    const directory = join(home, `${deed}-${nth}`);
    cpSync(join(home, 'state'), directory, { recursive: true });
    chmodSync(directory, 0o700);
    const { signal, code, err } = await drive([deed, directory, String(nth), file]);
    const isKilled = signal === 'SIGKILL';
    expect(isKilled ? 'killed' : { code, err }).toEqual(isKilled ? 'killed' : { code: 0, err: '' });
    await check(directory, `${deed}, killed at ${nth}`);
    rmSync(directory, { recursive: true, force: true });
    if (!isKilled) return nth - 1;
  }
}

function drive(
  words: readonly string[],
): Promise<{ readonly signal: string | null; readonly code: number | null; readonly err: string }> {
  const child = spawn(process.execPath, [driver, ...words], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let err = '';
  child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
  return new Promise((resolve) => {
    child.on('close', (code, signal) => resolve({ signal, code, err }));
  });
}

const driver = new URL('store-driver.ts', import.meta.url).pathname;

async function withStore<T>(
  directory: string,
  work: (store: Store) => Promise<T>,
  changes: Partial<StoreOptions> = {},
): Promise<T> {
  const store = await openStore({ ...storeOptions(directory), ...changes });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

/** Open everything that is sealed. */
async function secretsIn(store: Store): Promise<Secrets> {
  const secrets: Record<string, string> = {};
  for (const { name, keyId } of await store.certificates.list({ all: true })) {
    if (keyId !== undefined) secrets[name] = toHex(await store.keys.privateKey(keyId));
  }
  for (const { id, name, state, outgoing } of await store.transactions.outstanding()) {
    const credential = await store.transactions.credential(id);
    secrets[`request of ${name}`] =
      toHex(state) +
      toHex(outgoing ?? state) +
      ('secret' in credential ? toHex(credential.secret) : '');
  }
  for (const { label } of await store.authorities.list()) {
    secrets[`CA ${label}`] = toHex((await store.authorities.secret(label)) ?? new Uint8Array());
  }
  return secrets;
}

async function fill(directory: string, names: readonly string[]): Promise<Secrets> {
  return await withStore(directory, async (store) => {
    await store.authorities.put(profile(), random.bytes(16), random.bytes(12));
    for (const name of names) await granted(store, name);
    await store.transactions.open(newTransaction({ name: named(`${names[0] ?? ''}-next`) }), []);
    await store.certificates.import({
      name: named('in-token'),
      der: random.bytes(60),
      chain: [],
      source: 'import',
      at: at(0),
      key: { spki: newKey().spki, tokenUri: 'pkcs11:token=hsm1;object=gw' },
    });
    return await secretsIn(withoutTokens(store));
  });
}

/** The keys in tokens are not here to be opened. */
function withoutTokens(store: Store): Store {
  return {
    ...store,
    certificates: {
      ...store.certificates,
      list: async (filter) =>
        (await store.certificates.list(filter)).filter(({ name }) => name !== 'in-token'),
    },
  };
}

const opened = (store: Store): Promise<Secrets> => secretsIn(withoutTokens(store));

describe('a store whose key is being changed by a process that is killed', () => {
  it.each(['rekey', 'rekey-all'])(
    'opens with what is in its directory, after each step of a %s to a generated key',
    async (deed) => {
      const home = temporaryDirectory();
      const secrets = await fill(join(home, 'state'), ['gw1', 'gw2']);
      const kills = await eachKill(home, deed, '', async (directory, label) => {
        expect(await withStore(directory, opened), label).toEqual(secrets);
        const keys = readdirSync(directory).filter((name) => name.startsWith('store.key'));
        expect(keys, `${label}: key files after the store was used`).toEqual(['store.key']);
        // Once more, now that what was left is put in order.
        expect(await withStore(directory, opened), label).toEqual(secrets);
      });
      expect(kills).toBeGreaterThanOrEqual(6);
    },
    120_000,
  );

  it('opens with either the old key or the new, after each step of a rekey to a key of elsewhere', async () => {
    const home = temporaryDirectory();
    const secrets = await fill(join(home, 'state'), ['gw1', 'gw2']);
    const key = random.bytes(32);
    const seen = new Set<string>();
    await eachKill(home, 'rekey-all', toHex(key), async (directory, label) => {
      const withNew = { storeKey: async () => key };
      const isNew = await withStore(directory, ({ care }) => care.checkKey(), withNew).then(
        () => true,
        () => false,
      );
      seen.add(isNew ? 'new' : 'old');
      expect(await withStore(directory, opened, isNew ? withNew : {}), label).toEqual(secrets);
    });
    expect([...seen]).toEqual(['old', 'new']);
  }, 120_000);
});

/** Open what a restore has kept, with the key that was kept beside it. */
async function keptIn(directory: string): Promise<Secrets> {
  const kept = join(directory, 'kept');
  mkdirSync(kept, { mode: 0o700 });
  for (const name of ['store.db', 'store.key']) {
    cpSync(join(directory, `${name}.before-restore`), join(kept, name));
  }
  return await withStore(kept, opened);
}

describe('a store that a killed process was putting a backup in the place of', () => {
  const states = [
    ['is in use', () => {}],
    [
      'is damaged',
      (directory: string) => writeFileSync(join(directory, 'store.db'), 'x'.repeat(9000)),
    ],
    ['is gone', (directory: string) => rmSync(join(directory, 'store.db'))],
  ] as const;

  it.each(states)(
    'is whole, the old one or the new, when it %s',
    async (state, spoil) => {
      const home = temporaryDirectory();
      const directory = join(home, 'state');
      const backup = join(home, 'backup.db');
      const old = await fill(directory, ['gw1']);
      await withStore(directory, ({ care }) =>
        care.backUp({ path: backup, withKey: true, isReplacing: false, at: at(0) }),
      );
      // The store goes on, under another key, and with another certificate.
      const later = await withStore(directory, async (store) => {
        await store.care.rekey({ isDataKeyNew: true });
        await granted(store, 'gw9');
        return await opened(store);
      });
      spoil(directory);

      const asItWas = { 'is in use': later, 'is damaged': undefined, 'is gone': {} }[state];
      const seen = new Set<string>();
      await eachKill(home, 'restore', backup, async (place, label) => {
        // What is damaged cannot be opened, as before.
        const found = await withStore(place, opened).catch(() => undefined);
        const isNew = found !== undefined && 'gw1' in found && !('gw9' in found);
        expect(found, label).toEqual(isNew ? old : asItWas);
        seen.add(isNew ? 'the backup' : 'as it was');
        const kept = isNew && state === 'is in use' ? await keptIn(place) : later;
        expect(kept, `${label}: what was kept`).toEqual(later);
      });
      expect([...seen]).toEqual(['as it was', 'the backup']);
    },
    120_000,
  );
});
