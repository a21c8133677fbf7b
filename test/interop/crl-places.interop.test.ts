import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { retrieve } from '../../src/retrieval/retrieve.ts';
import { requirePeer } from '../harness/require.ts';
import { hours, makeCrl } from '../revocation/crl-made.ts';
import { ca, keeping, pointAt, pointing, codesOf, type Keeping } from '../validation/crl-kept.ts';
import {
  filePassword,
  fileUser,
  ldapUser,
  startNginx,
  startSlapd,
  type FileServer,
} from './retrieval-servers.ts';

/** A CRL of OpenSSL, from servers as operators run them. */
const der = new Uint8Array(readFileSync(join(import.meta.dirname, '../vectors/crl/complete.crl')));

async function started(server: Promise<FileServer>): Promise<FileServer> {
  const running = await server;
  onTestFinished(() => running.close());
  return running;
}

async function site(username = fileUser): Promise<Keeping> {
  const credentials = { type: 'password', username, password: Buffer.from(filePassword) } as const;
  return await keeping({
    fetchConfigured: async (url, options) => await retrieve(url, { ...options, credentials }),
  });
}

describe('a CRL that is set up', () => {
  it('comes from nginx with a password, which nobody shows for what a certificate names', async (context) => {
    requirePeer(context, 'nginx-light');
    const { port } = await started(startNginx({ 'complete.crl': der }, false));
    const url = `http://127.0.0.1:${port}/complete.crl`;
    const { places, refresh, store, find } = await site();
    places.push({ name: 'c', url });
    await refresh();
    expect(await store.heldCrls.list()).toMatchObject([{ crlNumber: 10n, octets: der.length }]);
    const named = await find(pointing(pointAt(`${url}?`)), { configured: [] });
    expect(codesOf(named)).toStrictEqual(['http-status']);
  });

  it('is not loaded again from nginx while it is the same file', async (context) => {
    requirePeer(context, 'nginx-light');
    const { port } = await started(startNginx({ 'complete.crl': der }, false));
    const url = `http://127.0.0.1:${port}/complete.crl`;
    const { places, refresh, store, events, clock } = await site();
    places.push({ name: 'c', url, refreshSeconds: 3600 });
    await refresh();
    expect(await store.crlSources.get(url)).toMatchObject({ etag: expect.any(String) });
    await clock.advance(3700);
    await refresh();
    expect(events).toMatchObject([
      { type: 'crl-fetch', outcome: 'fetched', octets: der.length },
      { type: 'crl-fetch', outcome: 'unchanged', octets: 0 },
    ]);
  });

  it('comes from slapd, which nobody else is shown it by', async (context) => {
    requirePeer(context, 'slapd');
    const { port } = await started(startSlapd({ ca: der }));
    const url = `ldap://127.0.0.1:${port}/cn=ca,o=Test?testFile`;
    const { places, refresh, store, find } = await site(ldapUser);
    places.push({ name: 'c', url });
    await refresh();
    // First, since it says why.
    expect(await store.crlSources.list()).toMatchObject([{ url, failures: 0 }]);
    expect(await store.heldCrls.list()).toMatchObject([{ crlNumber: 10n }]);
    const named = await find(pointing(pointAt(`${url}?base`)), { configured: [] });
    expect(codesOf(named)).toStrictEqual(['http-status']);
  });

  it('is the newest in time of several in one entry of slapd', async (context) => {
    requirePeer(context, 'slapd');
    const values = [
      makeCrl(ca, { number: 1n, thisUpdate: hours(-9) }),
      makeCrl(ca, { number: 3n, thisUpdate: hours(9) }),
      makeCrl(ca, { number: 2n, thisUpdate: hours(-1) }),
    ].map((octets) => `testFile:: ${Buffer.from(octets).toString('base64')}\n`);
    const entry = `dn: cn=many,o=Test\nobjectClass: testEntry\ncn: many\n${values.join('')}`;
    const { port } = await started(startSlapd({}, entry));
    const { places, refresh, store } = await site(ldapUser);
    places.push({ name: 'c', url: `ldap://127.0.0.1:${port}/cn=many,o=Test?testFile` });
    await refresh();
    expect(await store.heldCrls.list()).toMatchObject([{ crlNumber: 2n }]);
  });
});
