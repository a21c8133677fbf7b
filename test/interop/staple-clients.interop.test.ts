import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import { connect, createServer as createTcpServer, type Server } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { compose } from '../../src/agent/compose.ts';
import { attachStapling, openStapling, staplingServerOptions } from '../../src/agent/stapling.ts';
import { silentLog } from '../../src/base/log.ts';
import { decodeOcspResponse } from '../../src/x509/ocsp-response.ts';
import { requireFeature, requirePeer } from '../harness/require.ts';
import { startDaemon } from './proxies/daemon.ts';
import { buildOnce, openResponderScene, type ResponderScene } from './responder-scene.ts';
import { judgedByGnutls } from './staple-scene.ts';

const root = join(import.meta.dirname, '../..');

/** A certificate that clients are to refuse without a staple, `gw2`, with its files. */
async function mustStaple(): Promise<ResponderScene & { readonly files: string }> {
  const scene = await openResponderScene();
  const { done, directory } = scene;
  const files = join(directory, 'gw2');
  await done('staple add gw2 target listener');
  await done(`cert deploy cert-name gw2 to web key ${files}.key fullchain ${files}.pem later`);
  await done(
    'cmp initialize key-type p-256 cert-name gw2 subject-name CN=gw2 san dns:gw2.test must-staple',
  );
  return { ...scene, files };
}

const at = (port: number) => ({ host: '127.0.0.1', port, serverName: 'gw2.test' });

function listening(server: Server): Promise<number> {
  onTestFinished(() => void server.close());
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address ? address.port : 0);
    });
  });
}

describe('a certificate that must have a staple', () => {
  beforeAll(buildOnce);
  beforeEach((context) => requirePeer(context, 'gnutls-bin'));

  it('is accepted by GnuTLS of the HTTPS example, and refused of a server that does not staple', async () => {
    const { files, directory, state } = await mustStaple();
    const argv = [join(root, 'examples/https-listener.ts'), state, '0', 'gw2'];
    const daemon = await startDaemon(process.execPath, argv, /listens on port (\d+)/, root);
    onTestFinished(() => daemon.stop());
    const anchors = join(directory, 'root.pem');
    expect(await judgedByGnutls(at(Number(daemon.ready[1])), anchors)).toMatchObject({
      accepts: true,
      text: expect.stringContaining('The certificate is trusted'),
    });
    const bare = createServer({
      key: readFileSync(`${files}.key`),
      cert: readFileSync(`${files}.pem`),
    });
    expect(await judgedByGnutls(at(await listening(bare)), anchors)).toMatchObject({
      accepts: false,
      text: expect.stringContaining('OCSP status is missing'),
    });
  });
});

describe('Chromium', () => {
  beforeEach((context) => requireFeature(context, 'chromium'));

  it('loads the page of a Node server, which sends it the very response that is kept', async () => {
    const { state, directory } = await mustStaple();
    const stapling = await openStapling({
      stateDirectory: state,
      names: ['gw2'],
      // In TLS 1.2 the staple is sent in the clear.
      tls: { maxVersion: 'TLSv1.2' },
    });
    onTestFinished(() => stapling.close());
    const server = createServer(staplingServerOptions(stapling), (_, response) => {
      response.end('<title>stapled</title>');
    });
    attachStapling(server, stapling);
    const inside = await listening(server);
    const sent: Buffer[] = [];
    const outside = await listening(
      createTcpServer((client) => {
        const upstream = connect(inside, '127.0.0.1');
        upstream.on('data', (part) => sent.push(part));
        for (const one of [client, upstream]) one.on('error', () => one.destroy());
        client.pipe(upstream).pipe(client);
      }),
    );
    const argv = [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--disable-background-networking',
      '--no-first-run',
      '--ignore-certificate-errors',
      `--user-data-dir=${join(directory, 'chromium')}`,
      '--dump-dom',
      `https://127.0.0.1:${outside}/`,
    ];
    const { stdout } = await promisify(execFile)('chromium', argv, { timeout: 50_000 });
    expect(stdout).toContain('<title>stapled</title>');
    const all = Buffer.concat(sent);
    const staple = await kept(state);
    expect(decodeOcspResponse(staple).responseStatus).toBe('successful');
    expect(all.includes(staple)).toBe(true);
  });
});

async function kept(state: string): Promise<Buffer> {
  const services = await compose({ stateDirectory: state, log: silentLog });
  try {
    const [first] = await services.store.staples.list();
    return Buffer.from(first?.held?.der ?? new Uint8Array());
  } finally {
    await services.close();
  }
}
