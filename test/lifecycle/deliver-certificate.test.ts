import { createPrivateKey, X509Certificate } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  deployAgain,
  removeDeployment,
  setDeployment,
  testHook,
} from '../../src/lifecycle/deploy-settings.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { poll } from '../../src/lifecycle/poll.ts';
import { restoreCertificate } from '../../src/lifecycle/restore-certificate.ts';
import { update } from '../../src/lifecycle/update.ts';
import type { Deployment } from '../../src/store/deployments-contract.ts';
import { unusedPort } from '../http/hostile-server.ts';
import { coded, initialized, issued, makeSite, named, request, type Site } from './site.ts';

const name = named('gw1');

/** A directory of a service. */
function serviceDirectory(): string {
  const directory = mkdtempSync(join(tmpdir(), 'certkeeper-service-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

function web(directory: string, changes: Partial<Deployment> = {}): Deployment {
  return {
    label: named('web'),
    files: [
      { kind: 'key', path: join(directory, 'gw1.key') },
      { kind: 'fullchain', path: join(directory, 'gw1.pem') },
    ],
    ...changes,
  };
}

/** Set a hook that runs some lines of shell with the arguments given. */
async function hook(
  { store }: Site,
  script: string,
  {
    args = [],
    timeoutSeconds = 60,
  }: { readonly args?: readonly string[]; readonly timeoutSeconds?: number } = {},
): Promise<void> {
  const path = join(serviceDirectory(), 'hook');
  writeFileSync(path, `#!/bin/sh\n${script}\n`);
  chmodSync(path, 0o755);
  await store.deployments.putHook(name, { command: [path, ...args], timeoutSeconds });
}

function serialIn(path: string): string {
  return new X509Certificate(readFileSync(path)).serialNumber.toLowerCase();
}

/** What the hook printed in its last run. */
async function said({ store }: Site): Promise<string> {
  const [last] = await store.deployments.runs(name);
  return new TextDecoder().decode(last?.output);
}

describe('a certificate with a deployment', () => {
  it('goes there from its first day on, and not to the cert-store location', async () => {
    const site = await makeSite();
    const directory = serviceDirectory();
    expect(await setDeployment(site.context, name, web(directory), false)).toEqual({
      type: 'stored',
    });
    const { certificate, files } = await initialized(site);
    expect(files).toEqual([join(directory, 'gw1.key'), join(directory, 'gw1.pem')].toSorted());
    expect(certificate.directory).toBe(directory);
    expect(site.files().size).toBe(0);
    const pem = new X509Certificate(readFileSync(join(directory, 'gw1.pem')));
    expect(pem.raw).toEqual(Buffer.from(certificate.der));
    expect(await site.store.deployments.list(name)).toMatchObject([
      { status: { state: 'deployed', certificateId: certificate.id } },
    ]);
  });

  it('goes there at once when it is current already, and back when there is none any more', async () => {
    const site = await makeSite();
    await initialized(site);
    const directory = serviceDirectory();
    rmSync(site.certs, { recursive: true });
    expect(await setDeployment(site.context, name, web(directory), false)).toMatchObject({
      type: 'deployed',
    });
    expect(existsSync(join(directory, 'gw1.pem'))).toBe(true);
    expect(site.files().size).toBe(0);
    await removeDeployment(site.context, name, named('web'));
    expect(site.files().size).toBe(3);
    expect(existsSync(join(directory, 'gw1.pem'))).toBe(true);
    expect(await removeDeployment(site.context, name, named('web'))).toBeUndefined();
  });

  it('is pending while one of its places cannot be written, and the others are done', async () => {
    const site = await makeSite();
    const [one, two] = [serviceDirectory(), serviceDirectory()];
    await setDeployment(site.context, name, web(one), false);
    const other = join(two, 'later');
    await setDeployment(site.context, name, web(other, { label: named('other') }), false);
    await expect(initialize(site.context, request())).rejects.toMatchObject({
      ...coded('DELIVERY_FAILED'),
      message: `Cannot deliver "gw1" to "other": there is no directory "${other}"`,
    });
    expect(await site.store.deployments.list(name)).toMatchObject([
      { label: 'other', status: { state: 'pending', error: expect.stringContaining(other) } },
      { label: 'web', status: { state: 'deployed' } },
    ]);
    // What is done is not done again.
    rmSync(join(one, 'gw1.key'));
    mkdirSync(other, { mode: 0o755 });
    expect(await poll(site.context, { name, waitSeconds: 0 })).toMatchObject({ type: 'delivered' });
    expect(existsSync(join(one, 'gw1.key'))).toBe(false);
    expect(existsSync(join(other, 'gw1.key'))).toBe(true);
    expect(await poll(site.context, { name, waitSeconds: 0 })).toMatchObject({ type: 'settled' });

    expect(await deployAgain(site.context, name)).toMatchObject({ type: 'deployed' });
    expect(existsSync(join(one, 'gw1.key'))).toBe(true);
  });

  it('keeps the old files in force when its update cannot be written', async () => {
    const site = await makeSite();
    const directory = serviceDirectory();
    await setDeployment(site.context, name, web(directory), false);
    await initialized(site);
    const before = serialIn(join(directory, 'gw1.pem'));
    chmodSync(directory, 0o777);
    await expect(update(site.context, { current: name, waitSeconds: 0 })).rejects.toMatchObject(
      coded('DELIVERY_FAILED'),
    );
    expect(serialIn(join(directory, 'gw1.pem'))).toBe(before);
    chmodSync(directory, 0o755);
    await poll(site.context, { name, waitSeconds: 0 });
    expect(serialIn(join(directory, 'gw1.pem'))).not.toBe(before);
  });

  it('says so when a file belongs to the deployment of another', async () => {
    const site = await makeSite();
    const directory = serviceDirectory();
    await setDeployment(site.context, name, web(directory), false);
    await expect(
      setDeployment(site.context, named('gw2'), web(directory), false),
    ).rejects.toMatchObject(coded('CONFIG_INVALID'));
  });

  it('cannot be deployed again when there is none', async () => {
    const site = await makeSite();
    await expect(deployAgain(site.context, name)).rejects.toMatchObject(coded('CERT_UNKNOWN'));
  });
});

describe('a certificate whose service is told', () => {
  it('is pending until the service takes it', async () => {
    const site = await makeSite();
    const directory = serviceDirectory();
    const systemctl = join(directory, 'systemctl');
    writeFileSync(systemctl, '#!/bin/sh\necho "Unit $3 is masked"\nexit 1\n', { mode: 0o755 });
    const target = { type: 'systemd', unit: 'gw.service', program: systemctl } as const;
    await setDeployment(site.context, name, web(directory, { target }), false);
    await expect(initialize(site.context, request())).rejects.toMatchObject({
      ...coded('DELIVERY_FAILED'),
      message: expect.stringContaining('Cannot reload gw.service'),
    });
    expect(await site.store.deployments.list(name)).toMatchObject([
      { status: { state: 'pending', error: expect.stringContaining('gw.service is masked') } },
    ]);
    writeFileSync(systemctl, '#!/bin/sh\nexit 0\n');
    expect(await poll(site.context, { name, waitSeconds: 0 })).toMatchObject({ type: 'delivered' });
    expect(await site.store.deployments.list(name)).toMatchObject([
      { status: { state: 'deployed' } },
    ]);
  });

  it('gets its old files back when the configuration cannot be used with the new ones', async () => {
    const site = await makeSite();
    const directory = serviceDirectory();
    const program = join(directory, 'nginx');
    writeFileSync(program, '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    await setDeployment(site.context, name, web(directory), false);
    await initialized(site);
    const before = serialIn(join(directory, 'gw1.pem'));
    const target = { type: 'nginx', pidFile: '/none', program } as const;
    await setDeployment(site.context, name, web(directory, { target }), true);
    await expect(update(site.context, { current: name, waitSeconds: 0 })).rejects.toMatchObject({
      message: expect.stringContaining('Cannot use the configuration of nginx'),
    });
    expect(serialIn(join(directory, 'gw1.pem'))).toBe(before);
    const pem = readFileSync(join(directory, 'gw1.key'));
    const certificate = new X509Certificate(readFileSync(join(directory, 'gw1.pem')));
    expect(certificate.checkPrivateKey(createPrivateKey(pem))).toBe(true);
  });

  it('is deployed, not in use, while nobody serves it where it is looked for', async () => {
    const site = await makeSite();
    const directory = serviceDirectory();
    const probe = { host: '127.0.0.1', port: await unusedPort() };
    await setDeployment(site.context, name, web(directory, { probe }), false);
    await expect(initialize(site.context, request())).rejects.toMatchObject({
      ...coded('DELIVERY_FAILED'),
      message: expect.stringContaining('is deployed to "web", not in use: 127.0.0.1:'),
    });
    expect(await site.store.deployments.list(name)).toMatchObject([
      { status: { state: 'unused' } },
    ]);
    // Now somebody does.
    const server = createServer((socket) => void socket.end());
    server.on('tlsClientError', () => {});
    server.setSecureContext({
      key: readFileSync(join(directory, 'gw1.key')),
      cert: readFileSync(join(directory, 'gw1.pem')),
    });
    await new Promise<void>((resolve) => void server.listen(probe.port, probe.host, resolve));
    onTestFinished(() => void server.close());
    expect(await poll(site.context, { name, waitSeconds: 0 })).toMatchObject({ type: 'delivered' });
    expect(await site.store.deployments.list(name)).toMatchObject([
      { status: { state: 'deployed' } },
    ]);
  }, 40_000);
});

describe('a hook', () => {
  it('is told of a renewal also where no past version is kept', async () => {
    const site = await makeSite();
    await site.store.settings.set('versions-kept', '0');
    await hook(site, 'echo "$CERTKEEPER_EVENT $CERTKEEPER_OLD_SERIAL."');
    await initialized(site);
    expect(await said(site)).toBe('issued .\n');
    await update(site.context, { current: name, waitSeconds: 0 });
    expect(await said(site)).toBe('renewed .\n');
  });

  it('is told of every restored version that it is restored, the newest too', async () => {
    const site = await makeSite();
    await hook(site, 'echo "$CERTKEEPER_EVENT."');
    await initialized(site);
    await update(site.context, { current: name, waitSeconds: 0 });
    for (const version of [1, 2]) {
      const { certificate } = await restoreCertificate(site.context, { name });
      expect(certificate.version).toBe(version);
      expect(await said(site)).toBe('restored.\n');
    }
  });

  it('is run after the files stand, and told names, paths and serial numbers, and no secret', async () => {
    const site = await makeSite();
    const directory = serviceDirectory();
    await setDeployment(site.context, name, web(directory), false);
    await hook(site, 'test -s "$CERTKEEPER_KEY_FILE" && env | sort; echo "$#:$1:$2" >&2', {
      args: ['a b', '$(id)'],
    });
    await initialized(site);
    const first = serialIn(join(directory, 'gw1.pem'));
    const text = await said(site);
    expect(text).toContain('2:a b:$(id)\n');
    const variables = Object.fromEntries(
      text.split('\n').flatMap((line) => {
        const [variable = '', ...value] = line.split('=');
        return variable.startsWith('CERTKEEPER_') ? [[variable, value.join('=')]] : [];
      }),
    );
    expect(variables).toEqual({
      CERTKEEPER_NAME: 'gw1',
      CERTKEEPER_EVENT: 'issued',
      CERTKEEPER_SERIAL: first,
      CERTKEEPER_OLD_SERIAL: '',
      CERTKEEPER_NOT_AFTER: expect.stringMatching(/^20\d\d-/),
      CERTKEEPER_KEY_FILE: join(directory, 'gw1.key'),
      CERTKEEPER_FULLCHAIN_FILE: join(directory, 'gw1.pem'),
      CERTKEEPER_FILES: join(directory, 'gw1.key'),
    });
    expect(text).toContain(`${join(directory, 'gw1.pem')}\n`);
    expect(text).not.toContain('PRIVATE KEY');

    issued(await update(site.context, { current: name, waitSeconds: 0 }));
    const renewed = await said(site);
    expect(renewed).toContain('CERTKEEPER_EVENT=renewed\n');
    expect(renewed).toContain(`CERTKEEPER_OLD_SERIAL=${first}\n`);
    expect(renewed).toContain(`CERTKEEPER_SERIAL=${serialIn(join(directory, 'gw1.pem'))}\n`);
  });

  it('that fails leaves the delivery pending until it succeeds, and what it said is kept', async () => {
    const site = await makeSite();
    const flag = join(serviceDirectory(), 'flag');
    await hook(site, `echo "no $CERTKEEPER_CERT_FILE"; test -e ${flag}`);
    await expect(initialize(site.context, request())).rejects.toMatchObject({
      ...coded('DELIVERY_FAILED'),
      message: expect.stringMatching(
        /^Cannot finish the delivery of "gw1": hook ".*" failed: it ended with exit code 1: no \/.*gw1\.cert\.pem$/,
      ),
    });
    expect(site.files().size).toBe(3);
    expect(await site.store.certificates.pendingDelivery(name)).toHaveLength(1);
    await expect(poll(site.context, { name, waitSeconds: 0 })).rejects.toMatchObject(
      coded('DELIVERY_FAILED'),
    );
    expect(await site.store.deployments.runs(name)).toMatchObject([
      { result: { type: 'exited', exitCode: 1 } },
      { result: { type: 'exited', exitCode: 1 } },
    ]);
    writeFileSync(flag, '');
    expect(await poll(site.context, { name, waitSeconds: 0 })).toMatchObject({ type: 'delivered' });
    expect(await poll(site.context, { name, waitSeconds: 0 })).toMatchObject({ type: 'settled' });
    expect(await site.store.deployments.runs(name)).toHaveLength(3);
  });

  it('that takes too long is ended, and the delivery is pending', async () => {
    const site = await makeSite();
    await hook(site, 'sleep 300', { timeoutSeconds: 1 });
    await expect(initialize(site.context, request())).rejects.toMatchObject({
      message: expect.stringContaining('it took longer than 1 s, and was ended'),
    });
    expect(await site.store.deployments.runs(name)).toMatchObject([
      { result: { type: 'timed-out' } },
    ]);
  }, 20_000);

  it('is tried by testHook(), which changes nothing else', async () => {
    const site = await makeSite();
    await initialized(site);
    await expect(testHook(site.context, name)).rejects.toMatchObject(coded('CONFIG_INVALID'));
    await hook(site, 'echo "$CERTKEEPER_EVENT $CERTKEEPER_KEY_FILE"; exit 3');
    const { run, complaint } = await testHook(site.context, name);
    expect(complaint).toBe('it ended with exit code 3');
    expect(new TextDecoder().decode(run.output)).toBe(`test ${join(site.certs, 'gw1.key.pem')}\n`);
    expect(await site.store.certificates.pendingDelivery(name)).toEqual([]);
    await expect(testHook(site.context, named('gw2'))).rejects.toMatchObject(coded('CERT_UNKNOWN'));
  });
});
