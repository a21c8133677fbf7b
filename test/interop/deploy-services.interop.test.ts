import { execFile } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { unusedPort } from '../http/hostile-server.ts';
import { requireFeature, requirePeer } from '../harness/require.ts';
import { openScene, type Client } from '../kill/scene.ts';
import {
  haproxy,
  signalledServers,
  type DeployServer,
  type ServerPlace,
} from './deploy-servers.ts';
import type { Daemon } from './proxies/daemon.ts';

/** A server with the first certificate of a client, who deploys to it from then on. */
interface Scene {
  readonly client: Client;
  readonly place: ServerPlace;
  readonly daemon: Daemon;
  /** Run words that end well; NAME is the certificate. */
  done(words: string): Promise<string>;
  /** The serial number the server serves, as openssl sees it. */
  served(): Promise<string>;
  /** The serial number in the file it reads when it starts. */
  inFile(): string;
  /** That of the current certificate. */
  current(): Promise<string>;
}

async function openServer(
  server: Omit<DeployServer, 'mistake'>,
  kind: 'combined' | 'pair',
): Promise<Scene> {
  const directory = mkdtempSync(join(tmpdir(), 'certkeeper-server-'));
  mkdirSync(join(directory, 'tls'), { mode: 0o755 });
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const place: ServerPlace = { directory, port: await unusedPort() };
  const client = await (await openScene({ implicitConfirm: true })).client('gw1');
  const done = async (words: string): Promise<string> => {
    const { code, out, err } = await client.run(words);
    expect({ words, code, err }).toEqual({ words, code: 0, err: '' });
    return out;
  };
  const pem = `${directory}/tls/server.pem`;
  const files =
    kind === 'combined' ? `combined ${pem}` : `key ${directory}/tls/server.key fullchain ${pem}`;
  await done(`cert deploy cert-name NAME to first ${files} later`);
  await done('cmp initialize key-type p-256 cert-name NAME subject-name CN=NAME');
  await done('no cert deploy cert-name NAME');
  server.configure(place);
  const daemon = await server.start(place);
  onTestFinished(() => daemon.stop());
  await done(`cert deploy cert-name NAME ${server.words(place)}`);
  return {
    client,
    place,
    daemon,
    done,
    served: () => serial(place.port, server.starttls),
    inFile: () => new X509Certificate(readFileSync(pem)).serialNumber,
    current: () =>
      client.withStore(async (store) => {
        const record = await store.certificates.current('gw1');
        return new X509Certificate(record?.der ?? '').serialNumber;
      }),
  };
}

/** Ask openssl what a server serves. */
function serial(port: number, starttls: readonly string[]): Promise<string> {
  return new Promise((resolve, reject) => {
    const argv = ['s_client', '-connect', `127.0.0.1:${port}`, ...starttls];
    const child = execFile('openssl', argv, { timeout: 20_000 }, (_, stdout, stderr) => {
      const pem = /-----BEGIN CERTIFICATE-----[^]+?-----END CERTIFICATE-----/.exec(stdout)?.[0];
      if (pem === undefined) reject(new Error(`No certificate from ${port}: ${stderr}`));
      else resolve(new X509Certificate(pem).serialNumber);
    });
    child.stdin?.end();
  });
}

describe.each(['nginx', 'lighttpd', 'proftpd', 'apache'] as const)(
  'a certificate for %s',
  (name) => {
    const server = signalledServers[name];
    beforeEach((context) => {
      requirePeer(context, server.debian);
      requireFeature(context, 'accounts');
    });

    it('is served after its update, not after one the server cannot use, and after going back', async () => {
      const { client, place, done, served, inFile, current } = await openServer(server, 'pair');
      const first = await current();
      expect(await served()).toBe(first);

      await done('cmp update current-cert NAME');
      const second = await current();
      expect(second).not.toBe(first);
      await expect.poll(served).toBe(second);

      server.configure(place, server.mistake);
      const failed = await client.run('cmp update current-cert NAME');
      expect(failed).toMatchObject({ code: 10 });
      expect(failed.err).toContain(`Cannot use the configuration of ${name}`);
      const third = await current();
      expect([await served(), inFile()]).toEqual([second, second]);
      expect((await client.run('show cert NAME')).out).toContain(`${name}: deploy pending`);

      server.configure(place);
      await done('cmp poll current-cert NAME');
      expect(inFile()).toBe(third);
      await expect.poll(served).toBe(third);
      expect((await client.run('show cert NAME')).out).toContain(`${name}: deployed\n`);

      await done('cert restore NAME');
      expect([await current(), inFile()]).toEqual([second, second]);
      await expect.poll(served).toBe(second);
      await done('cert restore NAME version 1');
      expect(inFile()).toBe(first);
      await expect.poll(served).toBe(first);
      await done('cert restore NAME version 3');
      expect(await current()).toBe(third);
      await expect.poll(served).toBe(third);
    });

    it('is deployed, but not in use, when the server reads other files', async () => {
      const { client, place, done, served, current } = await openServer(server, 'pair');
      const first = await served();
      const elsewhere = join(place.directory, 'elsewhere');
      mkdirSync(elsewhere, { mode: 0o755 });
      const words = server.words(place).replaceAll(`${place.directory}/tls`, elsewhere);
      await done('cmp update current-cert NAME');
      const second = await current();
      await expect.poll(served).toBe(second);
      await client.run(`no cert deploy cert-name NAME`);
      const { code } = await client.run(`cert deploy cert-name NAME ${words}`);
      expect(code).toBe(0);
      const { code: failed, err } = await client.run('cmp update current-cert NAME');
      expect(failed).toBe(10);
      expect(err).toContain(`is deployed to "${name}", not in use: 127.0.0.1:${place.port} serves`);
      expect(await served()).toBe(second);
      expect(second).not.toBe(first);
      expect((await client.run('show cert NAME')).out).toContain(`${name}: deployed, not in use`);
    });
  },
);

describe('a certificate for haproxy', () => {
  beforeEach((context) => requirePeer(context, haproxy.debian));

  it('is served without a reload after its update, and after going back', async () => {
    const { client, place, daemon, done, served, inFile, current } = await openServer(
      haproxy,
      'combined',
    );
    const first = await current();
    expect(await served()).toBe(first);
    await done('cmp update current-cert NAME');
    const second = await current();
    expect([await served(), inFile()]).toEqual([second, second]);

    // What haproxy does not know it refuses; the file is the old one again.
    const other = `${haproxy.words(place)} entry other.pem`;
    const { code, err } = await client.run(`cert deploy cert-name NAME ${other}`);
    expect({ code, err }).toEqual({ code: 10, err: expect.stringContaining('other.pem') });
    await done(`cert deploy cert-name NAME ${haproxy.words(place)}`);

    await done('cert restore NAME');
    expect([await served(), inFile()]).toEqual([first, first]);
    expect(daemon.log().match(/forked/g)).toHaveLength(1);
  });

  it('stays the old one, served and in the file, while haproxy refuses the new one', async () => {
    const { client, place, done, served, inFile, current } = await openServer(haproxy, 'combined');
    const first = await current();
    await done(`cert deploy cert-name NAME ${haproxy.words(place)} entry other.pem later`);
    const { code, err } = await client.run('cmp update current-cert NAME');
    expect({ code, err }).toEqual({ code: 10, err: expect.stringContaining('other.pem') });
    const second = await current();
    expect(second).not.toBe(first);
    expect([await served(), inFile()]).toEqual([first, first]);
    expect((await client.run('show cert NAME')).out).toContain('haproxy: deploy pending');

    await done(`cert deploy cert-name NAME ${haproxy.words(place)}`);
    expect([await served(), inFile()]).toEqual([second, second]);
    await done('cert restore NAME version 1');
    expect([await served(), inFile()]).toEqual([first, first]);
  });

  it('is pending while haproxy does not run', async () => {
    const { client, daemon, served, current, inFile, place } = await openServer(
      haproxy,
      'combined',
    );
    const first = await current();
    await daemon.stop();
    const { code, err } = await client.run('cmp update current-cert NAME');
    expect({ code, err }).toEqual({
      code: 10,
      err: expect.stringContaining('Cannot talk to the HAProxy'),
    });
    expect(inFile()).toBe(first);
    const again = await haproxy.start(place);
    onTestFinished(() => again.stop());
    expect(await served()).toBe(first);
    expect((await client.run('cmp poll current-cert NAME')).code).toBe(0);
    expect(await served()).toBe(await current());
  });
});
