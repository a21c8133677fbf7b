import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lateTransport } from '../../src/agent/late-transport.ts';
import { routeOf } from '../../src/agent/route.ts';
import { utf8 } from '../../src/base/bytes.ts';
import { caProfile } from '../../src/settings/ca-profile-defaults.ts';
import type { CaProfile } from '../../src/settings/ca-profile.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { at, named, newKey, storeOptions, temporaryDirectory } from '../store/sample.ts';

let store: Store;
beforeEach(async () => {
  store = await openStore(storeOptions(temporaryDirectory()));
});
afterEach(() => store.close());

const url = 'https://ra.example/.well-known/cmp';
const anchor = Uint8Array.of(0x30, 1);

/** A profile in the store. */
async function stored(changes: Partial<CaProfile>, proxyPassword?: Uint8Array): Promise<CaProfile> {
  const profile = caProfile({ label: named('ca'), url, roots: [], ...changes });
  await store.authorities.put(profile, undefined, proxyPassword);
  return profile;
}

describe('routeOf()', () => {
  it('goes straight, with what the system trusts, when a profile says nothing', async () => {
    expect(await routeOf(store, await stored({}), true)).toEqual({ tls: { anchors: [] } });
    expect(await routeOf(store, await stored({}), false)).toEqual({});
  });

  it('joins anchors, name, client certificate and its key [T7]', async () => {
    const key = newKey();
    const der = Uint8Array.of(0x30, 2);
    const chain = [Uint8Array.of(0x30, 3)];
    await store.certificates.import({
      name: named('gw1'),
      der,
      chain,
      key: { ...key },
      source: 'import',
      at: at(0),
    });
    const profile = await stored({
      tlsRoots: [anchor],
      tlsServerName: 'ra.example',
      tlsClientCertificate: named('gw1'),
    });
    expect(await routeOf(store, profile, true)).toEqual({
      tls: {
        anchors: [anchor],
        serverName: 'ra.example',
        clientCertificate: { pkcs8: key.pkcs8, chain: [der, ...chain] },
      },
    });
    // Nothing of TLS, and no key opened, for plain http.
    expect(await routeOf(store, profile, false)).toEqual({});
  });

  it('joins a proxy, its user and the sealed password [T7]', async () => {
    const proxy = { url: 'http://proxy.example:3128', username: 'agent7' };
    const profile = await stored({ proxy }, utf8('s3cret'));
    expect(await routeOf(store, profile, false)).toEqual({
      proxy: {
        url: proxy.url,
        credentials: { username: 'agent7', password: utf8('s3cret') },
      },
    });
    const nobody = await stored({ proxy: { url: proxy.url } });
    expect(await routeOf(store, nobody, false)).toEqual({ proxy: { url: proxy.url } });
  });

  it('refuses a client certificate that is not there, or whose key is not', async () => {
    const profile = await stored({ tlsClientCertificate: named('gw1') });
    await expect(routeOf(store, profile, true)).rejects.toMatchObject({
      code: 'CERT_UNKNOWN',
      message: 'Cannot connect to CA "ca" with certificate "gw1": there is none of this name',
    });
    await store.certificates.import({
      name: named('gw1'),
      der: anchor,
      chain: [],
      source: 'import',
      at: at(0),
    });
    await expect(routeOf(store, profile, true)).rejects.toMatchObject({ code: 'KEY_UNUSABLE' });
  });
});

describe('lateTransport()', () => {
  it('says with each message what is wrong with the way, and can be closed then', async () => {
    const profile = await stored({ tlsClientCertificate: named('gw1') });
    const transport = lateTransport(store, url, profile);
    for (let i = 0; i < 2; i++) {
      await expect(transport.exchange(Uint8Array.of(1))).rejects.toMatchObject({
        code: 'CERT_UNKNOWN',
      });
    }
    await expect(transport.close()).resolves.toBeUndefined();
  });
});
