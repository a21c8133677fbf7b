import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { compose, type Services } from '../../src/agent/compose.ts';
import { silentLog } from '../../src/base/log.ts';
import { generatedKey } from '../../src/crypto/keys.ts';
import { alone } from '../../src/lifecycle/alone.ts';
import type { LifecycleContext } from '../../src/lifecycle/context.ts';
import { importCertificate, type ImportRequest } from '../../src/lifecycle/import-certificate.ts';
import { issue } from '../harness/certificates.ts';
import { fakeClock } from '../harness/fake-clock.ts';
import { lockStore, type Locker } from '../store/locker.ts';
import { coded, makeSite, named, type Site } from './site.ts';

function importing(subject: string): ImportRequest {
  const { certificate, key } = issue({ subject });
  return {
    name: named('vendor'),
    certificates: [certificate],
    key: generatedKey(key.privateKey),
    replace: false,
  };
}

async function openSite(): Promise<Site> {
  return makeSite({ clock: fakeClock(new Date('2026-06-15T12:00:00Z')), othersLive: true });
}

/** Another process, which sleeps as long as the first one works. */
async function after(first: Promise<unknown>, site: Site): Promise<LifecycleContext> {
  const other = await site.open();
  return {
    ...other,
    clock: { now: () => site.clock.now(), sleep: async () => void (await first) },
  };
}

describe('of two imports of one name at once', () => {
  it('one wins, and the other finds that the name is taken', async () => {
    const site = await openSite();
    const first = importCertificate(site.context, importing('CN=a'));
    const second = importCertificate(await after(first, site), importing('CN=b'));
    await expect(second).rejects.toMatchObject(coded('CERT_EXISTS'));
    expect((await first).isUnchanged).toBe(false);
    expect(await site.store.certificates.versions('vendor')).toHaveLength(1);
  });

  it('the second finds the same there already', async () => {
    const site = await openSite();
    const request = importing('CN=a');
    const first = importCertificate(site.context, request);
    const second = importCertificate(await after(first, site), request);
    expect((await second).isUnchanged).toBe(true);
    expect((await first).isUnchanged).toBe(false);
    expect(await site.store.certificates.versions('vendor')).toHaveLength(1);
  });

  it('the second is told who is in its way when that takes long', async () => {
    const site = await openSite();
    const other = await site.open();
    await alone(site.context, 'vendor', 0, async () => {
      await expect(importCertificate(other, importing('CN=a'))).rejects.toMatchObject(
        coded('IN_PROGRESS'),
      );
    });
    expect(site.clock.slept).toHaveLength(19);
    expect(await site.store.certificates.versions('vendor')).toEqual([]);
  });
});

/** A store that another process has locked; `sleep` is called between the tries to get it. */
async function locked(sleep: (locker: Locker) => Promise<void>): Promise<Services> {
  const home = mkdtempSync(join(tmpdir(), 'certkeeper-import-'));
  let locker: Locker | undefined;
  const services = await compose({
    stateDirectory: join(home, 'state'),
    log: silentLog,
    clock: {
      now: () => new Date('2026-06-15T12:00:00Z'),
      sleep: async () => (locker === undefined ? undefined : sleep(locker)),
    },
  });
  onTestFinished(async () => {
    await services.close();
    rmSync(home, { recursive: true, force: true });
  });
  // So that the file is there, with all its tables.
  await services.store.certificates.list();
  locker = await lockStore(join(home, 'state', 'store.db'));
  return services;
}

describe('an import into a store that another process has locked', () => {
  it('waits, and succeeds when that one lets go', async () => {
    const services = await locked((locker) => locker.letGo());
    const { certificate } = await importCertificate(services, importing('CN=a'));
    expect(certificate).toMatchObject({ version: 1, status: 'current' });
  });

  it('says so after 5 s, and stores nothing', { timeout: 30_000 }, async () => {
    const services = await locked(async () => undefined);
    await expect(importCertificate(services, importing('CN=a'))).rejects.toMatchObject(
      coded('STORE_LOCKED'),
    );
    expect(await services.store.certificates.list({ all: true })).toEqual([]);
  });
});
