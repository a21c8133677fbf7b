import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { compose } from '../../src/agent/compose.ts';
import { run } from '../../src/cli/run.ts';
import { silentLog } from '../../src/base/log.ts';
import { newTransaction } from '../store/sample.ts';
import { rootPem } from './certificates.ts';
import { fakeIo, type FakeIoOptions } from './fake-io.ts';

let home = '';
let state = '';

beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'certkeeper-care-'));
  state = join(home, 'state');
  writeFileSync(join(home, 'root.pem'), rootPem);
  const toRemove = home;
  onTestFinished(() => rm(toRemove, { recursive: true, force: true }));
});

async function ck(words: string, options: FakeIoOptions = {}) {
  const io = fakeIo({ ...options, env: { PSK: 'sesame', ...options.env } });
  const code = await run([...words.split(' '), '--state', state], io);
  return { code, out: io.out(), err: io.err() };
}

const addCa = () => `ca add rootA url http://ra/ root ${join(home, 'root.pem')} secret env:PSK`;
const setLocation = () => `cmp cert-store location ${join(home, 'certs')}`;
const typing = (...lines: readonly string[]): FakeIoOptions => ({
  isTTY: true,
  input: lines.join('\n'),
});

describe('the store key', () => {
  it('is checked by the first command that changes something, which then changes nothing', async () => {
    expect(await ck(addCa())).toMatchObject({ code: 0, err: '' });
    const path = join(state, 'store.key');
    const key = readFileSync(path);
    writeFileSync(path, new Uint8Array(32));
    expect(await ck(setLocation())).toMatchObject({
      code: 4,
      err: expect.stringContaining('STORE_KEY_WRONG'),
    });
    await rm(path);
    expect(await ck(setLocation())).toMatchObject({
      code: 4,
      err: expect.stringContaining('STORE_KEY_MISSING'),
    });
    writeFileSync(path, key, { mode: 0o600 });
    chmodSync(path, 0o640);
    expect(await ck(setLocation())).toMatchObject({
      code: 3,
      err: expect.stringContaining('may know the key'),
    });
    chmodSync(path, 0o600);
    expect((await ck('show audit')).out).not.toContain('cert-store');
    expect(await ck(setLocation())).toMatchObject({ code: 0, err: '' });
  });

  it('that is wrong is a warning to who only looks', async () => {
    await ck(addCa());
    writeFileSync(join(state, 'store.key'), new Uint8Array(32));
    const { code, out, err } = await ck('ca show');
    expect({ code, out }).toMatchObject({ code: 0, out: expect.stringContaining('rootA') });
    expect(err).toContain('warning: Cannot open the private keys');
  });

  it('is where CERTKEEPER_STORE_KEY says, unless --store-key says something else', async () => {
    const env = { CERTKEEPER_STORE_KEY: 'env:KEY', KEY: '00ff'.repeat(16), OTHER: '11'.repeat(32) };
    expect(await ck(addCa(), { env })).toMatchObject({ code: 0, err: '' });
    expect(existsSync(join(state, 'store.key'))).toBe(false);
    expect(await ck(setLocation(), { env })).toMatchObject({ code: 0, err: '' });
    expect(await ck(`${setLocation()} --store-key env:OTHER`, { env })).toMatchObject({ code: 4 });
    expect(await ck(setLocation())).toMatchObject({ code: 4 });
  });

  it('is not taken out of CERTKEEPER_STORE_KEY itself, nor repeated', async () => {
    const key = '00ff'.repeat(16);
    const { code, err } = await ck(addCa(), { env: { CERTKEEPER_STORE_KEY: key } });
    expect({ code, err }).toMatchObject({
      code: 2,
      err: expect.stringContaining('CERTKEEPER_STORE_KEY'),
    });
    expect(err).not.toContain(key);
  });
});

describe('--store-key prompt', () => {
  const words = 'correct horse battery';

  it('asks twice for a new store, later once, and not at all where nothing is opened', async () => {
    const first = await ck(`${addCa()} --store-key prompt`, typing(words, words));
    expect(first).toMatchObject({
      code: 0,
      err: 'passphrase of the store: \nthe same once more: \n',
    });
    // Neither is asked.
    expect(await ck('ca show --store-key prompt', typing())).toMatchObject({ code: 0, err: '' });
    expect(await ck(`${setLocation()} --store-key prompt`, typing())).toMatchObject({ code: 0 });
    const again = `${addCa()} --store-key prompt`;
    expect(await ck(again, typing(words))).toMatchObject({
      code: 0,
      err: 'passphrase of the store: \n',
    });
    expect(await ck(again, typing('correct horse bakery'))).toMatchObject({
      code: 4,
      err: expect.stringContaining('STORE_KEY_WRONG'),
    });
    // Without being asked for one, it is told before anything else.
    expect(await ck(setLocation())).toMatchObject({
      code: 4,
      err: expect.stringContaining('--store-key prompt'),
    });
  });

  it('takes none that is short, or is typed otherwise the second time', async () => {
    const line = `${addCa()} --store-key prompt`;
    expect(await ck(line, typing('sesame', 'sesame'))).toMatchObject({
      code: 3,
      err: expect.stringContaining('6 characters, expected at least 12'),
    });
    expect(await ck(line, typing(words, `${words}!`))).toMatchObject({
      code: 3,
      err: expect.stringContaining('something else'),
    });
    expect(await ck(line, typing(words, words))).toMatchObject({ code: 0 });
  });

  it('means the same characters, however they were composed', async () => {
    const line = `${addCa()} --store-key prompt`;
    expect(
      await ck(line, typing('Zw\u00f6lf Boxk\u00e4mpfer', 'Zwo\u0308lf Boxka\u0308mpfer')),
    ).toMatchObject({ code: 0 });
  });

  it('takes the digits of a key, too, where the store is under one', async () => {
    const key = '00ff'.repeat(16);
    await ck(`${addCa()} --store-key env:KEY`, { env: { KEY: key } });
    const line = `${addCa()} --store-key prompt`;
    expect(await ck(line, typing(key))).toMatchObject({ code: 0 });
    expect(await ck(line, typing(words))).toMatchObject({
      code: 4,
      err: expect.stringContaining('sealed under a key, and a passphrase was given'),
    });
  });
});

describe('store rekey', () => {
  it('makes a new store.key, and writes it down in the audit trail', async () => {
    await ck(addCa());
    const path = join(state, 'store.key');
    const old = readFileSync(path);
    const { code, out, err } = await ck('store rekey data-key --json');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(JSON.parse(out)).toEqual({
      schemaVersion: 1,
      rekeyed: true,
      dataKey: true,
      resealed: 1,
      keyFile: path,
    });
    expect(readFileSync(path)).not.toEqual(old);
    expect(await ck('show audit')).toHaveProperty('out', expect.stringContaining('store rekey'));
    expect(await ck(setLocation())).toMatchObject({ code: 0, err: '' });
  });

  it('changes from a key to a passphrase and back, asking for each', async () => {
    await ck(addCa());
    const words = 'correct horse battery';
    const to = await ck('store rekey new-key prompt', typing(words, words));
    expect(to).toMatchObject({
      code: 0,
      out: expect.stringContaining('store.key opened nothing any more and is gone'),
      err: 'new passphrase of the store: \nthe same once more: \n',
    });
    const back = await ck('store rekey --store-key prompt', typing(words));
    expect(back).toMatchObject({ code: 0, err: 'passphrase of the store: \n' });
    expect(await ck(setLocation())).toMatchObject({ code: 0, err: '' });
  });
});

describe('store backup', () => {
  it('says what is in it, and that the key is not', async () => {
    await ck(addCa());
    const file = join(home, 'a.db');
    const { code, out, err } = await ck(`store backup ${file}`);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toContain('0 certificates, 0 keys, 1 CA profile, 0 outstanding requests');
    expect(out).toContain('keep a copy of store.key at another place');
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(await ck(`store backup ${file}`)).toMatchObject({
      code: 3,
      err: expect.stringContaining('add replace'),
    });
    expect(await ck(`store backup ${file} replace with-key`)).toMatchObject({
      code: 0,
      out: expect.stringContaining('The store key is in it'),
    });
  });

  it('writes no file that is called -', async () => {
    expect(await ck('store backup -')).toMatchObject({
      code: 2,
      err: expect.stringContaining('not to standard output'),
    });
  });

  it.each(['store.db', 'store.key', 'store.db-wal', 'store.key.next', 'store.db.before-restore'])(
    'takes no place of the store itself: %s, by whatever path',
    async (name) => {
      await ck(addCa());
      const key = readFileSync(join(state, 'store.key'));
      symlinkSync(state, join(home, 'link'));
      const refused = {
        code: 3,
        err: expect.stringContaining('it is a file of the store itself'),
      };
      for (const folder of [state, `${home}/link`]) {
        const path = `${folder}/${name}`;
        expect(await ck(`store backup ${path} replace`)).toMatchObject(refused);
        expect(await ck(`cert export gw1 to ${path} replace`)).toMatchObject(refused);
      }
      const deployed = await ck(`cert deploy cert-name gw1 key ${join(state, name)} later`);
      expect(deployed).toMatchObject(refused);
      expect(readFileSync(join(state, 'store.key'))).toStrictEqual(key);
      expect(await ck(`store backup ${join(state, 'monday.db')}`)).toMatchObject({ code: 0 });
      expect(await ck('ca show rootA')).toMatchObject({ code: 0, err: '' });
    },
  );

  it('refuses a folder that every user can write to', async () => {
    await ck(addCa());
    const folder = mkdtempSync(join(home, 'open-'));
    for (const mode of [0o777, 0o1777]) {
      chmodSync(folder, mode);
      expect(await ck(`store backup ${join(folder, 'a.db')}`)).toMatchObject({
        code: 3,
        err: expect.stringContaining('every user of this machine'),
      });
    }
    expect(await ck(`store backup ${join(folder, 'none', 'a.db')}`)).toMatchObject({
      code: 3,
      err: expect.stringContaining('no such file'),
    });
  });
});

/** A backup with a request outstanding, of a store that has gone on. */
async function backedUp(): Promise<string> {
  await ck(addCa());
  const { store, close } = await compose({ stateDirectory: state, log: silentLog });
  await store.transactions.open(newTransaction(), []);
  await close();
  const file = join(home, 'a.db');
  await ck(`store backup ${file}`);
  await ck(`ca add rootB url http://ra/ root ${join(home, 'root.pem')} secret env:PSK`);
  return file;
}

describe('store restore', () => {
  it('asks, and says what is of the past', async () => {
    const file = await backedUp();
    const line = `store restore ${file}`;
    expect(await ck(line)).toMatchObject({ code: 2, err: expect.stringContaining('--yes') });
    expect(await ck(line, typing('n'))).toMatchObject({ code: 0, out: 'Nothing was changed\n' });
    expect((await ck('ca show')).out).toContain('rootB');

    const { code, out, err } = await ck(line, typing('y'));
    expect({ code, out }).toMatchObject({
      code: 0,
      out: expect.stringContaining('before-restore'),
    });
    expect(err).toContain('1 outstanding request is of the time of the backup');
    expect((await ck('ca show')).out).not.toContain('rootB');
    expect((await ck('show audit')).out).toContain('store restore');
  });

  it('prints one object', async () => {
    const file = await backedUp();
    const { code, out } = await ck(`store restore ${file} --yes --json`);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toEqual({
      schemaVersion: 1,
      restored: true,
      file,
      madeAt: expect.stringMatching(/Z$/),
      keptAs: join(state, 'store.db.before-restore'),
      bringsKey: false,
      newer: [],
      certificates: 0,
      keys: 1,
      caProfiles: 1,
      outstanding: 1,
    });
  });

  it('asks nothing where there is no store to lose', async () => {
    const file = await backedUp();
    const key = readFileSync(join(state, 'store.key')).toString('hex');
    state = join(home, 'another');
    expect(await ck(`store restore ${file}`)).toMatchObject({
      code: 4,
      err: expect.stringContaining('STORE_KEY_MISSING'),
    });
    const env = { CERTKEEPER_STORE_KEY: 'env:KEY', KEY: key };
    expect(await ck(`store restore ${file}`, { env })).toMatchObject({
      code: 0,
      out: expect.stringContaining('it opens with the key given now'),
    });
    expect((await ck('ca show', { env })).out).toContain('rootA');
  });
});
