import { inspect } from 'node:util';
import { connect, type Socket } from 'node:net';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { Connection } from '../../src/http/connection.ts';
import { request, type HttpResponse } from '../../src/http/request.ts';
import { parseProxyUrl, type HttpRoute } from '../../src/http/route.ts';
import {
  onRequest,
  openHostileServer,
  responseText,
  unusedPort,
  type HostileServer,
} from './hostile-server.ts';
import {
  ders,
  issueCa,
  issueTls,
  keyPem,
  loopbackNames,
  pems,
  startTlsServer,
} from './tls-server.ts';

const root = issueCa('CN=TLS Root,O=Test');
const own = issueTls(root, loopbackNames);
const tls = { anchors: ders(root) };

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  vi.unstubAllEnvs();
  for (const close of closers.splice(0).toReversed()) await close();
});

/** A proxy whose answers a test writes; it is told everything as text. */
async function proxied(
  answer: (text: string, socket: Socket) => void,
): Promise<HostileServer & { readonly proxyUrl: string }> {
  const server = await openHostileServer((socket) =>
    onRequest(socket, (text) => answer(text, socket)),
  );
  closers.push(() => server.close());
  return { ...server, proxyUrl: `http://127.0.0.1:${server.port}` };
}

const password = 'p:ss w\u00f6rd';
const credentials = { username: 'agent', password: Buffer.from(password, 'utf8') };
const authorization = `Basic ${Buffer.from(`agent:${password}`, 'utf8').toString('base64')}`;

async function ask(url: string, route: HttpRoute): Promise<HttpResponse> {
  const connection = new Connection(new URL(url).origin, route);
  closers.push(() => connection.close());
  return await post(url, connection);
}

async function post(url: string, connection: Connection): Promise<HttpResponse> {
  return await request({
    url,
    method: 'POST',
    body: Uint8Array.of(0x41, 0x42),
    connection,
    limits: { connectTimeoutMs: 300, responseTimeoutMs: 5000, maxBytes: 1000 },
  });
}

/** What a failed request throws, after a look at all that it holds. */
async function refusal(url: string, route: HttpRoute): Promise<unknown> {
  const error = await ask(url, route).then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  const all = inspect(error, { depth: Infinity, showHidden: true });
  for (const secret of [password, authorization, authorization.slice(6)]) {
    expect(all).not.toContain(secret);
  }
  return error;
}

describe('request() of plain http through a proxy', () => {
  const url = 'http://ra.example:8080/pkix/?a=%2f';

  it('tells the proxy the whole URL and its credentials, on one connection [T7]', async () => {
    const seen: string[] = [];
    const { proxyUrl, connections } = await proxied((text, socket) => {
      seen.push(text);
      socket.write(responseText('yes'));
    });
    const connection = new Connection(new URL(url).origin, {
      proxy: { url: proxyUrl, credentials },
    });
    closers.push(() => connection.close());
    for (let i = 0; i < 3; i++) await post(url, connection);
    expect(connections()).toBe(1);
    expect(seen).toHaveLength(3);
    for (const text of seen) {
      expect(text).toMatch(/^POST http:\/\/ra\.example:8080\/pkix\/\?a=%2f HTTP\/1\.1\r\n/);
      expect(text).toMatch(/^host: ra\.example:8080\r$/im);
      expect(text).toMatch(/^content-length: 2\r$/im);
      expect(text).not.toMatch(/^(?:expect|transfer-encoding):/im);
      expect(/^proxy-authorization: (.*)\r$/im.exec(text)?.[1]).toBe(authorization);
    }
  });

  it('has it connect through where it is to do so always, and speaks to the server inside', async () => {
    const seen: string[] = [];
    const { proxyUrl } = await proxied((text, socket) => {
      seen.push(text);
      socket.write(
        text.startsWith('CONNECT ') ? 'HTTP/1.1 200 connected\r\n\r\n' : responseText('yes'),
      );
    });
    await ask(url, { proxy: { url: proxyUrl, credentials, connectsAlways: true } });
    const [connecting, inside] = seen;
    expect(connecting).toMatch(/^CONNECT ra\.example:8080 HTTP\/1\.1\r\n/);
    expect(/^proxy-authorization: (.*)\r$/im.exec(connecting ?? '')?.[1]).toBe(authorization);
    expect(inside).toMatch(/^POST \/pkix\/\?a=%2f HTTP\/1\.1\r\n/);
    expect(inside).not.toMatch(/^proxy-authorization:/im);
  });

  it('goes to the address the name was resolved to before, and calls the server by its name', async () => {
    const seen: string[] = [];
    const { port } = await proxied((text, socket) => {
      seen.push(text);
      socket.write(responseText('yes'));
    });
    await ask(`http://ra.example:${port}/`, { address: '127.0.0.1' });
    expect(seen[0]).toMatch(new RegExp(`^host: ra\\.example:${port}\\r$`, 'im'));
  });

  it('says nothing of credentials to a proxy that needs none, nor to a server [T7]', async () => {
    const seen: string[] = [];
    const { proxyUrl, url: direct } = await proxied((text, socket) => {
      seen.push(text);
      socket.write(responseText('yes'));
    });
    await ask(url, { proxy: { url: proxyUrl } });
    await ask(direct, {});
    expect(seen).toHaveLength(2);
    for (const text of seen) expect(text).not.toMatch(/authorization/i);
    expect(seen[1]).toMatch(/^POST \/pkix\/ /);
  });

  it.each([
    [undefined, 'Basic realm="x"', 'it wants a user name and a password', 'proxy-user U'],
    [credentials, 'Basic realm="x"', 'it does not take user "agent"', 'Check proxy-user'],
    [credentials, undefined, 'it does not take user "agent"', 'Check proxy-user'],
    [credentials, 'Digest realm="x"', 'it wants Digest realm="x"', 'take Basic'],
  ])('says what a proxy wants, with %j against %j [T7]', async (given, challenge, text, hint) => {
    const { proxyUrl } = await proxied((_text, socket) =>
      socket.write(
        responseText(
          'no',
          challenge === undefined ? {} : { 'Proxy-Authenticate': challenge },
          '407 Proxy Authentication Required',
        ),
      ),
    );
    const proxy = { url: proxyUrl, ...(given && { credentials: given }) };
    expect(await refusal(url, { proxy })).toMatchObject({
      code: 'PROXY_REFUSED',
      message: expect.stringContaining(
        `Cannot connect to "${url}" through proxy "${proxyUrl}": ${text}`,
      ),
      hint: expect.stringContaining(hint),
    });
  });

  it('takes a 407 of a server without a proxy for a response', async () => {
    const { url: direct } = await proxied((_text, socket) =>
      socket.write(responseText('no', {}, '407 No')),
    );
    expect(await ask(direct, {})).toMatchObject({ status: 407 });
  });

  it('says when nobody listens where the proxy should be [T7]', async () => {
    const proxy = { url: `http://127.0.0.1:${await unusedPort()}`, credentials };
    expect(await refusal(url, { proxy })).toMatchObject({
      code: 'NETWORK_UNREACHABLE',
      message: `Cannot connect to "${url}" through proxy "${proxy.url}": connection refused`,
      hint: expect.stringContaining('of the proxy'),
    });
  });

  it.each(['HTTP_PROXY', 'http_proxy', 'ALL_PROXY'])('looks at no %s [T7]', async (name) => {
    const { proxyUrl, connections } = await proxied((_text, socket) => {
      socket.write(responseText('proxied'));
    });
    vi.stubEnv('NODE_USE_ENV_PROXY', '1');
    vi.stubEnv(name, proxyUrl);
    const target = await proxied((_text, socket) => socket.write(responseText('direct')));
    expect(new TextDecoder().decode((await ask(target.url, {})).body)).toBe('direct');
    expect(connections()).toBe(0);
  });

  it('refuses a user name with a colon, which would end it', async () => {
    const { proxyUrl } = await proxied(() => {});
    const proxy = { url: proxyUrl, credentials: { ...credentials, username: 'a:b' } };
    expect(await refusal(url, { proxy })).toMatchObject({
      code: 'CONFIG_INVALID',
      hint: expect.stringContaining('proxy-user'),
    });
  });
});

/** A proxy that connects through, and remembers what it was told before. */
async function tunnel(): Promise<{
  readonly proxyUrl: string;
  readonly seen: readonly string[];
}> {
  const seen: string[] = [];
  const server = await openHostileServer((socket) => {
    let text = '';
    const look = (chunk: Buffer): void => {
      text += chunk.toString('latin1');
      if (!text.includes('\r\n\r\n')) return;
      socket.off('data', look);
      seen.push(text);
      const port = Number(/^CONNECT \S+:(\d+) /.exec(text)?.[1]);
      const onward = connect(port, '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
        onward.pipe(socket).pipe(onward);
      });
      onward.on('error', () => socket.destroy());
      socket.on('close', () => onward.destroy());
    };
    socket.on('data', look);
  });
  closers.push(() => server.close());
  return { proxyUrl: `http://127.0.0.1:${server.port}`, seen };
}

describe('request() of https through a proxy', () => {
  it('has it connect through, and shows its credentials to it alone [T7]', async () => {
    const { proxyUrl, seen } = await tunnel();
    const server = await startTlsServer({ key: keyPem(own), cert: pems(own) });
    closers.push(() => server.close());
    const connection = new Connection(new URL(server.url).origin, {
      tls,
      proxy: { url: proxyUrl, credentials },
    });
    closers.push(() => connection.close());
    for (let i = 0; i < 3; i++) {
      expect(await post(server.url, connection)).toMatchObject({ status: 200 });
    }
    expect(seen).toHaveLength(1);
    const [text = ''] = seen;
    expect(text).toMatch(new RegExp(`^CONNECT 127\\.0\\.0\\.1:${server.port} HTTP/1\\.1\r\n`));
    expect(text).toMatch(new RegExp(`^host: 127\\.0\\.0\\.1:${server.port}\r$`, 'im'));
    expect(/^proxy-authorization: (.*)\r$/im.exec(text)?.[1]).toBe(authorization);
    expect(server.seen).toHaveLength(3);
    for (const { headers } of server.seen) {
      expect(headers).not.toHaveProperty('proxy-authorization');
      expect(headers.host).toBe(`127.0.0.1:${server.port}`);
    }
  });

  it('believes no server more because a proxy leads to it [T7]', async () => {
    const { proxyUrl } = await tunnel();
    const server = await startTlsServer({ key: keyPem(own), cert: pems(own) });
    closers.push(() => server.close());
    expect(await refusal(server.url, { proxy: { url: proxyUrl, credentials } })).toMatchObject({
      code: 'TLS_UNTRUSTED',
    });
    expect(server.seen).toEqual([]);
  });

  it.each([
    ['407 No', 'PROXY_REFUSED', 'does not take user "agent"', 'proxy-password'],
    ['401 No', 'PROXY_REFUSED', 'does not take user "agent"', 'proxy-password'],
    ['403 Forbidden', 'PROXY_REFUSED', 'does not connect to ra.example:443', 'CONNECT'],
    ['302 Found', 'PROXY_REFUSED', '(HTTP 302)', 'CONNECT'],
    ['502 Bad Gateway', 'NETWORK_UNREACHABLE', 'does not reach ra.example:443', 'log of the proxy'],
  ])('says when it answers CONNECT by %s [T7]', async (status, code, text, hint) => {
    const { proxyUrl } = await proxied((_text, socket) =>
      socket.write(responseText('<h1>no</h1>', {}, status)),
    );
    expect(
      await refusal('https://ra.example/', { tls, proxy: { url: proxyUrl, credentials } }),
    ).toMatchObject({
      code,
      message: expect.stringContaining(text),
      hint: expect.stringContaining(hint),
    });
  });

  it('puts an IPv6 address into brackets for it', async () => {
    const seen: string[] = [];
    const { proxyUrl } = await proxied((text, socket) => {
      seen.push(text);
      socket.end();
    });
    expect(await refusal('https://[::1]:8443/', { proxy: { url: proxyUrl } })).toMatchObject({
      code: 'NETWORK_UNREACHABLE',
    });
    expect(seen[0]).toMatch(/^CONNECT \[::1\]:8443 /);
  });

  it.each([
    ['closes the connection', (socket: Socket) => socket.end(), 'NETWORK_UNREACHABLE'],
    ['resets the connection', (socket: Socket) => socket.resetAndDestroy(), 'NETWORK_UNREACHABLE'],
    [
      'does not speak HTTP',
      (socket: Socket) => socket.write('SSH-2.0-x\r\n'),
      'NETWORK_UNREACHABLE',
    ],
    ['says nothing', () => {}, 'NETWORK_TIMEOUT'],
    [
      'sends a header without end',
      (socket: Socket) => socket.write(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(100_000)}`),
      'NETWORK_UNREACHABLE',
    ],
  ] as const)('says when it %s in place of an answer [T7]', async (_what, act, code) => {
    const { proxyUrl } = await proxied((_text, socket) => void act(socket));
    expect(
      await refusal('https://ra.example/', { proxy: { url: proxyUrl, credentials } }),
    ).toMatchObject({ code, message: expect.stringContaining(`proxy "${proxyUrl}"`) });
  });

  it('gives the reason of a signal that is aborted before the tunnel stands', async () => {
    const controller = new AbortController();
    const reason = new Error('Ctrl-C');
    const { proxyUrl } = await proxied(() => controller.abort(reason));
    const url = 'https://ra.example/';
    const connection = new Connection(url.slice(0, -1), { proxy: { url: proxyUrl } });
    closers.push(() => connection.close());
    await expect(
      request({
        url,
        method: 'GET',
        connection,
        limits: { connectTimeoutMs: 5000, responseTimeoutMs: 5000, maxBytes: 1000 },
        signal: controller.signal,
      }),
    ).rejects.toBe(reason);
  });
});

describe('parseProxyUrl()', () => {
  it.each([
    ['http://proxy.example:3128', 'http://proxy.example:3128'],
    ['http://proxy.example/', 'http://proxy.example'],
    ['http://[::1]:8080', 'http://[::1]:8080'],
  ])('takes %s', (text, origin) => {
    expect(parseProxyUrl(text)).toBe(origin);
  });

  it.each(['https://proxy.example', 'socks5://proxy.example', 'http://proxy.example/a', 'proxy:1'])(
    'refuses %s',
    (text) => {
      expect(() => parseProxyUrl(text)).toThrow(
        expect.objectContaining({ code: 'CONFIG_INVALID' }),
      );
    },
  );

  it('refuses credentials in it without repeating them', () => {
    expect(() => parseProxyUrl('http://me:s3cret@proxy.example')).toThrow(
      expect.objectContaining({
        code: 'CONFIG_INVALID',
        message: expect.not.stringContaining('s3cret'),
      }),
    );
  });
});
