import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { oids } from '../../src/asn1/oids.ts';
import { decodePem } from '../../src/asn1/pem.ts';
import { deliverAnchors } from '../../src/lifecycle/deliver-anchors.ts';
import { setDeployment } from '../../src/lifecycle/deploy-settings.ts';
import { requestInfo } from '../../src/lifecycle/info.ts';
import { poll } from '../../src/lifecycle/poll.ts';
import { update } from '../../src/lifecycle/update.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { issue } from '../harness/certificates.ts';
import { bodies, coded, initialized, issued, makeSite, named, type Site } from './site.ts';

const lab = named('lab');

/** A directory of an endpoint with a file of anchors, and a hook that writes a diary. */
async function endpoint(site: Site, text: string): Promise<string> {
  const name = named(text);
  const directory = join(site.certs, text);
  mkdirSync(directory, { recursive: true, mode: 0o755 });
  const hook = join(directory, 'hook');
  writeFileSync(hook, `#!/bin/sh\necho "$CERTKEEPER_CA_FILE" >> ${directory}/diary\n`);
  chmodSync(hook, 0o755);
  await site.store.deployments.putHook(name, { command: [hook], timeoutSeconds: 60 });
  const files = [
    { kind: 'fullchain', path: join(directory, 's.pem') },
    { kind: 'ca', path: join(directory, 'roots.pem') },
  ] as const;
  await setDeployment(site.context, name, { label: named('web'), files }, true);
  return directory;
}

function roots(directory: string): readonly Uint8Array[] {
  return decodePem(readFileSync(join(directory, 'roots.pem'), 'utf8')).map(({ der }) => der);
}

function runs(directory: string): number {
  return readFileSync(join(directory, 'diary'), 'utf8').trim().split('\n').length;
}

function rootOf(site: Site): Uint8Array {
  return certificateDer(site.lab.authorities.root.certificate);
}

/** A root that ends with a year. */
function ending(year: number): Uint8Array {
  const { certificate } = issue({
    subject: `CN=${year}`,
    isCa: true,
    notBefore: new Date('2020-01-01T00:00:00Z'),
    notAfter: new Date(`${year}-01-01T00:00:00Z`),
  });
  return certificateDer(certificate);
}

/** Take the new root of the lab. */
function takeRoot(site: Site, context = site.context) {
  return requestInfo(context, {
    infoType: oids.rootCaCert,
    credential: { type: 'mac' },
    acceptRoot: true,
    waitSeconds: 0,
  });
}

describe('a new root that cmp info takes', () => {
  it('is in the file of every endpoint below that CA beside the old one, and its hook is run', async () => {
    const site = await makeSite();
    const directory = await endpoint(site, 'gw1');
    await initialized(site);
    const other = await endpoint(site, 'gw2');
    await initialized(site, { name: named('gw2') });
    await initialized(site, { name: named('plain') });
    const old = rootOf(site);
    expect([roots(directory), runs(directory)]).toEqual([[old], 1]);

    await site.lab.rollRoot();
    await site.relab({});
    expect(await takeRoot(site)).toMatchObject({ type: 'root-update', isAccepted: true });
    const both = [old, rootOf(site)];
    expect(both[1]).not.toEqual(old);
    for (const each of [directory, other]) expect([roots(each), runs(each)]).toEqual([both, 2]);
    expect(await site.store.certificates.pendingDelivery()).toEqual([]);
    expect(await site.store.deployments.list('gw1')).toMatchObject([
      { status: { state: 'deployed' } },
    ]);

    // Taken once more, nothing changes and nobody is told.
    await takeRoot(site);
    expect(runs(directory)).toBe(2);
  });

  it.each(['poll', 'info'] as const)(
    'is pending from the write that stores it, and goes on with %s after a kill',
    async (how) => {
      const site = await makeSite();
      const directory = await endpoint(site, 'gw1');
      await initialized(site);
      await site.lab.rollRoot();
      await site.relab({});
      const dying = { ...site.context, deliver: () => Promise.reject(new Error('killed')) };
      await expect(takeRoot(site, dying)).rejects.toThrow('killed');
      expect(roots(directory)).toHaveLength(1);
      expect(await site.store.certificates.pendingDelivery()).toMatchObject([{ name: 'gw1' }]);

      const again = await site.open();
      if (how === 'poll') await poll(again, { name: named('gw1'), waitSeconds: 0 });
      else await takeRoot(site, again);
      expect(roots(directory)).toHaveLength(2);
      expect(await site.store.certificates.pendingDelivery()).toEqual([]);
    },
  );

  it('that waits to be delivered makes no update take the old certificate for the new one', async () => {
    const site = await makeSite();
    const directory = await endpoint(site, 'gw1');
    await initialized(site);
    await update(site.context, { current: named('gw1'), waitSeconds: 0 });
    await site.store.authorities.replaceRoots(lab, {
      add: [certificateDer(issue({ subject: 'CN=New', isCa: true }).certificate)],
    });
    const { certificate } = issued(
      await update(site.context, { current: named('gw1'), waitSeconds: 0 }),
    );
    expect(certificate.version).toBe(3);
    expect(bodies(site.sent).filter((body) => body === 'kur')).toHaveLength(2);
    expect(roots(directory)).toHaveLength(2);
  });

  it('is told as not delivered where a file cannot be written, and does not stop the others', async () => {
    const site = await makeSite();
    const broken = await endpoint(site, 'gw1');
    await initialized(site);
    const other = await endpoint(site, 'gw2');
    await initialized(site, { name: named('gw2') });
    await site.lab.rollRoot();
    await site.relab({});
    chmodSync(broken, 0o777);
    await expect(takeRoot(site)).rejects.toMatchObject(coded('DELIVERY_FAILED'));
    expect([roots(broken).length, roots(other).length]).toEqual([1, 2]);
    expect((await site.store.authorities.get(lab))?.roots).toHaveLength(2);
    chmodSync(broken, 0o755);
    await deliverAnchors(site.context, lab);
    expect(roots(broken)).toHaveLength(2);
  });
});

describe('the anchors an endpoint gets', () => {
  it('are without those that have expired, but never none', async () => {
    const site = await makeSite();
    const directory = await endpoint(site, 'gw1');
    await initialized(site);
    const [longAgo, lately, valid] = [ending(2024), ending(2025), ending(2049)];
    await site.setProfile({ roots: [longAgo, valid, lately] });
    await deliverAnchors(site.context, lab);
    expect(roots(directory)).toEqual([valid]);
    await site.setProfile({ roots: [longAgo, lately] });
    await deliverAnchors(site.context, lab);
    expect(roots(directory)).toEqual([lately]);
  });

  it('change with the profile that ca add replaces, and stay when its roots do', async () => {
    const site = await makeSite();
    await endpoint(site, 'gw1');
    await initialized(site);
    await site.setProfile({ minPollSeconds: 77 });
    expect(await site.store.certificates.pendingDelivery()).toEqual([]);
    const added = certificateDer(issue({ subject: 'CN=More', isCa: true }).certificate);
    await site.setProfile({ roots: [...site.profile.roots, added] });
    expect(await site.store.certificates.pendingDelivery()).toMatchObject([{ name: 'gw1' }]);
  });

  it('that an answer brings are delivered to the others, too', async () => {
    const site = await makeSite({ lab: { caPubs: 'root' }, profile: { trustCapubs: true } });
    const directory = await endpoint(site, 'gw1');
    await initialized(site);
    await site.lab.rollRoot();
    await site.relab({});
    await initialized(site, { name: named('gw2') });
    expect(roots(directory)).toEqual([site.profile.roots[0], rootOf(site)]);
  });

  it('are missed where a certificate has no CA profile', async () => {
    const site = await makeSite();
    const { certificate } = await initialized(site);
    await site.store.certificates.import({
      name: named('bare'),
      der: certificate.der,
      chain: [],
      source: 'import',
      at: site.clock.now(),
    });
    const directory = join(site.certs, 'bare');
    mkdirSync(directory, { mode: 0o755 });
    const files = [{ kind: 'ca', path: join(directory, 'roots.pem') }] as const;
    await expect(
      setDeployment(site.context, named('bare'), { label: named('web'), files }, false),
    ).rejects.toThrow(/Cannot deliver the anchors for "bare"/);
  });
});
