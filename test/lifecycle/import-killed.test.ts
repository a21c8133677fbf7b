import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { compose, type Services } from '../../src/agent/compose.ts';
import { silentLog } from '../../src/base/log.ts';
import { generatedKey } from '../../src/crypto/keys.ts';
import { importCaCertificate } from '../../src/lifecycle/ca-store.ts';
import { importCertificate, type ImportRequest } from '../../src/lifecycle/import-certificate.ts';
import { trackCertificate } from '../../src/lifecycle/track-certificate.ts';
import type { CertificateRecord } from '../../src/store/store.ts';
import type { Certificate } from '../../src/x509/certificate.ts';
import { issue } from '../harness/certificates.ts';
import { named } from './site.ts';

const root = issue({ subject: 'CN=Root', isCa: true });
const device = issue({ subject: 'CN=device', issuer: root });
const request: ImportRequest = {
  name: named('vendor'),
  certificates: [root.certificate, device.certificate],
  key: generatedKey(device.key.privateKey),
  replace: false,
};

/** More writes than an import has: the lease, the import, the lease given back. */
const MAX_WRITES = 6;

/** Do something once; what comes after a number of writes does not happen any more. */
async function upTo(
  stateDirectory: string,
  writes: number,
  work: (services: Services) => Promise<unknown>,
): Promise<void> {
  const services = await compose({
    stateDirectory,
    log: silentLog,
    onWrite(count) {
      if (count === writes) throw new Error('killed');
    },
  });
  try {
    // What is found of an earlier one is of a process that is no more.
    await work({ ...services, livenessOf: () => 'dead' });
  } finally {
    await services.close();
  }
}

const forever = Number.POSITIVE_INFINITY;
const doImport = (services: Services) => importCertificate(services, request);

async function versions(stateDirectory: string): Promise<readonly CertificateRecord[]> {
  const { store, close } = await compose({ stateDirectory, log: silentLog });
  const found = await store.certificates.versions('vendor');
  for (const { keyId = 0 } of found) await store.keys.privateKey(keyId);
  await close();
  return found;
}

describe('an import that ends after any write', () => {
  it.each(Array.from({ length: MAX_WRITES }, (_, i) => i + 1))(
    'leaves nothing or all of it after write %i, and can be done again',
    async (writes) => {
      const home = mkdtempSync(join(tmpdir(), 'certkeeper-import-'));
      onTestFinished(() => rmSync(home, { recursive: true, force: true }));
      const state = join(home, 'state');
      await upTo(state, writes, doImport).catch(() => {});
      const left = await versions(state);
      expect(left.length).toBeLessThanOrEqual(1);
      await upTo(state, forever, doImport);
      const [only, ...others] = await versions(state);
      expect(others).toEqual([]);
      expect(only).toMatchObject({ status: 'current', version: 1, source: 'import' });
      expect(only?.chain).toHaveLength(1);
      expect(left).toEqual(left.length === 0 ? [] : [only]);
    },
  );
});

async function readDevice(): Promise<readonly Certificate[]> {
  return [device.certificate];
}

const kills = Array.from({ length: MAX_WRITES }, (_, i) => i + 1);

describe('of what else an import does, when it ends after any write,', () => {
  it.each(kills)('a key request waits on or is over, after write %i', async (writes) => {
    const home = mkdtempSync(join(tmpdir(), 'certkeeper-import-'));
    onTestFinished(() => rmSync(home, { recursive: true, force: true }));
    const state = join(home, 'state');
    const { key, pkcs8 } = generatedKey(device.key.privateKey);
    const name = named('vendor');
    const asked = { name, key: { spki: key.spki, pkcs8 }, request: new Uint8Array(2) };
    await upTo(state, forever, ({ store }) =>
      store.keyRequests.put({ ...asked, at: new Date() }, false),
    );
    const answer = { name, certificates: [device.certificate], replace: false };
    await upTo(state, writes, (services) => importCertificate(services, answer)).catch(() => {});
    await upTo(state, forever, async ({ store }) => {
      const current = await store.certificates.current('vendor');
      const waiting = await store.keyRequests.get('vendor');
      // One or the other, and the key in any case.
      expect(current === undefined).toBe(waiting !== undefined);
      await store.keys.privateKey(current?.keyId ?? waiting?.keyId ?? 0);
    });
    await upTo(state, forever, (services) => importCertificate(services, answer));
    await upTo(state, forever, async ({ store }) => {
      expect(await store.certificates.versions('vendor')).toHaveLength(1);
      expect(await store.keyRequests.list()).toEqual([]);
    });
  });

  it.each(kills)('a CA certificate is there or not, after write %i', async (writes) => {
    const home = mkdtempSync(join(tmpdir(), 'certkeeper-import-'));
    onTestFinished(() => rmSync(home, { recursive: true, force: true }));
    const state = join(home, 'state');
    const given = {
      label: named('rootA'),
      certificates: [root.certificate],
      hasKey: false,
      replace: false,
    };
    await upTo(state, writes, (services) => importCaCertificate(services, given)).catch(() => {});
    await upTo(state, forever, async (services) => {
      const { isUnchanged } = await importCaCertificate(services, given);
      expect(await services.store.caCertificates.list()).toHaveLength(1);
      expect(typeof isUnchanged).toBe('boolean');
    });
  });

  it.each(kills)('a tracked certificate knows where it is read, after write %i', async (writes) => {
    const home = mkdtempSync(join(tmpdir(), 'certkeeper-import-'));
    onTestFinished(() => rmSync(home, { recursive: true, force: true }));
    const state = join(home, 'state');
    const tracking = { name: named('www'), source: '/etc/ssl/www.pem', read: readDevice };
    await upTo(state, writes, (services) => trackCertificate(services, tracking)).catch(() => {});
    await upTo(state, forever, async ({ store }) => {
      const current = await store.certificates.current('www');
      const source = await store.nameSettings.get('www', 'track-source');
      expect(current === undefined || source !== undefined).toBe(true);
    });
    await upTo(state, forever, (services) => trackCertificate(services, tracking));
    await upTo(state, forever, async ({ store }) => {
      expect(await store.certificates.versions('www')).toHaveLength(1);
    });
  });
});
