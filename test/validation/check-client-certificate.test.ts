import { createServer as createHttpServer } from 'node:http';
import type { TLSSocket, TlsOptions } from 'node:tls';
import { describe, expect, it } from 'vitest';
import {
  checkClientCertificate,
  clientsAreJudged,
} from '../../src/validation/check-client-certificate.ts';
import type { PeerVerdict } from '../../src/validation/contract.ts';
import { parseIdentity } from '../../src/revocation/peer-identity-text.ts';
import { issue } from '../harness/certificates.ts';
import { ca } from '../revocation/ocsp-made.ts';
import {
  believing,
  client,
  codes,
  dial,
  heard,
  middle,
  other,
  serve,
  shown,
  stranger,
} from './tls-peers.ts';

const versions = ['TLSv1.2', 'TLSv1.3'] as const;

/** A server that judges each client, greets whom it accepts, and says back what it hears. */
async function judging(
  options: TlsOptions = {},
  validator = believing(),
): Promise<{
  port: number;
  verdicts: PeerVerdict[];
  read: string[];
  next(): Promise<PeerVerdict>;
}> {
  const judge = await validator;
  const verdicts: PeerVerdict[] = [];
  const read: string[] = [];
  let told = Promise.withResolvers<PeerVerdict>();
  const port = await serve({ ...clientsAreJudged, ...options }, (socket) => {
    void (async () => {
      const verdict = await checkClientCertificate(judge, socket);
      verdicts.push(verdict);
      if (verdict.verdict === 'accept') {
        socket.on('data', (part: Buffer) => read.push(part.toString()));
        socket.end('welcome');
      }
      told.resolve(verdict);
    })();
  });
  return {
    port,
    verdicts,
    read,
    async next() {
      const verdict = await told.promise;
      told = Promise.withResolvers();
      return verdict;
    },
  };
}

describe.each(versions)('a client of %s', (maxVersion) => {
  const only = { minVersion: maxVersion, maxVersion } as const;

  it('is served when its certificate is accepted', async () => {
    const { port, verdicts } = await judging(only);
    expect(await heard(dial(port, shown(client)))).toBe('welcome');
    expect(verdicts).toMatchObject([{ verdict: 'accept', path: [client.certificate] }]);
  });

  it('is accepted with the certificates that it sent along, those that lead nowhere among them', async () => {
    const { port } = await judging(only, believing({ anchors: [other.certificate] }));
    expect(await heard(dial(port, shown(stranger, ca, middle)))).toBe('welcome');
  });

  it('gets nothing when its certificate is refused, and what it sent is not read', async () => {
    const { port, verdicts, read } = await judging(only);
    const socket = dial(port, shown(stranger, middle, other));
    socket.write('GET / HTTP/1.1\r\n\r\n');
    expect(await heard(socket)).toBe('');
    expect(verdicts.map(codes)).toStrictEqual([['untrusted']]);
    expect(read).toStrictEqual([]);
  });

  it('is refused without a certificate', async () => {
    const { port, verdicts } = await judging(only);
    expect(await heard(dial(port))).toBe('');
    expect(verdicts.map(codes)).toStrictEqual([['no-certificate']]);
  });

  it('cannot resume a session, and is judged again in a whole handshake', async () => {
    const { port, verdicts } = await judging(only);
    let session: Buffer | undefined;
    const first = dial(port, shown(client));
    first.on('session', (given: Buffer) => (session = given));
    await heard(first);
    const second = dial(port, { ...shown(client), ...(session && { session }) });
    let isReused: boolean | undefined;
    second.on('secureConnect', () => (isReused = second.isSessionReused()));
    expect(await heard(second)).toBe('welcome');
    expect(isReused).toBe(false);
    expect(verdicts.map(({ verdict }) => verdict)).toStrictEqual(['accept', 'accept']);
  });

  it('is refused when it resumed a session, where a server lets it', async () => {
    const { port, verdicts } = await judging({ ...only, secureOptions: 0 });
    let session: Buffer | undefined;
    const first = dial(port, shown(client));
    first.on('session', (given: Buffer) => (session = given));
    expect(await heard(first)).toBe('welcome');
    expect(session).toBeDefined();
    const second = dial(port, { ...shown(client), ...(session && { session }) });
    expect(await heard(second)).toBe('');
    expect(verdicts.map(codes)).toStrictEqual([[], ['resumed-session']]);
  });
});

describe('a client', () => {
  it('is refused when it sends more certificates than are read', async () => {
    const { port, verdicts } = await judging();
    const many = Array.from({ length: 40 }, (_, n) => issue({ subject: `CN=${n}`, issuer: ca }));
    await heard(dial(port, shown(client, ...many)));
    expect(verdicts.map(codes)).toStrictEqual([['search-exhausted']]);
  });

  it('that has gone before its verdict gets none', async () => {
    const judge = {
      validatePeer: (_peer: unknown, { signal }: { signal?: AbortSignal } = {}) =>
        new Promise<PeerVerdict>((resolve) =>
          signal?.addEventListener('abort', () =>
            resolve({ verdict: 'accept', reasons: [], warnings: [], path: [], revocation: [] }),
          ),
        ),
    };
    const { promise, resolve } = Promise.withResolvers<PeerVerdict>();
    const port = await serve(clientsAreJudged, (socket) => {
      void checkClientCertificate(judge, socket).then(resolve);
    });
    const socket = dial(port, shown(client));
    socket.on('secureConnect', () => setImmediate(() => socket.destroy()));
    expect(codes(await promise)).toStrictEqual(['disconnected']);
  });

  it('has to be who is expected, where somebody is', async () => {
    const judge = await believing();
    const seen: (readonly string[])[] = [];
    const port = await serve(clientsAreJudged, (socket) => {
      void (async () => {
        const identity = parseIdentity('CN=somebody');
        seen.push(codes(await checkClientCertificate(judge, socket, { identity })));
      })();
    });
    await heard(dial(port, shown(client)));
    expect(seen).toStrictEqual([['wrong-identity']]);
  });

  it('is judged for a client of TLS whatever the purpose of the policy is', async () => {
    const { extension } = await import('../../src/x509/extension-values.ts');
    const { oids } = await import('../../src/asn1/oids.ts');
    const usage = extension('extKeyUsage', [oids.ipsecIKE]);
    const gateway = issue({ subject: 'CN=gw', issuer: ca, extensions: [usage] });
    const { port, verdicts } = await judging({}, believing({ purpose: 'ike' }));
    await heard(dial(port, shown(gateway)));
    expect(verdicts.map(codes)).toStrictEqual([['wrong-purpose']]);
  });

  it('cannot show another certificate by another handshake of TLS 1.2', async () => {
    const judge = await believing();
    const judged = Promise.withResolvers<TLSSocket>();
    const closed = Promise.withResolvers<void>();
    const port = await serve(
      { ...clientsAreJudged, secureOptions: 0, maxVersion: 'TLSv1.2' },
      (socket) => {
        socket.on('close', () => closed.resolve());
        void checkClientCertificate(judge, socket).then(() => judged.resolve(socket));
      },
    );
    const socket = dial(port, shown(client));
    await new Promise((resolve) => void socket.on('secureConnect', resolve));
    await judged.promise;
    socket.renegotiate({}, () => {});
    await closed.promise;
    expect((await judged.promise).destroyed).toBe(true);
  });

  it('has what it sent before its verdict read by an HTTP server that is handed the connection', async () => {
    const judge = await believing();
    const http = createHttpServer((request, response) => {
      response.setHeader('connection', 'close');
      response.end(`you asked for ${request.url}`);
    });
    const port = await serve(clientsAreJudged, (socket) => {
      void (async () => {
        const { verdict } = await checkClientCertificate(judge, socket);
        // Its request has long been here.
        for (let turns = 0; turns < 20; turns++) await new Promise((r) => setImmediate(r));
        if (verdict === 'accept') http.emit('connection', socket);
      })();
    });
    const socket = dial(port, shown(client));
    socket.write('GET /secret HTTP/1.1\r\nhost: x\r\n\r\n');
    expect(await heard(socket)).toContain('you asked for /secret');
  });
});
