import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  accessOf,
  listServers,
  originOf,
  putServer,
  removeServer,
  type RetrievalServer,
} from '../../src/lifecycle/retrieval-servers.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { utf8 } from '../../src/base/bytes.ts';

async function makeStore(): Promise<Store> {
  const directory = mkdtempSync(join(tmpdir(), 'certkeeper-servers-'));
  const store = await openStore({
    directory,
    clock: { sleep: async () => undefined },
    random: { bytes: (length) => new Uint8Array(length).fill(7) },
  });
  onTestFinished(async () => {
    await store.close();
    rmSync(directory, { recursive: true });
  });
  return store;
}

/** Says which secret was asked for. */
const told = async (source: string, what: string): Promise<Uint8Array> => utf8(`${source} ${what}`);

const server: RetrievalServer = {
  origin: 'sftp://files.example:22',
  username: 'gw1 & co = "x"',
  keySource: 'file:/etc/a key',
  passphraseSource: 'env:P',
  fingerprints: [`SHA256:${'+/'.repeat(21)}A`, `SHA256:${'B'.repeat(43)}`],
  tlsRoots: [Uint8Array.of(0x30, 0, 0xff)],
};

describe('originOf()', () => {
  it.each([
    ['sftp://Files.Example/x', 'sftp://files.example:22'],
    ['SFTP://files.example:22', 'sftp://files.example:22'],
    ['https://[2001:DB8::1]/x?y', 'https://[2001:db8::1]:443'],
    ['http://files.example:8080', 'http://files.example:8080'],
  ])('names the server of %s', (url, origin) => {
    expect(originOf(url)).toBe(origin);
  });
});

describe('a server in the store', () => {
  it('is read as it was written, in place of what was there', async () => {
    const store = await makeStore();
    await putServer(store, { origin: server.origin, fingerprints: [], tlsRoots: [] });
    await putServer(store, server);
    expect(await listServers(store)).toEqual([server]);
    expect(await removeServer(store, server.origin)).toBe(true);
    expect(await removeServer(store, server.origin)).toBe(false);
    expect(await listServers(store)).toEqual([]);
  });

  it('is not written with a fingerprint that is none', async () => {
    const store = await makeStore();
    const wrong = { ...server, fingerprints: ['MD5:00'] };
    await expect(putServer(store, wrong)).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    expect(await listServers(store)).toEqual([]);
  });
});

describe('accessOf()', () => {
  const url = 'sftp://FILES.example/x';

  it('asks for the secrets of the user that is set, and believes the keys that are set', async () => {
    const store = await makeStore();
    await putServer(store, server);
    expect(await accessOf(store, url, {}, told)).toEqual({
      credentials: {
        type: 'key',
        username: server.username,
        privateKey: utf8(`file:/etc/a key private key of "${server.username}" at ${server.origin}`),
        passphrase: utf8(`env:P passphrase of "${server.username}" at ${server.origin}`),
      },
      hostKeys: { type: 'fingerprints', fingerprints: server.fingerprints },
      route: { tls: { anchors: server.tlsRoots } },
    });
  });

  it('asks the operator for the password of any other user', async () => {
    const store = await makeStore();
    await putServer(store, server);
    const { credentials } = await accessOf(store, url, { username: 'root' }, told);
    expect(credentials).toEqual({
      type: 'password',
      username: 'root',
      password: utf8(`prompt password of "root" at ${server.origin}`),
    });
  });

  it.each(['sftp://files.example:23/x', 'https://files.example/x', '/etc/x', 'file:///etc/x'])(
    'has nothing for %s',
    async (other) => {
      const store = await makeStore();
      await putServer(store, server);
      expect(await accessOf(store, other, {}, told)).toEqual({});
    },
  );
});
