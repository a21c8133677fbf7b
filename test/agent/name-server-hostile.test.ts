import { request as httpsRequest, type RequestOptions } from 'node:https';
import { connect } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { describe, expect, it } from 'vitest';
import type { NameServer } from '../../src/agent/name-server.ts';
import { parseLabel } from '../../src/base/label.ts';
import { decodeCertificate } from '../../src/x509/certificate.ts';
import { oids } from '../../src/asn1/oids.ts';
import { extension } from '../../src/x509/extension-values.ts';
import { type Issued } from '../harness/certificates.ts';
import { issueCa, issueTls, keyPem, pems } from '../http/tls-server.ts';
import { coded } from '../lifecycle/site.ts';
import { crlRecord } from './node-crl.ts';
import { giveNode, giveNodeCa, host, twoAgents, type TwoAgents } from './two-agents.ts';

const nodesLabel = parseLabel('nodes', 'ca');

async function serves({ serving }: TwoAgents): Promise<readonly (readonly string[])[]> {
  return (await serving.store.audit.list())
    .filter(({ what }) => what === 'serve')
    .map(({ arguments: list, result }) => [
      ...list.map(([, value]) => value),
      `${result?.exitCode}`,
    ]);
}

/** Ask with any client, as whoever; a status, or why there is none. */
async function ask(
  { port }: NameServer,
  issuer: Issued,
  body: Uint8Array | string,
  options: RequestOptions = {},
): Promise<number> {
  const node = issueTls(issuer, [host('node2.example')]);
  return await new Promise((resolve, reject) => {
    const outgoing = httpsRequest(
      {
        host: '127.0.0.1',
        port,
        path: '/fetch',
        method: 'POST',
        rejectUnauthorized: false,
        cert: pems(node),
        key: keyPem(node),
        agent: false,
        ...options,
      },
      (response) => {
        response.resume();
        resolve(response.statusCode ?? 0);
      },
    );
    outgoing.once('error', reject);
    outgoing.end(body);
  });
}

describe('serveNames()', () => {
  it('lets nobody in whose certificate is of another CA, has expired, or is for servers only', async () => {
    const nodes = await twoAgents();
    const server = await nodes.serve();
    const stranger = issueCa('CN=Node CA');
    await giveNode(nodes.fetching, 'strange', stranger, [host('node2.example')]);
    await giveNode(nodes.fetching, 'server', nodes.nodeCa, [], {
      extensions: [
        extension('subjectAltName', [host('node2.example')]),
        extension('extKeyUsage', [oids.serverAuth]),
      ],
    });
    await giveNode(nodes.fetching, 'old', nodes.nodeCa, [host('node2.example')], {
      notAfter: new Date('2021-01-01T00:00:00Z'),
    });
    for (const as of ['strange', 'old', 'server']) {
      const fetched = nodes.fetch(server, as);
      await expect(fetched).rejects.toThrow(/closed by the peer|refused TLS/);
      await expect(fetched).rejects.toMatchObject({
        hint: expect.stringContaining(`It may not accept "${as}"`),
      });
    }
    await expect(
      ask(server, nodes.nodeCa, 'hello', { cert: undefined, key: undefined }),
    ).rejects.toThrow(/certificate required|socket hang up|ECONNRESET/);
    expect(await serves(nodes)).toEqual([]);
  });

  it('judges who was let in by its own clock, its roots as they are now, and the CRLs that are stored', async () => {
    const nodes = await twoAgents({ notAfter: new Date('2027-01-01T00:00:00Z') });
    const { serving, fetching, nodeCa } = nodes;
    const { clock, store } = serving;
    const server = await nodes.serve();
    const shown = decodeCertificate(
      (await fetching.store.certificates.current('node2'))?.der ?? new Uint8Array(),
    );
    const crl = crlRecord(nodesLabel, nodeCa, shown, clock.now(), issueCa('CN=Node CA'));
    expect(await nodes.fetch(server)).toMatchObject({ type: 'fetched' });
    await store.crls.put(crl);
    await expect(nodes.fetch(server)).rejects.toMatchObject(coded('RETRIEVAL_REFUSED'));
    expect(nodes.said.at(-1)).toContain('its signature does not fit the key of its CA');

    await store.crls.put(crlRecord(nodesLabel, nodeCa, shown, clock.now()));
    await expect(nodes.fetch(server)).rejects.toMatchObject(coded('RETRIEVAL_REFUSED'));
    expect(nodes.said.at(-1)).toContain('is refused: "CN=node2,O=Nodes" was revoked at 2026-12-01');

    await giveNode(fetching, 'other', nodeCa, [host('node2.example')], {
      notAfter: new Date('2027-01-01T00:00:00Z'),
    });
    expect(await nodes.fetch(server, 'other')).toMatchObject({ type: 'nothing newer' });
    await giveNodeCa(serving, issueCa('CN=Another CA'));
    await expect(nodes.fetch(server, 'other')).rejects.toMatchObject(coded('RETRIEVAL_REFUSED'));
    await giveNodeCa(serving, nodeCa);
    await clock.advance(60 * 86_400);
    await expect(nodes.fetch(server, 'other')).rejects.toMatchObject(coded('RETRIEVAL_REFUSED'));
    expect(nodes.said.at(-1)).toMatch(/is refused: .*expired/);
  });

  it('speaks TLS 1.3 only, and takes no session up again', async () => {
    const nodes = await twoAgents();
    const server = await nodes.serve();
    await expect(
      ask(server, nodes.nodeCa, 'hello', { maxVersion: 'TLSv1.2', minVersion: 'TLSv1.2' }),
    ).rejects.toThrow(/protocol version/);
    const node = issueTls(nodes.nodeCa, [host('node2.example')]);
    const once = (session?: Buffer): Promise<{ session?: Buffer; isReused: boolean }> =>
      new Promise((resolve, reject) => {
        let latest: Buffer | undefined;
        let isReused = false;
        const socket = tlsConnect({
          host: '127.0.0.1',
          port: server.port,
          rejectUnauthorized: false,
          cert: pems(node),
          key: keyPem(node),
          ...(session && { session }),
        });
        socket.on('session', (each: Buffer) => {
          latest = each;
        });
        socket.on('secureConnect', () => {
          isReused = socket.isSessionReused();
          socket.end('GET / HTTP/1.1\r\nhost: x\r\n\r\n');
        });
        socket.on('error', reject).on('data', () => {});
        socket.on('close', () => resolve({ ...(latest && { session: latest }), isReused }));
      });
    const { session } = await once();
    expect(session).toBeDefined();
    expect(await once(session)).toMatchObject({ isReused: false });
  });

  it('answers what is no request with a status, and cuts off what has no end', async () => {
    const nodes = await twoAgents();
    const { nodeCa } = nodes;
    const server = await nodes.serve();
    expect(await ask(server, nodeCa, 'hello')).toBe(400);
    expect(await ask(server, nodeCa, new Uint8Array(33_000))).toBe(413);
    expect(await ask(server, nodeCa, '', { method: 'GET' })).toBe(404);
    expect(await ask(server, nodeCa, 'hello', { path: '/metrics' })).toBe(404);
    const endless = await ask(server, nodeCa, new Uint8Array(1_000_000)).catch(() => 'cut off');
    expect([413, 'cut off']).toContain(endless);
    await expect(ask(server, nodeCa, 'hello', { headers: { x: 'y'.repeat(5000) } })).resolves.toBe(
      431,
    );
  });

  it('ends a connection whose time is over, whatever is said on it', async () => {
    const nodes = await twoAgents();
    const { port } = await nodes.serve({
      handshakeMs: 60_000,
      connectionMs: 300,
      requestMs: 60_000,
    });
    const node = issueTls(nodes.nodeCa, [host('node2.example')]);
    const socket = tlsConnect({
      host: '127.0.0.1',
      port,
      rejectUnauthorized: false,
      cert: pems(node),
      key: keyPem(node),
    });
    socket.write('POST /fetch HTTP/1.1\r\nhost: node1\r\ncontent-length: 1000\r\n\r\n');
    const drip = setInterval(() => socket.write('x'), 20);
    const silent = connect({ host: '127.0.0.1', port });
    try {
      await Promise.all(
        [socket, silent].map(
          (each) =>
            new Promise<void>((resolve) => {
              each.on('error', () => {}).once('close', () => resolve());
            }),
        ),
      );
    } finally {
      clearInterval(drip);
    }
    expect(await serves(nodes)).toEqual([]);
  });

  it('gives one address so many connections and no more', async () => {
    const nodes = await twoAgents();
    const { port } = await nodes.serve();
    const sockets = Array.from({ length: 17 }, () => connect({ host: '127.0.0.1', port }));
    try {
      await Promise.race(
        sockets.map(
          (socket) =>
            new Promise<void>((resolve) => {
              socket.on('error', () => {}).once('close', () => resolve());
            }),
        ),
      );
      expect(sockets.filter(({ closed }) => closed)).toHaveLength(1);
    } finally {
      for (const socket of sockets) socket.destroy();
    }
  });

  it('keeps places for nodes from those who connect and speak no TLS', async () => {
    const nodes = await twoAgents();
    const server = await nodes.serve({
      handshakeMs: 60_000,
      connectionMs: 60_000,
      requestMs: 5000,
    });
    const closed = Promise.withResolvers<void>();
    let gone = 0;
    const sockets = Array.from({ length: 64 }, (_, i) => {
      const localAddress = `127.0.0.${10 + (i % 4)}`;
      const socket = connect({ host: '127.0.0.1', port: server.port, localAddress });
      socket.on('error', () => {});
      socket.once('close', () => {
        if (++gone === 32) closed.resolve();
      });
      return socket;
    });
    try {
      await closed.promise;
      expect(await nodes.fetch(server)).toMatchObject({ type: 'fetched' });
    } finally {
      for (const socket of sockets) socket.destroy();
    }
  });

  it('waits for TLS no longer than it may take, whatever is said before', async () => {
    const nodes = await twoAgents();
    const { port } = await nodes.serve({
      handshakeMs: 300,
      connectionMs: 600_000,
      requestMs: 600_000,
    });
    const socket = connect({ host: '127.0.0.1', port });
    // The beginning of a record of TLS, without end.
    socket.write(Uint8Array.of(22, 3, 1, 2, 0, 1));
    const drip = setInterval(() => socket.write('x'), 20);
    await new Promise<void>((resolve) => {
      socket.on('error', () => {}).once('close', () => resolve());
    });
    clearInterval(drip);
    expect(await serves(nodes)).toEqual([]);
  });
});
