import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer, type ServerOptions } from 'node:https';
import { afterEach, describe, expect, it } from 'vitest';
import { decodeMessage } from '../../../src/cmp/message/pki-message.ts';
import { openHttpTransport } from '../../../src/cmp/transport/http.ts';
import type { Transport } from '../../../src/cmp/transport/transport.ts';
import type { HttpRoute } from '../../../src/http/route.ts';
import { initialize } from '../../../src/lifecycle/initialize.ts';
import {
  ders,
  issueCa,
  issueTls,
  keyPem,
  loopbackNames,
  pems,
  shown,
} from '../../http/tls-server.ts';
import { bodies, coded, initialized, makeSite, request, type Site } from '../../lifecycle/site.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

/** How the lab's answers are sent on. */
interface Manner {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly tls?: ServerOptions;
  readonly route?: HttpRoute;
  /** What is sent in place of an answer; nothing ends the connection. */
  alter?(answer: Uint8Array): Uint8Array | undefined;
}

/** Put a site's lab behind a real HTTP server, and the client before a real transport. */
async function overHttp(site: Site, manner: Manner): Promise<{ connections(): number }> {
  const { status = 200, headers = {}, tls, route, alter } = manner;
  let connections = 0;
  const serve: RequestListener = (incoming, outgoing) => {
    const chunks: Uint8Array[] = [];
    incoming.on('data', (chunk: Uint8Array) => chunks.push(chunk));
    incoming.on('end', () => {
      void (async () => {
        const answer = await site.lab.handle(Uint8Array.from(Buffer.concat(chunks)));
        const sent = alter ? alter(answer) : answer;
        if (sent === undefined) return void outgoing.destroy();
        outgoing.writeHead(status, { 'Content-Type': 'application/pkixcmp', ...headers });
        outgoing.end(sent);
      })();
    });
  };
  const server = tls ? createSecureServer(tls, serve) : createServer(serve);
  server.on('connection', () => (connections += 1));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no TCP port');
  const transport: Transport = openHttpTransport({
    url: `${tls ? 'https' : 'http'}://127.0.0.1:${address.port}/`,
    connectTimeoutMs: 5000,
    responseTimeoutMs: 5000,
    ...(route && { route }),
  });
  closers.push(
    () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
    () => transport.close(),
  );
  site.setWire((der) => transport.exchange(der));
  return { connections: () => connections };
}

/** TLS in which each side has shown the certificate the other wants. */
function mutualTls(): Pick<Manner, 'tls' | 'route'> {
  const root = issueCa('CN=TLS Root,O=Test');
  const server = issueTls(root, loopbackNames);
  const client = issueTls(root, []);
  return {
    tls: { key: keyPem(server), cert: pems(server), ca: pems(root), requestCert: true },
    route: { tls: { anchors: ders(root), clientCertificate: shown(client) } },
  };
}

describe('a transaction over HTTP', () => {
  it.each([200, 201, 299, 400, 401, 404, 407, 500, 503])(
    'goes by the PKIMessage, whatever HTTP %i says [T3][T10]',
    async (status) => {
      const site = await makeSite();
      const headers = { 'Retry-After': '99', 'WWW-Authenticate': 'Basic', 'Set-Cookie': 'a=b' };
      await overHttp(site, { status, headers });
      await initialized(site);
      expect(bodies(site.sent)).toEqual(['ir', 'certConf']);
    },
  );

  it('goes over as many connections as the server likes [T1][T8]', async () => {
    const site = await makeSite();
    const { connections } = await overHttp(site, { headers: { Connection: 'close' } });
    await initialized(site);
    expect(connections()).toBe(2);
  });

  it('goes over one connection if the server lets it [T1]', async () => {
    const site = await makeSite();
    const { connections } = await overHttp(site, {});
    await initialized(site);
    expect(connections()).toBe(1);
  });

  it('knows its answer by the transactionID: another one on its connection is refused [T8]', async () => {
    const earlier: Uint8Array[] = [];
    const first = await makeSite();
    await overHttp(first, {
      alter(answer) {
        earlier.push(answer);
        return answer;
      },
    });
    await initialized(first);
    first.setWire();
    await overHttp(first, { alter: (answer) => earlier[0] ?? answer });
    await expect(
      initialize(first.context, request({ name: first.profile.label })),
    ).rejects.toMatchObject(coded('CMP_TRANSACTION_ID_MISMATCH'));
  });

  it('runs inside mutual TLS like outside [T7][T10]', async () => {
    const site = await makeSite();
    await overHttp(site, mutualTls());
    await initialized(site);
    expect(bodies(site.sent)).toEqual(['ir', 'certConf']);
  });

  it('believes an altered message no more because it came through mutual TLS [T10]', async () => {
    const site = await makeSite();
    await overHttp(site, {
      ...mutualTls(),
      alter(answer) {
        const { protection = new Uint8Array() } = decodeMessage(answer);
        const altered = Uint8Array.from(answer);
        const at = Buffer.from(answer).indexOf(protection);
        altered[at] = (altered[at] ?? 0) ^ 1;
        return altered;
      },
    });
    await expect(initialize(site.context, request())).rejects.toMatchObject(
      coded('CMP_PROTECTION_INVALID'),
    );
    expect(await site.store.certificates.list({ all: true })).toEqual([]);
  });

  it('is over, and its key kept, when the connection ends in place of an answer [T6]', async () => {
    const site = await makeSite();
    await overHttp(site, { alter: () => undefined });
    await expect(initialize(site.context, request())).rejects.toMatchObject(
      coded('NETWORK_UNREACHABLE'),
    );
    expect(await site.store.transactions.outstanding()).toEqual([]);
  });
});
