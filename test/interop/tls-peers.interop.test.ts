import { execFileSync, spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, createServer, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import {
  certificatesOfPem,
  checkClientCertificate,
  checkServerCertificate,
  clientsAreJudged,
  peerValidator,
  serverIsJudged,
  type PeerPolicy,
  type PeerValidator,
  type PeerVerdict,
} from '../../src/validation/index.ts';
import { hasPeer, requirePeer } from '../harness/require.ts';
import { opensslEnv } from './openssl/pki.ts';

/** Both ends of TLS judged against openssl's client and server, with certificates and responses that it made. */
let directory: string;

function openssl(line: string): void {
  execFileSync('openssl', line.split(' '), { cwd: directory, stdio: 'pipe', env: opensslEnv() });
}

function file(name: string): string {
  return join(directory, name);
}

function text(name: string): string {
  return readFileSync(file(name), 'utf8');
}

function make(name: string, issuer: string, serial: number, extensions: string): void {
  writeFileSync(file(`${name}.ext`), extensions);
  openssl(`genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ${name}.key`);
  openssl(`req -config /dev/null -new -key ${name}.key -subj /CN=${name} -out ${name}.csr`);
  openssl(
    `x509 -req -in ${name}.csr -CA ${issuer}.crt -CAkey ${issuer}.key -set_serial ${serial} -days 30 -extfile ${name}.ext -out ${name}.crt`,
  );
}

function usage(of: string): string {
  return `keyUsage=digitalSignature\nextendedKeyUsage=${of}\n`;
}

beforeAll(() => {
  if (!hasPeer('openssl')) return;
  directory = mkdtempSync(join(tmpdir(), 'certkeeper-tls-'));
  const ofCa = 'basicConstraints=critical,CA:TRUE\nkeyUsage=critical,keyCertSign,cRLSign\n';
  for (const root of ['root', 'strange']) {
    openssl(`genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ${root}.key`);
    openssl(
      `req -config /dev/null -x509 -new -key ${root}.key -subj /CN=${root} -days 30 -out ${root}.crt ` +
        '-addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign',
    );
  }
  make('sub', 'root', 16, ofCa);
  make('client', 'sub', 4096, usage('clientAuth'));
  make('server', 'sub', 4097, `${usage('serverAuth')}subjectAltName=DNS:*.gw.example\n`);
  make('stranger', 'strange', 4098, usage('clientAuth'));
  const at = '300101000000Z\t';
  writeFileSync(file('good.txt'), `V\t${at}\t1001\tunknown\t/CN=server\n`);
  writeFileSync(
    file('revoked.txt'),
    `R\t${at}251101000000Z,keyCompromise\t1001\tunknown\t/CN=server\n`,
  );
  for (const name of ['good', 'revoked']) {
    openssl(
      `ocsp -issuer sub.crt -cert server.crt -index ${name}.txt -CA sub.crt -rsigner sub.crt -rkey sub.key -no_nonce -nmin 60 -respout ${name}.resp`,
    );
  }
}, 60_000);
afterAll(() => {
  if (directory) rmSync(directory, { recursive: true });
});
beforeEach((context) => requirePeer(context, 'openssl'));

async function believing(policy: Partial<PeerPolicy> = {}): Promise<PeerValidator> {
  const validator = await peerValidator({
    policy: {
      anchors: certificatesOfPem(text('root.crt')),
      revocation: 'relaxed',
      crlDistributionPoints: false,
      ...policy,
    },
  });
  onTestFinished(() => validator.close());
  return validator;
}

/** Serve, judging each client; whoever is accepted is greeted, and said back what it says. */
async function judging(maxVersion: 'TLSv1.2' | 'TLSv1.3', secureOptions?: number) {
  const validator = await believing();
  const verdicts: PeerVerdict[] = [];
  const read: string[] = [];
  const sockets = new Set<TLSSocket>();
  const server = createServer(
    {
      key: text('server.key'),
      cert: text('server.crt') + text('sub.crt'),
      ...clientsAreJudged,
      maxVersion,
      ...(secureOptions !== undefined && { secureOptions }),
    },
    (socket) => {
      sockets.add(socket);
      void (async () => {
        const verdict = await checkClientCertificate(validator, socket);
        verdicts.push(verdict);
        if (verdict.verdict === 'reject') return;
        socket.on('data', (part: Buffer) => read.push(part.toString()));
        socket.write('welcome\n');
      })();
    },
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  return { port, verdicts, read };
}

/** Run openssl's client until it ends, or has said what is waited for. */
async function sClient(
  port: number,
  line: string,
  say: readonly (readonly [RegExp, string])[] = [],
) {
  const args = ['s_client', '-connect', `127.0.0.1:${port}`, ...line.split(' ')];
  const client = spawn('openssl', args, { cwd: directory, env: opensslEnv() });
  return await saying(client, say);
}

/** Say each text once what it waits for was said; an empty one ends it. */
async function saying(
  process: ChildProcessWithoutNullStreams,
  say: readonly (readonly [RegExp, string])[],
): Promise<string> {
  let said = '';
  const left = [...say];
  const hear = (part: Buffer): void => {
    said += part.toString();
    const [next] = left;
    if (!next?.[0].test(said)) return;
    left.shift();
    if (next[1] === '') process.kill();
    else process.stdin.write(next[1]);
  };
  process.stdin.on('error', () => {});
  process.stdout.on('data', hear);
  process.stderr.on('data', hear);
  onTestFinished(() => void process.kill());
  await new Promise<void>((resolve) => void process.on('close', () => resolve()));
  return said;
}

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('s_client over %s', (version) => {
  const own = '-cert client.crt -key client.key -cert_chain sub.crt';

  it('is served when its certificate is accepted', async () => {
    const { port, verdicts } = await judging(version);
    expect(await sClient(port, own, [[/welcome/, '']])).toContain('welcome');
    expect(verdicts[0]?.path).toHaveLength(2);
  });

  it('gets nothing when its CA is strange, or without a certificate', async () => {
    const { port, verdicts, read } = await judging(version);
    const strange = '-cert stranger.crt -key stranger.key -cert_chain strange.crt';
    expect(await sClient(port, strange, [[/^/, 'secret\n']])).not.toContain('welcome');
    expect(await sClient(port, '-quiet')).not.toContain('welcome');
    expect(verdicts.map(({ reasons }) => reasons[0]?.code)).toStrictEqual([
      'untrusted',
      'no-certificate',
    ]);
    expect(read).toStrictEqual([]);
  });

  it('has to shake hands as a whole when it comes again', async () => {
    const { port, verdicts } = await judging(version);
    const ready = /welcome/;
    const session = `${version}.sess`;
    // Ended in its own time: one that is killed leaves half a session.
    await sClient(port, `${own} -sess_out ${session}`, [[ready, 'Q\n']]);
    const kept = existsSync(join(directory, session)) ? `-sess_in ${session}` : '';
    const said = await sClient(port, `${own} ${kept}`.trim(), [[ready, '']]);
    expect(said).not.toContain('Reused, TLS');
    expect(verdicts.map(({ verdict }) => verdict)).toStrictEqual(['accept', 'accept']);
  });
});

describe('s_client with another handshake of TLS 1.2', () => {
  const own = '-cert client.crt -key client.key -cert_chain sub.crt';

  it('is not let, and what it says after that is not read from a server without our options', async () => {
    const { port, read } = await judging('TLSv1.2', 0);
    const script = [
      [/welcome/, 'R\n'],
      [/RENEGOTIATING/, 'secret\n'],
    ] as const;
    await sClient(port, own, script);
    expect(read).toStrictEqual([]);
  });
});

describe.each(['-tls1_2', '-tls1_3'])('s_server %s', (version) => {
  const host = 'a.gw.example';

  /** Connect to openssl's server that staples a response; it serves one connection. */
  async function reached(line: string): Promise<TLSSocket> {
    const chain = '-cert server.crt -key server.key -cert_chain sub.crt -naccept 1 -quiet';
    const args = `s_server -accept 127.0.0.1:0 ${chain} ${version} ${line}`.trim().split(' ');
    const free = createServer();
    await new Promise<void>((resolve) => free.listen(0, '127.0.0.1', resolve));
    const address = free.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    await new Promise<void>((resolve) => {
      free.close(() => resolve());
    });
    args[2] = `127.0.0.1:${port}`;
    const running = spawn('openssl', args, { cwd: directory, env: opensslEnv() });
    onTestFinished(() => void running.kill());
    running.stderr.resume();
    const socket = await untilOpen(port);
    socket.on('error', () => {});
    onTestFinished(() => void socket.destroy());
    return socket;
  }

  it('is accepted by the response it staples, and the name it has by a wildcard', async () => {
    const validator = await believing({ ocsp: 'on', revocation: 'relaxed' });
    const socket = await reached('-status_file good.resp');
    const verdict = await checkServerCertificate(validator, socket, { host });
    expect(verdict.reasons).toStrictEqual([]);
    expect(verdict.revocation[0]).toMatchObject({
      verdict: { type: 'good' },
      tried: [{ source: { type: 'staple' } }],
    });
  });

  it('is refused by the response it staples', async () => {
    const validator = await believing({ ocsp: 'on' });
    const socket = await reached('-status_file revoked.resp');
    const verdict = await checkServerCertificate(validator, socket, { host });
    expect(verdict.reasons).toMatchObject([{ code: 'revoked', depth: 0 }]);
  });

  it('is refused for another host', async () => {
    const socket = await reached('');
    const verdict = await checkServerCertificate(await believing(), socket, { host: 'gw.example' });
    expect(verdict.reasons).toMatchObject([{ code: 'wrong-identity' }]);
  });
});

/** Give a connection to a server that takes a moment to listen; TCP alone, since it serves one. */
async function untilOpen(port: number): Promise<TLSSocket> {
  const { connect: plain } = await import('node:net');
  for (;;) {
    const socket = plain({ host: '127.0.0.1', port });
    const isOpen = await new Promise<boolean>((resolve) => {
      socket.on('connect', () => resolve(true));
      socket.on('error', () => resolve(false));
    });
    if (isOpen) return connect({ socket, servername: 'a.gw.example', ...serverIsJudged });
    await new Promise((resolve) => setImmediate(resolve));
  }
}
