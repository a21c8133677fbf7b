import { spawnSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

import Sqlite from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';

import { openStore, type StoreOptions } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { at, coded, named, newKey, newTransaction, profile, random } from './sample.ts';
import { storeOptions, temporaryDirectory } from './sample.ts';
import { storeContract } from './store-contract.ts';

storeContract(async () => {
  const directory = temporaryDirectory();
  const open = (): Promise<Store> => opened(directory);
  return { store: await open(), reopen: open };
});

describe('openStore()', () => {
  it.each([0o000, 0o777])('makes private files under umask %o', (umask) => {
    const directory = join(temporaryDirectory(), 'a', 'state');
    const script = `
      process.umask(${umask});
      const { openStore } = await import(${JSON.stringify(openUrl)});
      const { randomBytes } = await import('node:crypto');
      const { readdirSync, statSync } = await import('node:fs');
      const store = await openStore({
        directory: ${JSON.stringify(directory)},
        clock: { sleep: async () => {} },
        random: { bytes: (length) => new Uint8Array(randomBytes(length)) },
      });
      await store.certificates.import({
        name: 'gw1', der: new Uint8Array(9), chain: [], source: 'import', at: new Date(),
        key: { spki: new Uint8Array(9), pkcs8: new Uint8Array(9) },
      });
      const mode = (path) => (statSync(path).mode & 0o777).toString(8);
      const directory = ${JSON.stringify(directory)};
      const files = readdirSync(directory).map((name) => [name, mode(directory + '/' + name)]);
      console.log(JSON.stringify([['', mode(directory)], ...files]));`;
    const run = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
      encoding: 'utf8',
    });

    expect(run.stderr).toBe('');
    expect(JSON.parse(run.stdout)).toStrictEqual([
      ['', '700'],
      ['store.db', '600'],
      ['store.db-shm', '600'],
      ['store.db-wal', '600'],
      ['store.key', '600'],
    ]);
  });

  it('closes its own directory to others, and refuses one that is not its own', async () => {
    const parent = temporaryDirectory();
    const own = join(parent, 'own');
    mkdirSync(own);
    await opened(own);
    expect(statSync(own).mode & 0o777).toBe(0o700);

    const foreign = join(parent, 'foreign');
    mkdirSync(foreign);
    writeFileSync(join(foreign, 'letter.txt'), 'Dear');
    await expect(openStore(storeOptions(foreign))).rejects.toMatchObject({
      ...coded('CONFIG_INVALID'),
      message: expect.stringContaining(foreign),
    });
    expect(statSync(foreign).mode & 0o777).toBe(0o755);
    expect(readdirSync(foreign)).toStrictEqual(['letter.txt']);
  });

  it('says which place cannot be used', async () => {
    const file = join(temporaryDirectory(), 'file');
    writeFileSync(file, '', { mode: 0o600 });

    await expect(openStore(storeOptions(join(file, 'state')))).rejects.toMatchObject({
      ...coded('STORE_UNWRITABLE'),
      message: expect.stringContaining(file),
    });
  });

  it('asks for no key and makes none before something is sealed', async () => {
    const directory = temporaryDirectory();
    const store = await opened(directory, {
      storeKey: async () => {
        throw new Error('asked');
      },
    });

    await store.authorities.put(profile());
    expect(await store.authorities.secret('lab')).toBeUndefined();
    expect(await store.statistics.read()).toStrictEqual({ counters: [], durations: [] });
    expect(readdirSync(directory)).not.toContain('store.key');
    await expect(store.authorities.put(profile(), random.bytes(9))).rejects.toThrow('asked');
  });

  it('tells onWrite of every committed write, and of no failed one', async () => {
    const counts: number[] = [];
    const store = await opened(temporaryDirectory(), { onWrite: (count) => counts.push(count) });
    expect(counts).toStrictEqual([1]);

    const record = await store.transactions.open(newTransaction(), []);
    await expect(store.transactions.open(newTransaction(), [])).rejects.toThrow('gw1');
    await store.transactions.outstanding();
    await store.transactions.finish(record, { type: 'failed', text: 'why' }, new Date(0), []);
    expect(counts).toStrictEqual([1, 2, 3]);
  });

  it('replaces a transaction, and changes a lease, in one write each', async () => {
    let writes = 0;
    const store = await opened(temporaryDirectory(), { onWrite: () => void writes++ });
    const record = await store.transactions.open(newTransaction(), []);
    writes = 0;
    const outcome = { type: 'failed', text: 'why' } as const;
    await store.transactions.replace(record, outcome, at(1), [], newTransaction(), []);
    expect(writes).toBe(1);

    const owner = { id: 'a', pid: 1, startedAt: '1', host: 'h', boot: 'b', pidNamespace: 'n' };
    await store.leases.acquire('gw1', owner, at(0), at(60), () => true);
    expect(writes).toBe(2);
    await store.leases.renew('gw1', 'a', 1, at(70));
    expect(writes).toBe(3);
    await store.leases.release('gw1', 'a', 1);
    expect(writes).toBe(4);
  });

  it('writes nothing for an anchor that is known, or that is not trusted', async () => {
    let writes = 0;
    const store = await opened(temporaryDirectory(), { onWrite: () => void writes++ });
    const root = random.bytes(30);
    await store.authorities.put(profile({ roots: [root], trustCapubs: true }));
    writes = 0;
    expect(await store.authorities.addRoot('lab', root)).toBe('known');
    expect(await store.authorities.addRoot('none', root)).toBe('untrusted');
    expect(writes).toBe(0);
    expect(await store.authorities.addRoot('lab', random.bytes(31))).toBe('added');
    expect(writes).toBe(1);
  });

  it('leaves the store as it was when the disk is full', async () => {
    const directory = temporaryDirectory();
    await (await opened(directory)).settings.set('kept', 'yes');
    const pages = statSync(join(directory, 'store.db')).size / 4096;
    const store = await opened(directory, { maxPages: Math.max(pages, 30) + 4 });
    const key = newKey();

    await expect(
      store.transactions.open(newTransaction({ key, state: random.bytes(200_000) }), []),
    ).rejects.toMatchObject({
      ...coded('STORE_FULL'),
      message: expect.stringContaining('store.db'),
      hint: expect.stringContaining('space'),
    });
    expect(await store.keys.findBySpki(key.spki)).toBeUndefined();
    expect(await store.transactions.outstanding()).toStrictEqual([]);
    expect(await store.history.list()).toStrictEqual([]);
    expect(await store.settings.get('kept')).toBe('yes');
    await store.transactions.open(newTransaction({ key }), []);
    const stored = await store.keys.findBySpki(key.spki);
    expect(await store.keys.privateKey(stored?.id ?? 0)).toStrictEqual(key.pkcs8);
  });
});

describe('sealed values', () => {
  it('are nowhere in the files in clear', async () => {
    const directory = temporaryDirectory();
    const store = await opened(directory);
    const key = newKey();
    const secrets = [key.pkcs8, ...[1, 2, 3, 4].map(() => random.bytes(24))] as const;
    await store.authorities.put(profile(), secrets[1], secrets[3]);
    const credential = {
      type: 'mac',
      reference: 'r',
      secret: secrets[2] ?? random.bytes(1),
    } as const;
    const transaction = newTransaction({ key, credential });
    await store.transactions.open(transaction, []);
    const community = secrets[4] ?? random.bytes(1);
    await store.destinations.put('noc', '{}', new Map([['community', community]]));
    copyOf(directory);

    const files = readdirSync(directory).filter((name) => name.startsWith('store.db'));
    expect(files).toStrictEqual(['store.db', 'store.db-copy', 'store.db-shm', 'store.db-wal']);
    const found = (secret: Uint8Array): readonly string[] =>
      files.filter((name) => holds(readFileSync(join(directory, name)), secret));
    expect(secrets.flatMap(found)).toStrictEqual([]);
    // A registration token stands in the request.
    expect([transaction.state, transaction.outgoing].flatMap(found)).toStrictEqual([]);
    // The public key stands in clear: the search would have found the others.
    expect(found(key.spki)).toStrictEqual(['store.db-copy', 'store.db-wal']);
  });

  it('are refused in another row', async () => {
    const directory = temporaryDirectory();
    const store = await opened(directory);
    const first = await store.transactions.open(newTransaction(), []);
    const second = await store.transactions.open(newTransaction({ name: named('gw2') }), []);
    for (const name of ['one', 'two']) {
      await store.authorities.put(
        profile({ label: named(name) }),
        random.bytes(16),
        random.bytes(12),
      );
      await store.destinations.put(name, '{}', new Map([['secret', random.bytes(16)]]));
    }
    for (const column of [
      'keys.pkcs8',
      'transactions.secret',
      'transactions.state',
      'authorities.secret',
      'authorities.proxy_password',
      'destinations.secrets',
    ]) {
      change(directory, column, (values) => [...values.slice(1), ...values.slice(0, 1)]);
    }

    const altered = coded('STORE_CORRUPT');
    await expect(store.keys.privateKey(first.keyId ?? 0)).rejects.toMatchObject(altered);
    await expect(store.keys.privateKey(second.keyId ?? 0)).rejects.toMatchObject(altered);
    await expect(store.transactions.credential(first.id)).rejects.toMatchObject(altered);
    await expect(store.transactions.get(first.id)).rejects.toMatchObject(altered);
    await expect(store.transactions.outstanding('gw2')).rejects.toMatchObject(altered);
    await expect(store.authorities.secret('one')).rejects.toMatchObject(altered);
    await expect(store.authorities.proxyPassword('one')).rejects.toMatchObject(altered);
    await expect(store.destinations.secrets('one')).rejects.toMatchObject(altered);
  });

  it('are refused when an octet was changed or the data key is gone', async () => {
    const directory = temporaryDirectory();
    const { keyId } = await (await opened(directory)).transactions.open(newTransaction(), []);
    change(directory, 'keys.pkcs8', (values) =>
      values.map((sealed) => sealed.with(40, (sealed[40] ?? 0) ^ 1)),
    );
    await expect((await opened(directory)).keys.privateKey(keyId ?? 0)).rejects.toMatchObject(
      coded('STORE_CORRUPT'),
    );

    sabotage(directory, 'DELETE FROM data_key');
    await expect((await opened(directory)).keys.privateKey(keyId ?? 0)).rejects.toMatchObject(
      coded('STORE_CORRUPT'),
    );
  });

  it('are one data key’s, whichever of two processes made it', async () => {
    const directory = temporaryDirectory();
    const [one, two] = [await opened(directory), await opened(directory)];
    const keys = [newKey(), newKey()] as const;
    const [first, second] = await Promise.all([
      one.transactions.open(newTransaction({ key: keys[0] }), []),
      two.transactions.open(newTransaction({ key: keys[1], name: named('gw2') }), []),
    ]);

    expect(await one.keys.privateKey(second.keyId ?? 0)).toStrictEqual(keys[1].pkcs8);
    expect(await two.keys.privateKey(first.keyId ?? 0)).toStrictEqual(keys[0].pkcs8);
  });
});

describe('what an earlier version left of a transaction unsealed', () => {
  it('is read as it is, and sealed with its next step', async () => {
    const directory = temporaryDirectory();
    const store = await opened(directory);
    // As all DER of a SEQUENCE, it begins with 30; what is sealed, with 01.
    const [state, outgoing] = [random.bytes(40).with(0, 0x30), random.bytes(90).with(0, 0x30)];
    const record = await store.transactions.open(newTransaction({ state, outgoing }), []);
    change(directory, 'transactions.state', () => [state]);
    change(directory, 'transactions.outgoing', () => [outgoing]);

    expect(await store.transactions.get(record.id)).toStrictEqual(record);
    await store.transactions.advance(record, { phase: 'waiting', state, outgoing }, []);
    const stored: Uint8Array[] = [];
    for (const column of ['transactions.state', 'transactions.outgoing']) {
      change(directory, column, (values) => {
        stored.push(...values);
        return values;
      });
    }
    expect(stored.map(([first]) => first)).toStrictEqual([1, 1]);
    expect(await store.transactions.get(record.id)).toMatchObject({ state, outgoing });
  });
});

describe('the store key', () => {
  it('is told when it is missing, and found when it was put back', async () => {
    const directory = temporaryDirectory();
    const path = join(directory, 'store.key');
    const { keyId } = await (await opened(directory)).transactions.open(newTransaction(), []);
    const saved = readFileSync(path);
    rmSync(path);
    const store = await opened(directory);

    const missing = { ...coded('STORE_KEY_MISSING'), message: expect.stringContaining(path) };
    await expect(store.keys.privateKey(keyId ?? 0)).rejects.toMatchObject(missing);
    await expect(
      store.transactions.open(newTransaction({ name: named('gw2') }), []),
    ).rejects.toMatchObject(missing);
    expect(readdirSync(directory)).not.toContain('store.key');
    await expect(store.transactions.outstanding()).rejects.toMatchObject(missing);
    expect(await store.transactions.overview()).toHaveLength(1);

    writeFileSync(path, saved, { mode: 0o600 });
    expect(await store.keys.privateKey(keyId ?? 0)).toHaveLength(138);
  });

  it('is told when it is wrong or of the wrong length, never in the message', async () => {
    const directory = temporaryDirectory();
    const right = random.bytes(32);
    const first = await opened(directory, { storeKey: async () => right });
    const { keyId } = await first.transactions.open(newTransaction(), []);
    expect(readdirSync(directory)).not.toContain('store.key');

    for (const wrong of [random.bytes(32), right.subarray(1), new Uint8Array()]) {
      const store = await opened(directory, { storeKey: async () => wrong });
      await expect(store.keys.privateKey(keyId ?? 0)).rejects.toMatchObject(
        coded('STORE_KEY_WRONG'),
      );
      await expect(store.authorities.put(profile(), right)).rejects.toMatchObject(
        coded('STORE_KEY_WRONG'),
      );
      expect(await store.authorities.list()).toStrictEqual([]);
    }
    const again = await opened(directory, { storeKey: async () => right });
    expect(await again.keys.privateKey(keyId ?? 0)).toHaveLength(138);
  });
});

describe('a CA profile', () => {
  it('from before there was a choice of MACs has the one there was', async () => {
    const directory = temporaryDirectory();
    const store = await opened(directory);
    const put = profile({ protection: 'pbmac1' });
    await store.authorities.put(put);
    sabotage(directory, `UPDATE authorities SET settings = json_remove(settings, '$.protection')`);
    expect(await store.authorities.list()).toStrictEqual([{ ...put, protection: 'pbm' }]);
  });
});

const openUrl = new URL('../../src/store/open.ts', import.meta.url).href;

async function opened(directory: string, changes: Partial<StoreOptions> = {}): Promise<Store> {
  const store = await openStore({ ...storeOptions(directory), ...changes });
  onTestFinished(() => store.close());
  return store;
}

function sabotage(directory: string, sql: string): void {
  const connection = new Sqlite(join(directory, 'store.db'));
  connection.exec(sql);
  connection.close();
}

function change(
  directory: string,
  column: string,
  how: (values: readonly Uint8Array[]) => readonly Uint8Array[],
): void {
  const [table, field] = column.split('.');
  const connection = new Sqlite(join(directory, 'store.db'));
  const select = connection.prepare<[], [number, Buffer]>(`SELECT rowid, ${field} FROM ${table}`);
  const update = connection.prepare(`UPDATE ${table} SET ${field} = ? WHERE rowid = ?`);
  const rows = select.raw().all();
  const changed = how(rows.map(([, value]) => new Uint8Array(value)));
  for (const [index, [id]] of rows.entries()) update.run(changed[index], id);
  connection.close();
}

function copyOf(directory: string): void {
  sabotage(directory, `VACUUM INTO '${join(directory, 'store.db-copy')}'`);
}

function holds(file: Buffer, secret: Uint8Array): boolean {
  const raw = Buffer.from(secret);
  const forms = [raw, raw.toString('hex'), raw.toString('base64'), raw.toString('base64url')];
  return forms.some((form) => file.includes(form));
}
