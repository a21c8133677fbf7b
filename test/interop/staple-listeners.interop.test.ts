import { execFile, execFileSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { connect, type ConnectionOptions } from 'node:tls';
import { promisify } from 'node:util';
import { beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { compose } from '../../src/agent/compose.ts';
import { keyOf } from '../../src/ocsp-staple/responder-question.ts';
import { encodePem } from '../../src/asn1/pem.ts';
import { run } from '../../src/cli/run.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { decodeBasicOcspResponse, decodeOcspResponse } from '../../src/x509/ocsp-response.ts';
import { fakeIo } from '../cli/fake-io.ts';
import { requirePeer } from '../harness/require.ts';
import { openScene } from '../kill/scene.ts';
import { opensslEnv } from './openssl/pki.ts';
import { startDaemon, type Daemon } from './proxies/daemon.ts';
import { seenByOpenssl } from './staple-scene.ts';

const root = join(import.meta.dirname, '../..');
const promised = promisify(execFile);

beforeAll(() => {
  // The examples import what the package exports.
  if (process.env['CERTKEEPER_BUILT'] === undefined) {
    execFileSync('npm', ['run', 'build'], { cwd: root, stdio: 'ignore' });
  }
});

interface Listening {
  readonly state: string;
  done(typed: string): Promise<string>;
  serial(): Promise<string>;
  /** Requests to the responder of the CA so far. */
  asked(): number;
  readonly rootPem: string;
}

/** A certificate that is stapled by listeners. */
async function listening(): Promise<Listening> {
  const scene = await openScene({ implicitConfirm: true, ocsp: true });
  const client = await scene.client('gw1');
  const state = dirname(client.certs);
  const done = async (typed: string): Promise<string> => {
    const io = fakeIo();
    const argv = [...typed.split(' '), '--state', state];
    const code = await run(argv, io, (_globals, _io, log) =>
      compose({ stateDirectory: state, log }),
    );
    expect({ typed, code }, io.err()).toEqual({ typed, code: 0 });
    return io.out();
  };
  await done(
    'cmp initialize key-type p-256 cert-name gw1 subject-name CN=gw1.example san dns:gw1.example',
  );
  await done('staple add gw1 target listener');
  const serial = () =>
    client.withStore(async (store) => {
      const record = await store.certificates.current('gw1');
      return new X509Certificate(record?.der ?? '').serialNumber;
    });
  const rootPem = encodePem('CERTIFICATE', certificateDer(scene.lab.authorities.root.certificate));
  const asked = (): number => scene.lab.responder.requests().total;
  return { state, done, serial, asked, rootPem };
}

async function example(file: string, argv: readonly string[], ready: RegExp): Promise<Daemon> {
  const words = [join(root, 'examples', file), ...argv];
  const daemon = await startDaemon(process.execPath, words, ready, root);
  onTestFinished(() => daemon.stop());
  return daemon;
}

function good(serial: string): object {
  return { response: 'successful', status: 'good', serial };
}

/** The serial number that is shown, and the one that the staple speaks of. */
function handshake(options: ConnectionOptions): Promise<string> {
  return new Promise((resolve, reject) => {
    let stapled = 'none';
    const socket = connect({ ...options, requestOCSP: true, rejectUnauthorized: false });
    socket.on('OCSPResponse', (der: Buffer | null) => {
      stapled = der && der.length > 0 ? serialIn(der) : 'none';
    });
    socket.on('error', reject);
    socket.on('secureConnect', () => {
      const { serialNumber } = socket.getPeerCertificate();
      socket.destroy();
      resolve(`${BigInt(`0x${serialNumber}`)} ${stapled}`);
    });
  });
}

function serialIn(der: Uint8Array): string {
  const { responseBytes } = decodeOcspResponse(der);
  if (responseBytes === undefined) return 'error';
  const [single] = decodeBasicOcspResponse(responseBytes.response).tbsResponseData.responses;
  return (single && keyOf(single.certID)?.split(' ').at(-1)) ?? 'nothing';
}

describe('the HTTPS example', () => {
  beforeEach((context) => requirePeer(context, 'openssl'));

  it('staples from the first connection on, a renewed certificate with its own response, and after a restart', async () => {
    const { state, done, serial, asked } = await listening();
    const daemon = await example('https-listener.ts', [state, '0', 'gw1'], /listens on port (\d+)/);
    const place = { host: '127.0.0.1', port: Number(daemon.ready[1]), serverName: 'gw1.example' };
    const old = await serial();
    expect(await seenByOpenssl(place, 'tls1_3')).toEqual(good(old));
    expect(await seenByOpenssl(place, 'tls1_2')).toEqual(good(old));
    await done('cmp update current-cert gw1');
    const renewed = await serial();
    expect(renewed).not.toBe(old);

    // A thousand handshakes at least while it is taken up, and some after that.
    const pairs = new Map<string, number>();
    const target = { port: place.port, servername: place.serverName };
    const both = [`${BigInt(`0x${old}`)}`, `${BigInt(`0x${renewed}`)}`].map((n) => `${n} ${n}`);
    for (let i = 0; i < 1000 || (pairs.get(both[1] ?? '') ?? 0) < 200; i++) {
      const pair = await handshake(i % 2 === 0 ? target : { port: place.port });
      pairs.set(pair, (pairs.get(pair) ?? 0) + 1);
    }
    process.stdout.write(`shown and stapled: ${JSON.stringify([...pairs])}\n`);
    expect([...pairs.keys()].toSorted()).toEqual(both.toSorted());
    expect(await seenByOpenssl(place, 'tls1_3')).toEqual(good(renewed));

    // Started again it has what is stored: nobody is asked.
    const before = asked();
    expect(before).toBeGreaterThan(0);
    await daemon.stop();
    const again = await example('https-listener.ts', [state, '0', 'gw1'], /listens on port (\d+)/);
    const there = { ...place, port: Number(again.ready[1]) };
    expect(await seenByOpenssl(there, 'tls1_3')).toEqual(good(renewed));
    expect(asked()).toBe(before);
  }, 120_000);
});

describe('the FTPS example', () => {
  beforeEach((context) => {
    requirePeer(context, 'openssl');
    requirePeer(context, 'curl');
  });

  it('staples after AUTH TLS and from the first octet, and gives files to curl', async () => {
    const { state, serial, rootPem } = await listening();
    const files = mkdtempSync(join(tmpdir(), 'certkeeper-ftps-'));
    onTestFinished(() => rmSync(files, { recursive: true, force: true }));
    writeFileSync(join(files, 'hello.txt'), 'hello, world\n');
    const daemon = await example(
      'ftps-listener.ts',
      [state, 'gw1', files, '0', '0'],
      /explicit on port (\d+), implicit on port (\d+)/,
    );
    const [, explicit, implicit] = daemon.ready;
    const host = { host: '127.0.0.1', serverName: 'gw1.example' };
    const own = good(await serial());
    const starttls = { ...host, port: Number(explicit), starttls: 'ftp' as const };
    expect(await seenByOpenssl(starttls, 'tls1_3')).toEqual(own);
    expect(await seenByOpenssl(starttls, 'tls1_2')).toEqual(own);
    expect(await seenByOpenssl({ ...host, port: Number(implicit) }, 'tls1_3')).toEqual(own);
    const trusted = join(files, 'root.pem');
    writeFileSync(trusted, rootPem);
    const named = [explicit, implicit].flatMap((port) => [
      '--resolve',
      `gw1.example:${port}:127.0.0.1`,
    ]);
    const curl = async (...argv: readonly string[]): Promise<string> => {
      const words = [
        '--silent',
        '--show-error',
        '--max-time',
        '20',
        '--cacert',
        trusted,
        ...named,
        ...argv,
      ];
      return (await promised('curl', words, { env: opensslEnv() })).stdout;
    };
    const ftp = `ftp://gw1.example:${explicit}/`;
    expect(await curl('--ssl-reqd', '--cert-status', ftp)).toContain('hello.txt');
    expect(await curl('--ssl-reqd', `${ftp}hello.txt`)).toBe('hello, world\n');
    expect(await curl('--cert-status', `ftps://gw1.example:${implicit}/hello.txt`)).toBe(
      'hello, world\n',
    );
    await expect(curl('--ssl-reqd', `${ftp}../../etc/passwd`)).rejects.toThrow(
      /550|does not exist/,
    );
    await expect(curl(ftp)).rejects.toThrow(/530|67/);
  }, 60_000);
});
