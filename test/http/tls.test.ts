import { inspect } from 'node:util';
import { afterEach, describe, expect, it, vi } from 'vitest';
import type { ServerOptions } from 'node:https';
import { Connection } from '../../src/http/connection.ts';
import { request, type HttpResponse } from '../../src/http/request.ts';
import type { TlsSettings } from '../../src/http/route.ts';
import { openHostileServer } from './hostile-server.ts';
import {
  ders,
  issueCa,
  issueTls,
  keyPem,
  loopbackNames,
  pems,
  shown,
  startTlsServer,
  type TlsServer,
} from './tls-server.ts';

const root = issueCa('CN=TLS Root,O=Test');
const sub = issueCa('CN=TLS Sub,O=Test', root);
const server = issueTls(sub, loopbackNames);
const stranger = issueCa('CN=TLS Root,O=Stranger');
const clientCa = issueCa('CN=Clients,O=Test');
const clientSub = issueCa('CN=Clients Sub,O=Test', clientCa);
const client = issueTls(clientSub, [], { subject: 'CN=client7,O=Test' });

const usual: ServerOptions = { key: keyPem(server), cert: pems(server, sub) };

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const close of closers.splice(0).toReversed()) await close();
});

async function serve(options: ServerOptions = usual): Promise<TlsServer> {
  const started = await startTlsServer(options);
  closers.push(() => started.close());
  return started;
}

async function ask(url: string, tls: TlsSettings = {}): Promise<HttpResponse> {
  const connection = new Connection(new URL(url).origin, { tls });
  closers.push(() => connection.close());
  return await request({
    url,
    method: 'POST',
    body: Uint8Array.of(1, 2, 3),
    connection,
    limits: { connectTimeoutMs: 5000, responseTimeoutMs: 5000, maxBytes: 1000 },
  });
}

describe('request() over https', () => {
  it('believes a server below an anchor of its own [T7]', async () => {
    const { url, seen } = await serve();
    expect(await ask(url, { anchors: ders(root) })).toMatchObject({ status: 200 });
    // An address is no SNI.
    expect(seen).toMatchObject([{ serverName: false, client: undefined }]);
  });

  it.each([
    ['an intermediate', [sub]],
    ["the server's own certificate", [server]],
    ['one of several', [stranger, root]],
  ])('takes as anchor %s [T7]', async (_what, anchors) => {
    const { url } = await serve();
    expect(await ask(url, { anchors: ders(...anchors) })).toMatchObject({ status: 200 });
  });

  it('uses one connection, and one handshake, for the requests of a transaction [T1]', async () => {
    const { url, connections } = await serve();
    const connection = new Connection(new URL(url).origin, { tls: { anchors: ders(root) } });
    closers.push(() => connection.close());
    const limits = { connectTimeoutMs: 5000, responseTimeoutMs: 5000, maxBytes: 1000 };
    for (let i = 0; i < 4; i++) await request({ url, method: 'GET', connection, limits });
    expect(connections()).toBe(1);
  });

  it.each([
    ['of the system only', {}, 'a root that the system trusts'],
    ['of somebody else', { anchors: ders(stranger) }, 'a certificate in tls-root'],
  ])('refuses a server that is below none of the anchors, %s [T7]', async (_, tls, what) => {
    const { url, seen } = await serve();
    await expect(ask(url, tls)).rejects.toMatchObject({
      code: 'TLS_UNTRUSTED',
      message: `Cannot connect to "${url}": the server's certificate does not lead to ${what}`,
      hint: expect.stringContaining('tls-root FILE'),
    });
    expect(seen).toEqual([]);
  });

  it.each([
    ['expired', { notAfter: new Date('2021-01-01T00:00:00Z') }, 'has expired'],
    ['is not valid yet', { notBefore: new Date('2119-01-01T00:00:00Z') }, 'is not valid yet'],
  ])('refuses a server whose certificate %s [T7]', async (_what, validity, text) => {
    const own = issueTls(root, loopbackNames, validity);
    const { url, seen } = await serve({ key: keyPem(own), cert: pems(own) });
    await expect(ask(url, { anchors: ders(root) })).rejects.toMatchObject({
      code: 'TLS_UNTRUSTED',
      message: expect.stringContaining(text),
      hint: expect.stringContaining('clock'),
    });
    expect(seen).toEqual([]);
  });

  it('refuses a server whose certificate has another name, and says which [T7]', async () => {
    const own = issueTls(root, [{ type: 'dNSName', value: 'other.example' }]);
    const { url, seen } = await serve({ key: keyPem(own), cert: pems(own) });
    await expect(ask(url, { anchors: ders(root) })).rejects.toMatchObject({
      code: 'TLS_UNTRUSTED',
      message: `Cannot connect to "${url}": the server's certificate is for DNS:other.example, not for "127.0.0.1"`,
      hint: expect.stringContaining('tls-server-name NAME'),
    });
    expect(seen).toEqual([]);
  });

  it('asks for the name it is given by SNI, and looks for it in the certificate [T7]', async () => {
    const { url, seen } = await serve();
    const anchors = ders(root);
    await ask(url, { anchors, serverName: 'ra.example' });
    expect(seen).toMatchObject([{ serverName: 'ra.example' }]);
    await expect(ask(url, { anchors, serverName: 'rb.example' })).rejects.toMatchObject({
      code: 'TLS_UNTRUSTED',
      message: expect.stringContaining('not for "rb.example"'),
    });
    // Not as a second name beside the URL's.
    await expect(ask(url, { anchors, serverName: '127.0.0.2' })).rejects.toMatchObject({
      code: 'TLS_UNTRUSTED',
      message: expect.stringContaining('not for "127.0.0.2"'),
    });
  });

  it('verifies whatever NODE_TLS_REJECT_UNAUTHORIZED says [T7]', async () => {
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    const { url } = await serve();
    await expect(ask(url)).rejects.toMatchObject({ code: 'TLS_UNTRUSTED' });
    const tls = { anchors: ders(root), serverName: 'rb.example' };
    await expect(ask(url, tls)).rejects.toMatchObject({ code: 'TLS_UNTRUSTED' });
  });

  it('shows its certificate, with those that lead to its root [T7]', async () => {
    const mutual = { ...usual, requestCert: true, ca: pems(clientCa) };
    const { url, seen } = await serve(mutual);
    const clientCertificate = shown(client, clientSub);
    await ask(url, { anchors: ders(root), clientCertificate });
    expect(seen).toMatchObject([{ client: 'client7' }]);
  });

  it.each(['TLSv1.2', 'TLSv1.3'] as const)(
    'names the setting when a server wants another certificate than it gets, in %s [T7]',
    async (version) => {
      const mutual = { ...usual, requestCert: true, ca: pems(clientCa), minVersion: version };
      const { url, seen } = await serve({ ...mutual, maxVersion: version });
      const anchors = ders(root);
      const wrong = shown(issueTls(stranger, []));
      for (const [tls, hint] of [
        [{ anchors }, 'tls-client-cert NAME'],
        [{ anchors, clientCertificate: wrong }, 'accepts the certificate of tls-client-cert'],
      ] as const) {
        await expect(ask(url, tls)).rejects.toMatchObject({
          // Node.js looks at the certificate when the handshake is over, and then just closes; in TLS 1.3 a reset
          // of the connection may overtake the alert.
          code: expect.stringMatching(/^(?:TLS_REFUSED|NETWORK_UNREACHABLE)$/),
          hint: expect.stringContaining(hint),
        });
      }
      expect(seen).toEqual([]);
    },
  );

  it('speaks no TLS older than 1.2 [T7]', async () => {
    const { url } = await serve({
      ...usual,
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'ALL:@SECLEVEL=0',
    });
    await expect(ask(url, { anchors: ders(root) })).rejects.toMatchObject({
      code: 'TLS_REFUSED',
      hint: expect.stringContaining('TLS 1.2'),
    });
  });

  it('takes TLS 1.2 [T7]', async () => {
    const { url } = await serve({ ...usual, maxVersion: 'TLSv1.2' });
    expect(await ask(url, { anchors: ders(root) })).toMatchObject({ status: 200 });
  });

  it('refuses a key that does not fit its certificate, without a word of the key [T7]', async () => {
    const { url } = await serve();
    const { pkcs8 } = shown(server);
    const clientCertificate = { pkcs8, chain: ders(client) };
    const error = await ask(url, { anchors: ders(root), clientCertificate }).catch(
      (thrown: unknown) => thrown,
    );
    expect(error).toMatchObject({
      code: 'CONFIG_INVALID',
      hint: expect.stringContaining('tls-client-cert'),
    });
    const all = inspect(error, { depth: Infinity, showHidden: true });
    expect(all).not.toContain(Buffer.from(pkcs8).toString('base64').slice(40, 80));
    expect(all).not.toContain('PRIVATE KEY');
  });

  it('believes nobody when its anchors are damaged [T7]', async () => {
    const { url } = await serve();
    await expect(ask(url, { anchors: [Uint8Array.of(0x30, 0)] })).rejects.toMatchObject({
      code: 'TLS_UNTRUSTED',
    });
  });

  it('tells nothing of its certificate and key when TLS fails [T7]', async () => {
    const { url } = await serve();
    const clientCertificate = shown(client, clientSub);
    const error = await ask(url, { clientCertificate }).catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ code: 'TLS_UNTRUSTED' });
    const all = inspect(error, { depth: Infinity, showHidden: true });
    expect(all).not.toContain('PRIVATE KEY');
    expect(all).not.toContain(
      Buffer.from(clientCertificate.pkcs8).toString('base64').slice(40, 80),
    );
  });

  it('says when the handshake gets no answer in time [T6]', async () => {
    const silent = await openHostileServer((socket) => void socket.resume());
    closers.push(() => silent.close());
    const url = silent.url.replace('http:', 'https:');
    await expect(
      request({
        url,
        method: 'GET',
        limits: { connectTimeoutMs: 100, responseTimeoutMs: 5000, maxBytes: 1000 },
      }),
    ).rejects.toMatchObject({
      code: 'NETWORK_TIMEOUT',
      message: `Cannot connect to "${url}": no answer within 100 ms`,
    });
  });

  it('says when the server closes the connection in the handshake [T7]', async () => {
    const hasty = await openHostileServer((socket) => {
      socket.once('data', () => socket.end());
    });
    closers.push(() => hasty.close());
    await expect(ask(hasty.url.replace('http:', 'https:'))).rejects.toMatchObject({
      code: 'NETWORK_UNREACHABLE',
      message: expect.stringContaining('connection closed by the peer'),
    });
  });

  it('gives the reason of a signal that is aborted in the handshake', async () => {
    const controller = new AbortController();
    const reason = new Error('Ctrl-C');
    const silent = await openHostileServer((socket) => {
      socket.once('data', () => controller.abort(reason));
    });
    closers.push(() => silent.close());
    await expect(
      request({
        url: silent.url.replace('http:', 'https:'),
        method: 'GET',
        limits: { connectTimeoutMs: 5000, responseTimeoutMs: 5000, maxBytes: 1000 },
        signal: controller.signal,
      }),
    ).rejects.toBe(reason);
  });
});
