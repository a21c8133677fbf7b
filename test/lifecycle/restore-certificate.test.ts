import { createPrivateKey, X509Certificate } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { setDeployment } from '../../src/lifecycle/deploy-settings.ts';
import { poll } from '../../src/lifecycle/poll.ts';
import { restoreCertificate } from '../../src/lifecycle/restore-certificate.ts';
import { update } from '../../src/lifecycle/update.ts';
import { coded, initialized, issued, makeSite, named, type Site } from './site.ts';

const name = named('gw1');

/** A certificate in three versions. */
async function threeVersions(): Promise<Site> {
  const site = await makeSite();
  await initialized(site);
  for (const version of [2, 3]) {
    const { certificate } = issued(await update(site.context, { current: name, waitSeconds: 0 }));
    expect(certificate.version).toBe(version);
  }
  return site;
}

/** Which version the files are of; key and certificate fit each other. */
async function versionInFiles(site: Site): Promise<number | undefined> {
  const files = site.files();
  const certificate = new X509Certificate(files.get('gw1.cert.pem') ?? '');
  const key = createPrivateKey(files.get('gw1.key.pem') ?? '');
  expect(certificate.checkPrivateKey(key)).toBe(true);
  const versions = await site.store.certificates.versions(name);
  return versions.find(({ der }) => certificate.raw.equals(der))?.version;
}

describe('restoreCertificate()', () => {
  it('goes back to the version before, or to any other, and forward again', async () => {
    const site = await threeVersions();
    const { certificate, replaced, files } = await restoreCertificate(site.context, { name });
    expect([certificate.version, replaced?.version, files.length]).toEqual([2, 3, 3]);
    expect(await versionInFiles(site)).toBe(2);
    expect(await site.store.certificates.current(name)).toMatchObject({ version: 2 });

    await restoreCertificate(site.context, { name, version: 1 });
    expect(await versionInFiles(site)).toBe(1);
    await restoreCertificate(site.context, { name });
    expect(await versionInFiles(site)).toBe(3);
    const statuses = (await site.store.certificates.versions(name)).map(({ status }) => status);
    expect(statuses).toEqual(['current', 'superseded', 'superseded']);
  });

  it('is finished by poll() when the files cannot be written', async () => {
    const site = await threeVersions();
    chmodSync(site.certs, 0o777);
    await expect(restoreCertificate(site.context, { name })).rejects.toMatchObject(
      coded('DELIVERY_FAILED'),
    );
    expect(await versionInFiles(site)).toBe(3);
    chmodSync(site.certs, 0o700);
    expect(await poll(site.context, { name, waitSeconds: 0 })).toMatchObject({ type: 'delivered' });
    expect(await versionInFiles(site)).toBe(2);
  });

  it('warns where a renewal is outstanding, which takes its place', async () => {
    const site = await threeVersions();
    await site.relab({ polls: 1 });
    await update(site.context, { current: name, waitSeconds: 0 });
    await restoreCertificate(site.context, { name });
    expect(site.warnings).toEqual([
      'the kur of "gw1" is outstanding: what the CA grants takes the place of version 2; "certkeeper clear cmp cert-name gw1" drops it',
    ]);
    expect(await versionInFiles(site)).toBe(2);
  });

  it('goes back in a deployment that was killed when its new files stood', async () => {
    const site = await makeSite();
    const path = join(site.certs, 'gw1.pem');
    mkdirSync(site.certs);
    const files = [{ kind: 'cert', path }] as const;
    await setDeployment(site.context, name, { label: named('web'), files }, false);
    await initialized(site);
    const before = readFileSync(path, 'utf8');
    const killed: Site['context'] = {
      ...site.context,
      async deliver(delivery) {
        await site.context.deliver(delivery);
        throw new Error('killed');
      },
    };
    await expect(update(killed, { current: name, waitSeconds: 0 })).rejects.toThrow('killed');
    expect(readFileSync(path, 'utf8')).not.toBe(before);
    await restoreCertificate(site.context, { name });
    expect(readFileSync(path, 'utf8')).toBe(before);
  });

  it.each([
    [3, 'Cannot restore version 3 of "gw1": it is the current one'],
    [9, 'Cannot restore version 9 of "gw1": there is none'],
  ])('refuses version %i', async (version, message) => {
    const site = await threeVersions();
    await expect(restoreCertificate(site.context, { name, version })).rejects.toMatchObject({
      ...coded('CERT_UNKNOWN'),
      message,
    });
  });

  it('refuses where there is only one, or none', async () => {
    const site = await makeSite();
    const refused = expect.objectContaining(coded('CERT_UNKNOWN'));
    await expect(restoreCertificate(site.context, { name })).rejects.toEqual(refused);
    await initialized(site);
    await expect(restoreCertificate(site.context, { name })).rejects.toEqual(refused);
  });

  it('refuses one that has expired', async () => {
    const site = await threeVersions();
    await site.clock.advance(4000 * 86_400);
    await expect(restoreCertificate(site.context, { name })).rejects.toMatchObject({
      ...coded('CERT_INVALID'),
      message: expect.stringMatching(/^Cannot restore version 2 of "gw1": it is valid from 20/),
    });
    expect(await versionInFiles(site)).toBe(3);
  });
});
