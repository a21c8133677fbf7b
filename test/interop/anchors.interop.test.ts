import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { unusedPort } from '../http/hostile-server.ts';
import { requireFeature, requirePeer } from '../harness/require.ts';
import { openScene, type Client } from '../kill/scene.ts';
import { signalledServers, type ServerPlace } from './deploy-servers.ts';

beforeEach((context) => {
  requirePeer(context, 'openssl');
  requirePeer(context, signalledServers.nginx.debian);
  requireFeature(context, 'accounts');
});

/** Ask a server for a page, as a client that shows its certificate with its issuer alone. */
async function ask(place: ServerPlace, { certs, name }: Client): Promise<string> {
  const own = (part: string): string => join(certs, `${name}.${part}.pem`);
  return new Promise((resolve) => {
    const shown = ['-cert', own('cert'), '-key', own('key'), '-cert_chain', own('chain')];
    const argv = [
      's_client',
      '-connect',
      `127.0.0.1:${place.port}`,
      '-ign_eof',
      '-quiet',
      ...shown,
    ];
    const child = execFile('openssl', argv, { timeout: 20_000 }, (_, stdout) =>
      resolve(/^HTTP\/1\.1 (\d+)/m.exec(stdout)?.[1] ?? 'none'),
    );
    child.stdin?.end('GET / HTTP/1.0\r\n\r\n');
  });
}

async function done(client: Client, words: string): Promise<void> {
  const { code, err } = await client.run(words);
  expect({ words, code, err: code === 0 ? '' : err }).toEqual({ words, code: 0, err: '' });
}

describe('a new root of the CA', () => {
  it('is believed by nginx, beside the old one, once cmp info has taken it', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'certkeeper-anchors-'));
    mkdirSync(join(directory, 'tls'), { mode: 0o755 });
    onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
    const place: ServerPlace = { directory, port: await unusedPort() };
    const scene = await openScene({ implicitConfirm: true });
    const nginx = signalledServers.nginx;
    const roots = `${directory}/tls/roots.pem`;
    const initialize = 'cmp initialize key-type p-256 cert-name NAME subject-name CN=NAME';

    const gateway = await scene.client('gw1');
    const pair = `key ${directory}/tls/server.key fullchain ${directory}/tls/server.pem`;
    await done(gateway, `cert deploy cert-name NAME to first ${pair} ca ${roots} later`);
    await done(gateway, initialize);
    await done(gateway, 'no cert deploy cert-name NAME');
    nginx.configure(
      place,
      `ssl_client_certificate ${roots}; ssl_verify_client on; ssl_verify_depth 3;`,
    );
    const daemon = await nginx.start(place);
    onTestFinished(() => daemon.stop());
    await done(gateway, `cert deploy cert-name NAME ${nginx.words(place)} ca ${roots}`);
    const older = await scene.client('older');
    await done(older, initialize);
    expect(await ask(place, older)).toBe('200');

    await scene.lab.rollRoot();
    const newer = await scene.client('newer');
    await done(newer, initialize);
    const verify = (client: Client): Promise<unknown> => {
      const own = (part: string): string => join(client.certs, `${client.name}.${part}.pem`);
      const argv = ['verify', '-CAfile', roots, '-untrusted', own('chain'), own('cert')];
      return promisify(execFile)('openssl', argv);
    };
    expect(await ask(place, newer)).toBe('400');
    await expect(verify(newer)).rejects.toThrow(/verif/i);

    await done(gateway, 'cmp info rootCaCert accept');
    await expect.poll(() => ask(place, newer), { timeout: 20_000 }).toBe('200');
    expect(await ask(place, older)).toBe('200');
    await verify(older);
    await verify(newer);
  });
});
