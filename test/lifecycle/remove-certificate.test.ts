import {
  chmodSync,
  mkdirSync,
  readFileSync,
  renameSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { setDeployment } from '../../src/lifecycle/deploy-settings.ts';
import { enroll } from '../../src/lifecycle/enroll.ts';
import { generateRequest } from '../../src/lifecycle/generate-request.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { removalOf, removeCertificate } from '../../src/lifecycle/remove-certificate.ts';
import { update } from '../../src/lifecycle/update.ts';
import { parseName } from '../../src/x509/name-text.ts';
import { coded, initialized, issued, makeSite, named, request, wanted, type Site } from './site.ts';

const name = named('gw1');
const remove = (site: Site, withFiles = false) =>
  removeCertificate(site.context, { name, withFiles });

/** A name with two versions, in the cert-store location and then in a deployment, and a hook. */
async function full(site: Site): Promise<string> {
  await initialized(site);
  issued(await update(site.context, { current: name, waitSeconds: 0 }));
  const directory = join(site.certs, 'service');
  mkdirSync(directory, { mode: 0o755 });
  const path = (file: string): string => join(directory, file);
  await setDeployment(
    site.context,
    name,
    {
      label: named('web'),
      files: [
        { kind: 'key', path: path('s.key') },
        { kind: 'fullchain', path: path('s.pem') },
        { kind: 'ca', path: path('roots.pem') },
      ],
    },
    false,
  );
  issued(await update(site.context, { current: name, waitSeconds: 0 }));
  await site.store.deployments.putHook(name, { command: ['/bin/true'], timeoutSeconds: 60 });
  await site.store.nameSettings.set(name, 'key', 'reuse');
  return directory;
}

describe('removeCertificate()', () => {
  it('takes every version, key, deployment, hook and setting of the name, and leaves the history and files', async () => {
    const site = await makeSite();
    await full(site);
    const before = site.files();
    const ids = (await site.store.certificates.versions(name)).map(({ keyId = 0 }) => keyId);
    expect(await remove(site)).toMatchObject({
      versions: 3,
      deployments: ['web'],
      hasHook: true,
      removed: [],
      left: [],
    });
    const { certificates, deployments, nameSettings, keys, history } = site.store;
    expect(await certificates.versions(name)).toEqual([]);
    expect(await deployments.list(name)).toEqual([]);
    expect(await deployments.hook(name)).toBeUndefined();
    expect(await nameSettings.get(name, 'key')).toBeUndefined();
    for (const id of ids) await expect(keys.privateKey(id)).rejects.toThrow('key');
    expect(await history.list()).toHaveLength(3);
    expect(site.files()).toEqual(before);
  });

  it('removes the files, too, where it was told to, with the sets they replaced', async () => {
    const site = await makeSite();
    await full(site);
    await generateRequest(site.context, {
      name,
      subject: parseName('CN=gw1'),
      subjectAltNames: [],
      keyType: 'p-256',
      allowLegacy: false,
      replace: false,
      toCertStore: true,
    });
    const { removed, left } = await remove(site, true);
    expect(left).toEqual([]);
    expect(removed.length).toBeGreaterThanOrEqual(6 + 6 + 2);
    expect([...site.files().keys()]).toEqual([]);
  });

  it('leaves files that somebody changed, and follows no link', async () => {
    const site = await makeSite();
    const directory = await full(site);
    const own = join(directory, 's.pem');
    writeFileSync(own, `${readFileSync(own, 'utf8')}# mine\n`);
    const key = join(directory, 's.key');
    renameSync(key, join(site.certs, 'elsewhere'));
    symlinkSync(join(site.certs, 'elsewhere'), key);
    const { left } = await remove(site, true);
    expect(left).toEqual([
      { path: key, why: 'it is a symbolic link' },
      { path: own, why: 'its content is another one' },
    ]);
    expect(site.files().has('elsewhere')).toBe(true);
    expect(readFileSync(own, 'utf8')).toContain('# mine');
  });

  it('goes on after a kill between the files and the rest', async () => {
    const site = await makeSite();
    await initialized(site);
    const { certificates } = site.store;
    const dying = {
      ...site.context,
      store: {
        ...site.store,
        certificates: { ...certificates, remove: () => Promise.reject(new Error('killed')) },
      },
    };
    await expect(removeCertificate(dying, { name, withFiles: true })).rejects.toThrow('killed');
    expect(site.files().size).toBe(0);
    expect(await certificates.current(name)).toBeDefined();
    await remove(site, true);
    expect(await certificates.versions(name)).toEqual([]);
  });

  it('says what of it is still valid', async () => {
    const site = await makeSite({ lab: { validitySeconds: 3600 } });
    await initialized(site);
    expect((await removalOf(site.context, name)).valid).toHaveLength(1);
    await site.clock.advance(3601);
    expect((await removalOf(site.context, name)).valid).toEqual([]);
  });

  it('refuses while a request is outstanding: its own, one from it, one signed with it', async () => {
    const site = await makeSite({ lab: { polls: 1 } });
    const wait = { waitSeconds: 0 };
    await initialize(site.context, request(wait));
    await expect(remove(site)).rejects.toMatchObject(coded('TRANSACTION_OUTSTANDING'));
    await site.store.transactions.clear(name, site.clock.now(), []);

    await initialized(site);
    const key = { type: 'generate', keyType: 'p-256' } as const;
    const more = { name: named('gw2'), wanted: wanted('CN=gw2'), key, ...wait };
    await enroll(site.context, { current: name, ...more });
    await expect(remove(site)).rejects.toThrow(/the cr for "gw2" to "lab" is outstanding/);
    await site.store.transactions.clear('gw2', site.clock.now(), []);

    const credential = { type: 'signature', signer: name } as const;
    await initialize(site.context, { ...more, credential });
    await expect(remove(site, true)).rejects.toThrow(/the ir for "gw2" to "lab" is outstanding/);
    expect(site.files().size).toBe(3);
    expect(await site.store.certificates.current(name)).toBeDefined();
  });

  it('refuses the certificate that a CA profile shows to its server, and a name there is not', async () => {
    const site = await makeSite();
    await expect(remove(site)).rejects.toMatchObject(coded('CERT_UNKNOWN'));
    await initialized(site);
    await site.setProfile({ tlsClientCertificate: name });
    await expect(remove(site)).rejects.toMatchObject(coded('CONFIG_INVALID'));
  });

  it('removes a key whose request waits, without any certificate', async () => {
    const site = await makeSite();
    await generateRequest(site.context, {
      name,
      subject: parseName('CN=gw1'),
      subjectAltNames: [],
      keyType: 'ed25519',
      allowLegacy: false,
      replace: false,
      toCertStore: false,
    });
    expect(await remove(site)).toMatchObject({ versions: 0, hasRequest: true });
    expect(await site.store.keyRequests.list()).toEqual([]);
  });

  it('keeps what cannot be removed from a directory, and says why', async () => {
    const site = await makeSite();
    await initialized(site);
    if (process.geteuid?.() === 0) return;
    chmodSync(site.certs, 0o500);
    const { left } = await remove(site, true);
    chmodSync(site.certs, 0o700);
    expect(left).toHaveLength(3);
  });
});
