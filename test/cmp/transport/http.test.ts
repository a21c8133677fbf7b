import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { afterEach, describe, expect, it } from 'vitest';
import { MAX_RESPONSE_OCTETS, openHttpTransport } from '../../../src/cmp/transport/http.ts';
import { transportContract } from './transport-contract.ts';

interface Seen {
  readonly method: string | undefined;
  readonly url: string | undefined;
  readonly contentType: string | undefined;
  readonly body: Uint8Array;
}

interface CmpServer {
  readonly url: string;
  readonly seen: readonly Seen[];
  connections(): number;
  close(): Promise<void>;
}

type Answer = (response: ServerResponse, seen: Seen) => void | Promise<void>;

async function serve(answer: Answer): Promise<CmpServer> {
  const seen: Seen[] = [];
  let connections = 0;
  const server = createServer((req, res) => {
    void read(req).then(async (body) => {
      const one = {
        method: req.method,
        url: req.url,
        contentType: req.headers['content-type'],
        body,
      };
      seen.push(one);
      await answer(res, one);
    });
  });
  server.on('connection', () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  const port = address === null || typeof address === 'string' ? 0 : address.port;
  return {
    url: `http://127.0.0.1:${port}/pkix/`,
    seen,
    connections: () => connections,
    async close() {
      server.closeAllConnections();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}

async function read(req: IncomingMessage): Promise<Uint8Array> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of req) if (chunk instanceof Uint8Array) chunks.push(chunk);
  return Uint8Array.from(Buffer.concat(chunks));
}

const timeouts = { connectTimeoutMs: 2000, responseTimeoutMs: 5000 };

transportContract('the HTTP transport', async (peer) => {
  const server = await serve(async (res, { body }) => {
    const answer = await peer(body);
    if (answer === undefined) return;
    res.writeHead(200, { 'Content-Type': 'application/pkixcmp', 'Content-Length': answer.length });
    res.end(answer);
  });
  return {
    transport: openHttpTransport({ url: server.url, ...timeouts }),
    close: () => server.close(),
  };
});

describe('openHttpTransport()', () => {
  const closers: (() => Promise<void>)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0).toReversed()) await close();
  });

  const message = Uint8Array.of(0x30, 0x03, 0x02, 0x01, 0x02);

  async function open(
    answer: Answer,
    path?: string,
  ): Promise<{ server: CmpServer; exchange: () => Promise<Uint8Array> }> {
    const server = await serve(answer);
    const url = path === undefined ? server.url : new URL(server.url).origin + path;
    const transport = openHttpTransport({ url, ...timeouts });
    closers.push(
      () => server.close(),
      () => transport.close(),
    );
    return { server, exchange: () => transport.exchange(message) };
  }

  async function answering(
    status: number,
    headers: Readonly<Record<string, string>>,
    body: Uint8Array | string,
  ): Promise<Uint8Array> {
    const { exchange } = await open((res) => {
      res.writeHead(status, headers);
      res.end(body);
    });
    return await exchange();
  }

  const pkixcmp = { 'Content-Type': 'application/pkixcmp' };

  it.each([
    '/',
    '/ejbca/publicweb/cmp/ALIAS',
    '/.well-known/cmp',
    '/.well-known/cmp/p/name/initialization',
    '/pkix//../a/?x=%7e',
  ])('posts application/pkixcmp to %s as it is configured [T1][T5]', async (path) => {
    const { server, exchange } = await open((res) => {
      res.writeHead(200, pkixcmp);
      res.end(message);
    }, path);
    await exchange();
    expect(server.seen).toEqual([
      { method: 'POST', url: path, contentType: 'application/pkixcmp', body: message },
    ]);
  });

  it('uses one connection for a transaction', async () => {
    const { server, exchange } = await open((res) => {
      res.writeHead(200, pkixcmp);
      res.end(message);
    });
    for (let i = 0; i < 3; i++) await exchange();
    expect(server.connections()).toBe(1);
  });

  it.each([
    'application/pkixcmp',
    'Application/PKIXCMP; charset=binary',
    'application/pkixcmp ;x=y',
    'application/pkixcmp-poll',
  ])('takes a response of type %s [T2]', async (type) => {
    expect([...(await answering(200, { 'Content-Type': type }, message))]).toEqual([...message]);
  });

  it.each([201, 202, 400, 404, 418, 500, 503])(
    'takes the PKIMessage of an HTTP %i [T3]',
    async (status) => {
      expect([...(await answering(status, pkixcmp, message))]).toEqual([...message]);
    },
  );

  it.each([
    [404, { 'Content-Type': 'text/html' }, '<h1>Not found</h1>', 'HTTP 404', 'Not found'],
    [500, {}, '', 'HTTP 500', 'empty body'],
    [500, pkixcmp, '', 'HTTP 500', 'empty body'],
    [503, { 'Content-Type': 'text/plain' }, 'busy', 'HTTP 503', 'busy'],
    [204, {}, '', 'HTTP 204', 'empty body'],
    [202, { 'Content-Type': 'text/plain' }, 'later', 'HTTP 202', 'later'],
  ])('says HTTP_STATUS for %i %j %j [T3]', async (status, headers, body, code, text) => {
    await expect(answering(status, headers, body)).rejects.toMatchObject({
      code: 'HTTP_STATUS',
      message: expect.stringMatching(new RegExp(`${code}, .*${text}`)),
    });
  });

  it.each([
    '<center>The plain HTTP request was sent to HTTPS port</center>',
    "Reason: You're speaking plain HTTP to an SSL-enabled server port.<br />",
  ])('hints at https where the answer is %j', async (body) => {
    await expect(answering(400, { 'Content-Type': 'text/html' }, body)).rejects.toMatchObject({
      code: 'HTTP_STATUS',
      hint: expect.stringContaining('https'),
    });
  });

  it.each([301, 302, 303, 307, 308])(
    'follows no HTTP %i, even with a PKIMessage, and quotes its Location [T4]',
    async (status) => {
      const headers = { ...pkixcmp, Location: 'https://elsewhere.example/cmp' };
      await expect(answering(status, headers, message)).rejects.toMatchObject({
        code: 'HTTP_STATUS',
        message: expect.stringContaining(
          `HTTP ${status}, Location "https://elsewhere.example/cmp"`,
        ),
        hint: expect.stringContaining('not followed'),
      });
    },
  );

  it.each([
    [{ 'Content-Type': 'text/html; charset=utf-8' }, '<html>Log in', '<html>Log in'],
    [{ 'Content-Type': 'text/plain' }, message, 'Content-Type "text/plain"'],
    [{ 'Content-Type': 'application/pkixcmpx' }, message, 'application/pkixcmpx'],
    [{}, message, 'no Content-Type'],
    [pkixcmp, '', 'empty body'],
  ])('says HTTP_CONTENT_TYPE for 200 with %j [T2]', async (headers, body, part) => {
    await expect(answering(200, headers, body)).rejects.toMatchObject({
      code: 'HTTP_CONTENT_TYPE',
      message: expect.stringContaining(part),
    });
  });

  it('takes no PKIMessage that was cut, whatever the status [T3]', async () => {
    const { exchange } = await open((res) => {
      res.writeHead(500, { ...pkixcmp, 'Content-Length': 100 });
      res.write(message, () => res.socket?.resetAndDestroy());
    });
    await expect(exchange()).rejects.toMatchObject({ code: 'HTTP_STATUS' });
  });

  it('repeats at most 80 printable characters of a foreign body', async () => {
    const body = `\u001B[2J\u0007"${'x'.repeat(500)}`;
    await expect(answering(200, { 'Content-Type': 'text/html' }, body)).rejects.toMatchObject({
      message: expect.stringMatching(/body begins "\.\[2J\.\.x{74}"$/),
    });
  });

  it('reads MAX_RESPONSE_OCTETS and not one more', async () => {
    const whole = new Uint8Array(MAX_RESPONSE_OCTETS);
    expect((await answering(200, pkixcmp, whole)).length).toBe(MAX_RESPONSE_OCTETS);
    const { server, exchange } = await open((res) => {
      res.writeHead(200, pkixcmp);
      res.write(whole);
      res.end('.');
    });
    await expect(exchange()).rejects.toMatchObject({ code: 'RESPONSE_TOO_LARGE' });
    expect(server.seen).toHaveLength(1);
  });

  it('limits the whole exchange by both timeouts together [T6]', async () => {
    const server = await serve((res) => {
      res.writeHead(200, pkixcmp);
      const timer = setInterval(() => res.write('.'), 10);
      res.on('close', () => clearInterval(timer));
    });
    const transport = openHttpTransport({
      url: server.url,
      connectTimeoutMs: 50,
      responseTimeoutMs: 100,
    });
    closers.push(
      () => server.close(),
      () => transport.close(),
    );
    await expect(transport.exchange(message)).rejects.toMatchObject({
      code: 'NETWORK_TIMEOUT',
      message: expect.stringContaining('150 ms'),
    });
  });

  it('refuses a URL that is not plain http or https at once', () => {
    expect(() => openHttpTransport({ url: 'ftp://ra.example/', ...timeouts })).toThrow(
      expect.objectContaining({ code: 'CONFIG_INVALID' }),
    );
  });
});
