import { once } from 'node:events';
import {
  connect as tcpConnect,
  createServer as createPlain,
  type Server as Plain,
  type Socket,
} from 'node:net';
import { connect, createServer, TLSSocket, type ConnectionOptions, type Server } from 'node:tls';
import { describe, expect, it, onTestFinished } from 'vitest';
import { toHex, utf8 } from '../../src/base/bytes.ts';
import { digest } from '../../src/crypto/digest.ts';
import {
  stapledListener,
  type ListenerCertificate,
  type StapledListener,
} from '../../src/ocsp-staple/listener.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import type { Issued } from '../harness/certificates.ts';
import { issueCa, issueTls, keyPem, pems } from '../http/tls-server.ts';
import { hour } from './made.ts';

const ca = issueCa('CN=CA');
const forName = (value: string): Issued => issueTls(ca, [{ type: 'dNSName', value }]);
const alice = forName('a.example');
const bob = forName('*.b.example');
const newAlice = forName('a.example');

function served(name: string, issued: Issued, staple?: string): ListenerCertificate {
  const { certificate } = issued;
  return {
    name,
    id: toHex(digest('sha256', certificateDer(certificate))),
    certificate,
    chain: pems(issued),
    key: keyPem(issued),
    ...(staple !== undefined && { staple: { der: utf8(staple), until: hour(10) } }),
  };
}

const both = [served('a', alice, 'staple of a'), served('b', bob, 'staple of b')] as const;

async function listen(
  listener: StapledListener,
): Promise<{ readonly server: Server; readonly port: number }> {
  const server = createServer(listener.options(), (socket) => socket.end());
  onTestFinished(() => void server.close());
  listener.attach(server);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { server, port: portOf(server) };
}

function portOf(server: Plain): number {
  const bound = server.address();
  return typeof bound === 'object' && bound ? bound.port : 0;
}

interface Seen {
  readonly serial: string;
  readonly staple: string | undefined;
}

/** Do a handshake that asks for a staple, and say what came. */
async function look(options: ConnectionOptions): Promise<Seen> {
  const socket = connect({
    ca: pems(ca),
    requestOCSP: true,
    rejectUnauthorized: false,
    ...options,
  });
  let staple: string | undefined;
  socket.on('OCSPResponse', (der: Buffer | null) => {
    staple = der?.toString() || undefined;
  });
  await once(socket, 'secureConnect');
  const { serialNumber: serial } = socket.getPeerCertificate();
  socket.destroy();
  return { serial, staple };
}

function serialOf({ certificate }: Issued): string {
  const text = certificate.tbsCertificate.serialNumber.toString(16).toUpperCase();
  return text.length % 2 === 0 ? text : `0${text}`;
}

const versions = ['TLSv1.2', 'TLSv1.3'] as const;

describe.each(versions)('a listener that staples, by %s', (version) => {
  const only = { minVersion: version, maxVersion: version } as const;

  it('shows each certificate with its own response, from the first connection on', async () => {
    const { port } = await listen(stapledListener(both, () => hour(1)));
    const asked = (servername?: string) =>
      look({ port, ...only, ...(servername !== undefined && { servername }) });
    const a = { serial: serialOf(alice), staple: 'staple of a' };
    const b = { serial: serialOf(bob), staple: 'staple of b' };
    expect(await asked('a.example')).toStrictEqual(a);
    expect(await asked('www.b.example')).toStrictEqual(b);
    expect(await asked('c.example')).toStrictEqual(a);
    expect(await asked()).toStrictEqual(a);
  });

  it('shows none that has ended, and none where there is none', async () => {
    let now = hour(10);
    const listener = stapledListener([both[0], served('b', bob)], () => now);
    const { port } = await listen(listener);
    const a = { port, ...only, servername: 'a.example' };
    expect((await look(a)).staple).toBeUndefined();
    expect((await look({ port, ...only, servername: 'x.b.example' })).staple).toBeUndefined();
    now = hour(9);
    expect((await look(a)).staple).toBe('staple of a');
  });

  it('shows a refreshed response at once, and a renewed certificate with its own', async () => {
    const listener = stapledListener(both, () => hour(1));
    const { port } = await listen(listener);
    listener.serve([served('a', alice, 'newer'), both[1]]);
    expect(await look({ port, ...only })).toMatchObject({ staple: 'newer' });
    listener.serve([served('a', newAlice, 'of the renewed'), both[1]]);
    const renewed = { serial: serialOf(newAlice), staple: 'of the renewed' };
    expect(await look({ port, ...only })).toStrictEqual(renewed);
    expect(await look({ port, ...only, servername: 'a.example' })).toStrictEqual(renewed);
  });

  it('shows who connected before a renewal, and begins TLS after it, nothing that does not fit', async () => {
    const listener = stapledListener(both, () => hour(1));
    const { server, port } = await listen(listener);
    const early = async (): Promise<Socket> => {
      const socket = tcpConnect(port, '127.0.0.1');
      await once(server, 'connection');
      return socket;
    };
    const [nameless, named] = [await early(), await early()];
    listener.serve([served('a', newAlice, 'of the renewed'), both[1]]);
    const old = { serial: serialOf(alice), staple: 'staple of a' };
    const renewed = { serial: serialOf(newAlice), staple: 'of the renewed' };
    // Its certificate was chosen when it connected; the response of another one would not be believed.
    const seen = await look({ socket: nameless, ...only });
    expect([{ ...old, staple: undefined }, old]).toContainEqual(seen);
    expect(await look({ socket: named, ...only, servername: 'a.example' })).toStrictEqual(renewed);
  });
});

describe('a server that is attached', () => {
  it('makes TLS of a plain socket it is given, as FTP does', async () => {
    const listener = stapledListener(both, () => hour(1));
    const { server } = await listen(listener);
    const plain = createPlain((socket) => {
      socket.once('data', () => {
        socket.write('234\r\n');
        server.emit('connection', socket);
      });
    });
    onTestFinished(() => void plain.close());
    plain.listen(0, '127.0.0.1');
    await once(plain, 'listening');
    const socket = tcpConnect(portOf(plain), '127.0.0.1');
    socket.write('AUTH TLS\r\n');
    await once(socket, 'data');
    expect(await look({ socket })).toMatchObject({ staple: 'staple of a' });
  });

  it('staples no more once that was ended', async () => {
    const listener = stapledListener(both, () => hour(1));
    const server = createServer(listener.options(), (socket: TLSSocket) => socket.end());
    onTestFinished(() => void server.close());
    const end = listener.attach(server);
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    end();
    expect((await look({ port: portOf(server) })).staple).toBeUndefined();
  });
});
