import { Agent, get } from 'node:https';
import { describe, expect, it, onTestFinished } from 'vitest';
import {
  checkServerCertificate,
  serverIsJudged,
} from '../../src/validation/check-server-certificate.ts';
import type { PeerVerdict } from '../../src/validation/contract.ts';
import { certIdOf } from '../../src/revocation/ocsp-cert-id.ts';
import { someDay } from '../harness/certificates.ts';
import { ca, response, single } from '../revocation/ocsp-made.ts';
import {
  believing,
  codes,
  dial,
  heard,
  other,
  serve,
  server,
  shown,
  stranger,
} from './tls-peers.ts';

const host = 'localhost';
const certID = certIdOf(server.certificate, ca.certificate, 'sha1');
const good = response({ singles: [single({ certID })] });
const revoked = response({
  singles: [
    single({
      certID,
      certStatus: {
        type: 'revoked',
        value: { revocationTime: someDay, revocationReason: 'keyCompromise' },
      },
    }),
  ],
});

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('a server of %s', (maxVersion) => {
  const only = { minVersion: maxVersion, maxVersion } as const;

  it('is accepted by its name, and heard after that', async () => {
    const port = await serve(only, (socket) => socket.end('hello'));
    const socket = dial(port, serverIsJudged);
    const verdict = await checkServerCertificate(await believing(), socket, { host });
    expect(verdict).toMatchObject({ verdict: 'accept', path: [server.certificate] });
    expect(await heard(socket)).toBe('hello');
  });

  it('is accepted by the response it stapled, and nobody is asked', async () => {
    const port = await serve(only, (socket) => socket.end('hello'), good);
    const judge = await believing({ ocsp: 'on', revocation: 'strict' });
    const verdict = await checkServerCertificate(judge, dial(port, serverIsJudged), { host });
    expect(codes(verdict)).toStrictEqual([]);
    expect(verdict.revocation[0]?.tried[0]?.source).toStrictEqual({ type: 'staple' });
  });

  it('is refused by the response it stapled, and the connection is gone', async () => {
    const port = await serve(only, (socket) => socket.end('hello'), revoked);
    const judge = await believing({ ocsp: 'on' });
    const socket = dial(port, serverIsJudged);
    expect(codes(await checkServerCertificate(judge, socket, { host }))).toStrictEqual(['revoked']);
    expect(socket.destroyed).toBe(true);
  });

  it('is refused by strict when it stapled nothing, and nobody else gives a word', async () => {
    const port = await serve(only, (socket) => socket.end('hello'));
    const judge = await believing({ ocsp: 'on', revocation: 'strict' });
    const verdict = await checkServerCertificate(judge, dial(port, serverIsJudged), { host });
    expect(codes(verdict)).toStrictEqual(['no-source']);
  });

  it('is refused in a session that was resumed', async () => {
    const port = await serve(only, (socket) => socket.end('hello'));
    const first = dial(port);
    let session: Buffer | undefined;
    first.on('session', (given: Buffer) => (session = given));
    await heard(first);
    const again = dial(port, { ...serverIsJudged, ...(session && { session }) });
    const verdict = await checkServerCertificate(await believing(), again, { host });
    expect(codes(verdict)).toStrictEqual(['resumed-session']);
    expect(again.destroyed).toBe(true);
  });
});

describe('a server', () => {
  it.each([
    ['of another name', { host: 'other.example' }, 'wrong-identity'],
    ['of another address', { host: '127.0.0.1' }, 'wrong-identity'],
  ])('is refused when it is %s', async (_, who, code) => {
    const port = await serve({}, (socket) => socket.end());
    const socket = dial(port, serverIsJudged);
    expect(codes(await checkServerCertificate(await believing(), socket, who))).toStrictEqual([
      code,
    ]);
  });

  it('is refused when nobody believes its CA, and nothing is read of what it said', async () => {
    const port = await serve({ ...shown(stranger, other) }, (socket) => socket.end('hello'));
    const socket = dial(port, serverIsJudged);
    const read: string[] = [];
    socket.on('data', (part: Buffer) => read.push(part.toString()));
    const verdict = await checkServerCertificate(await believing(), socket, { host });
    expect(codes(verdict)).toStrictEqual(['untrusted']);
    await new Promise<void>((resolve) => void socket.on('close', () => resolve()));
    expect(read).toStrictEqual([]);
  });

  it('is heard after the verdict by whoever was reading before', async () => {
    const port = await serve({}, (socket) => socket.end('hello'));
    const socket = dial(port, serverIsJudged);
    const said = heard(socket);
    expect((await checkServerCertificate(await believing(), socket, { host })).verdict).toBe(
      'accept',
    );
    expect(await said).toBe('hello');
  });

  it('is refused when the check began after the handshake: the staple is missed', async () => {
    const port = await serve({}, () => {});
    const socket = dial(port, serverIsJudged);
    await new Promise((resolve) => void socket.on('secureConnect', resolve));
    const verdict = await checkServerCertificate(await believing(), socket, { host });
    expect(codes(verdict)).toStrictEqual(['too-late']);
  });

  it('that is not there, or speaks no TLS, is a verdict', async () => {
    const { createServer } = await import('node:net');
    const plain = createServer((socket) => {
      socket.on('error', () => {});
      socket.resume();
      socket.end('220 hello\r\n');
    });
    await new Promise<void>((resolve) => plain.listen(0, '127.0.0.1', resolve));
    const address = plain.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const judge = await believing();
    const verdicts: PeerVerdict[] = [];
    verdicts.push(await checkServerCertificate(judge, dial(port, serverIsJudged), { host }));
    await new Promise<void>((resolve) => {
      plain.close(() => resolve());
    });
    verdicts.push(await checkServerCertificate(judge, dial(port, serverIsJudged), { host }));
    expect(verdicts.map(codes)).toStrictEqual([['disconnected'], ['disconnected']]);
  });

  it('is asked by https over a connection that was judged, and not over one that was refused', async () => {
    const judge = await believing();
    const port = await serve({}, (socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi'));
    });
    const agent = new Agent({ maxCachedSessions: 0 });
    onTestFinished(() => agent.destroy());
    agent.createConnection = (options, callback) => {
      const socket = dial(port, { ...serverIsJudged, servername: host });
      void checkServerCertificate(judge, socket, { host: options.host ?? '' }).then(
        ({ verdict, reasons }) =>
          callback?.(verdict === 'accept' ? null : new Error(reasons[0]?.code), socket),
      );
      return undefined;
    };
    const ask = async (name: string): Promise<number | undefined> => {
      const { promise, resolve, reject } = Promise.withResolvers<number | undefined>();
      const asking = get({ host: name, port, agent, path: '/' }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      });
      asking.on('error', reject);
      return await promise;
    };
    expect(await ask(host)).toBe(200);
    await expect(ask('other.example')).rejects.toThrow('wrong-identity');
  });
});
