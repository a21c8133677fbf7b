import {
  chmodSync,
  chownSync,
  existsSync,
  lchownSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import { describe, expect, it, onTestFinished } from 'vitest';

import { openStore } from '../../src/store/open.ts';
import { assertOurs, preparePrivateDirectory } from '../../src/store/private-files.ts';
import type { Store } from '../../src/store/store.ts';
import { coded, profile, random, storeOptions, temporaryDirectory } from './sample.ts';

const nobody = 65_534;
const isRoot = process.geteuid?.() === 0;

describe('a state directory that another user prepared', () => {
  it.runIf(isRoot)('is refused, however private its modes look', async () => {
    const directory = stateDirectory();
    writeFileSync(join(directory, 'store.key'), 'K'.repeat(32), { mode: 0o600 });
    writeFileSync(join(directory, 'store.db'), '', { mode: 0o600 });
    for (const path of [directory, ...['store.key', 'store.db'].map((n) => join(directory, n))]) {
      chownSync(path, nobody, nobody);
    }

    await expect(openStore(storeOptions(directory))).rejects.toMatchObject({
      ...coded('CONFIG_INVALID'),
      message: `Cannot use "${directory}": it belongs to another user (uid ${nobody}), this one is uid 0`,
      hint: expect.stringContaining('one of your own'),
    });
    expect(readdirSync(directory)).toStrictEqual(['store.db', 'store.key']);
    expect(statSync(join(directory, 'store.db')).size).toBe(0);
  });

  it.runIf(isRoot)('is not reached over a symbolic link of another user either', async () => {
    const directory = stateDirectory();
    const link = join(temporaryDirectory(), 'link');
    symlinkSync(directory, link);
    await opened(link);

    lchownSync(link, nobody, nobody);
    await expect(openStore(storeOptions(link))).rejects.toMatchObject(coded('CONFIG_INVALID'));
  });

  it.runIf(isRoot).each(['store.db', 'store.db-wal', 'store.db-shm', 'store.db-journal'])(
    'is refused for a %s of another user in a directory of ours',
    async (name) => {
      const directory = stateDirectory();
      const path = join(directory, name);
      writeFileSync(path, '', { mode: 0o600 });
      chownSync(path, nobody, nobody);

      await expect(openStore(storeOptions(directory))).rejects.toMatchObject({
        ...coded('CONFIG_INVALID'),
        message: expect.stringContaining(`"${path}": it belongs to another user`),
      });
    },
  );

  it.runIf(isRoot)('seals nothing with a store.key of another user', async () => {
    const directory = stateDirectory();
    const path = join(directory, 'store.key');
    const store = await opened(directory);
    writeFileSync(path, 'K'.repeat(32), { mode: 0o600 });
    chownSync(path, nobody, nobody);

    await expect(store.authorities.put(profile(), random.bytes(9))).rejects.toMatchObject({
      ...coded('CONFIG_INVALID'),
      message: expect.stringContaining(`"${path}": it belongs to another user`),
    });
    expect(await store.authorities.list()).toStrictEqual([]);
  });

  it('is told by owner alone, whoever runs this test', () => {
    const directory = stateDirectory();
    const us = process.geteuid?.() ?? 0;

    expect(() => assertOurs(directory, statSync(directory), us)).not.toThrow();
    expect(() => assertOurs(directory, statSync(directory), us + 1)).toThrow('another user');
    expect(() => preparePrivateDirectory(directory, 'store.db', us + 1)).toThrow('another user');
    // A platform without user ids has nothing to compare.
    expect(() => assertOurs(directory, statSync(directory), undefined)).not.toThrow();
  });
});

describe('a file of the store that is no plain file', () => {
  it.each(['store.db', 'store.db-wal', 'store.db-shm'])(
    'is refused as %s, and what a link leads to stays as it is',
    async (name) => {
      const directory = stateDirectory();
      const victim = join(temporaryDirectory(), 'victim');
      writeFileSync(victim, 'precious', { mode: 0o644 });
      symlinkSync(victim, join(directory, name));

      await expect(openStore(storeOptions(directory))).rejects.toMatchObject({
        ...coded('CONFIG_INVALID'),
        message: `Cannot use "${join(directory, name)}": it is a symbolic link`,
      });
      expect(readFileSync(victim, 'utf8')).toBe('precious');
      expect(statSync(victim).mode & 0o777).toBe(0o644);
    },
  );

  it('is refused as store.key', async () => {
    const directory = stateDirectory();
    const victim = join(temporaryDirectory(), 'victim');
    writeFileSync(victim, 'K'.repeat(32), { mode: 0o600 });
    symlinkSync(victim, join(directory, 'store.key'));
    await expect(seal(directory)).rejects.toMatchObject({
      ...coded('CONFIG_INVALID'),
      message: `Cannot use "${join(directory, 'store.key')}": it is a symbolic link`,
    });

    const other = stateDirectory();
    mkdirSync(join(other, 'store.key'), { mode: 0o700 });
    await expect(seal(other)).rejects.toMatchObject({
      ...coded('CONFIG_INVALID'),
      message: `Cannot use "${join(other, 'store.key')}": it is not a file`,
    });
  });
});

describe('a store.key that is there already', () => {
  it.each([0o640, 0o604, 0o622])('is refused with mode %o: others may know it', async (mode) => {
    const directory = stateDirectory();
    const path = join(directory, 'store.key');
    writeFileSync(path, random.bytes(32));
    chmodSync(path, mode);

    await expect(seal(directory)).rejects.toMatchObject({
      ...coded('CONFIG_INVALID'),
      message: expect.stringContaining(`"${path}": others have access to it (mode 0`),
      hint: expect.stringContaining('chmod 600'),
    });
    expect(statSync(path).mode & 0o777).toBe(mode);
  });

  it.each([0, 31, 33, 5000])('is refused with %i octets', async (length) => {
    const directory = stateDirectory();
    writeFileSync(join(directory, 'store.key'), random.bytes(length), { mode: 0o600 });
    await expect(seal(directory)).rejects.toMatchObject(coded('STORE_KEY_WRONG'));
  });

  it('is taken when it is ours alone', async () => {
    const directory = stateDirectory();
    const key = random.bytes(32);
    writeFileSync(join(directory, 'store.key'), key, { mode: 0o600 });
    await seal(directory);
    expect(new Uint8Array(readFileSync(join(directory, 'store.key')))).toStrictEqual(key);
  });
});

it('makes its directory below a sticky one that all can write to', async () => {
  const shared = temporaryDirectory();
  chmodSync(shared, 0o1777);
  await opened(join(shared, 'state'));
  expect(statSync(join(shared, 'state')).mode & 0o777).toBe(0o700);
  expect(existsSync(join(shared, 'state', 'store.db'))).toBe(true);
});

function stateDirectory(): string {
  const directory = join(temporaryDirectory(), 'state');
  mkdirSync(directory, { mode: 0o700 });
  return directory;
}

async function opened(directory: string): Promise<Store> {
  const store = await openStore(storeOptions(directory));
  onTestFinished(() => store.close());
  return store;
}

async function seal(directory: string): Promise<void> {
  const store = await opened(directory);
  await store.authorities.put(profile(), random.bytes(9));
}
