import type { Socket } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { Connection } from '../../src/http/connection.ts';
import { request, type HttpRequest, type HttpResponse } from '../../src/http/request.ts';
import {
  onRequest,
  openHostileServer,
  responseText,
  unusedPort,
  type HostileServer,
} from './hostile-server.ts';

const closers: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function serve(answer: Parameters<typeof openHostileServer>[0]): Promise<HostileServer> {
  const server = await openHostileServer(answer);
  closers.push(() => server.close());
  return server;
}

function connect(url: string): Connection {
  const connection = new Connection(new URL(url).origin);
  closers.push(() => connection.close());
  return connection;
}

const limits = { connectTimeoutMs: 2000, responseTimeoutMs: 2000, maxBytes: 1000 };

async function post(url: string, more: Partial<HttpRequest> = {}): Promise<HttpResponse> {
  return await request({
    url,
    method: 'POST',
    headers: { 'content-type': 'application/pkixcmp' },
    body: new Uint8Array(700).fill(0x41),
    limits,
    ...more,
  });
}

function text(response: HttpResponse): string {
  return new TextDecoder().decode(response.body);
}

describe('request()', () => {
  it('sends header and body in one segment, with Content-Length and without Expect [T1]', async () => {
    const segments: string[] = [];
    const server = await serve((socket) => {
      socket.on('data', (chunk: Buffer) => {
        segments.push(chunk.toString('latin1'));
        socket.write(responseText('yes', { 'X-Two': 'words' }));
      });
    });
    const response = await post(`${server.url}a//../b?c=%41`);
    expect({ ...response, body: text(response) }).toEqual({
      status: 200,
      headers: { 'content-length': '3', 'x-two': 'words' },
      body: 'yes',
    });
    expect(segments).toHaveLength(1);
    expect(segments[0]).toMatch(/^POST \/pkix\/a\/\/\.\.\/b\?c=%41 HTTP\/1\.1\r\n/);
    expect(segments[0]).toMatch(/^content-type: application\/pkixcmp\r$/im);
    expect(segments[0]).toMatch(/^content-length: 700\r$/im);
    expect(segments[0]).not.toMatch(/^(?:expect|transfer-encoding):/im);
    expect(segments[0]).toMatch(/\r\n\r\nA{700}$/);
  });

  it('reads a response that comes octet by octet, chunked, after an early hint', async () => {
    const answer = `HTTP/1.1 103 Early Hints\r\n\r\n${responseText(
      '2\r\nye\r\n1\r\ns\r\n0\r\n\r\n',
      {
        'Transfer-Encoding': 'chunked',
      },
    ).replace(/Content-Length: \d+\r\n/, '')}`;
    const server = await serve((socket) => {
      socket.setNoDelay(true);
      onRequest(socket, () => {
        for (const octet of answer) socket.write(octet);
      });
    });
    expect(text(await post(server.url))).toBe('yes');
  });

  it('takes a body that ends with the connection', async () => {
    const server = await serve((socket) => {
      onRequest(socket, () => socket.end('HTTP/1.0 200 OK\r\n\r\nyes'));
    });
    expect(text(await post(server.url))).toBe('yes');
  });

  it('does not follow a redirect [T4]', async () => {
    const server = await serve((socket) => {
      onRequest(socket, () => socket.write(responseText('', { Location: '/b' }, '301 Moved')));
    });
    expect(await post(server.url)).toMatchObject({ status: 301, headers: { location: '/b' } });
    expect(server.connections()).toBe(1);
  });

  it('uses one connection for the requests of a transaction [T1]', async () => {
    const server = await serve((socket) => {
      onRequest(socket, () => socket.write(responseText('yes')));
    });
    const connection = connect(server.url);
    for (let i = 0; i < 5; i++) expect(text(await post(server.url, { connection }))).toBe('yes');
    expect(server.connections()).toBe(1);
  });

  it('keeps the connection of an HTTP/1.0 server that says keep-alive', async () => {
    const server = await serve((socket) => {
      onRequest(socket, () =>
        socket.write(
          responseText('yes', { Connection: 'keep-alive' }).replace('HTTP/1.1', 'HTTP/1.0'),
        ),
      );
    });
    const connection = connect(server.url);
    await post(server.url, { connection });
    await post(server.url, { connection });
    expect(server.connections()).toBe(1);
  });

  it('takes a new connection after Connection: close [T1][T8]', async () => {
    const server = await serve((socket) => {
      // The server says it will close, and does not: nothing may be sent on this connection.
      onRequest(socket, () => socket.write(responseText('yes', { Connection: 'close' })));
    });
    const connection = connect(server.url);
    await post(server.url, { connection });
    await post(server.url, { connection });
    expect(server.connections()).toBe(2);
  });

  it('takes a new connection when the server closed the old one unannounced [T8]', async () => {
    const server = await serve((socket) => {
      onRequest(socket, () => socket.end(responseText('yes')));
    });
    const connection = connect(server.url);
    for (let i = 0; i < 20; i++) expect(text(await post(server.url, { connection }))).toBe('yes');
    expect(server.connections()).toBe(20);
  });

  it('never sends a request twice that may have arrived [T6]', async () => {
    let arrived = 0;
    const server = await serve((socket) => {
      let first = true;
      onRequest(socket, () => {
        arrived += 1;
        if (first && arrived === 1) socket.write(responseText('yes'));
        else socket.destroy();
        first = false;
      });
    });
    const connection = connect(server.url);
    await post(server.url, { connection });
    await expect(post(server.url, { connection })).rejects.toMatchObject({
      code: 'NETWORK_UNREACHABLE',
      hint: expect.stringContaining('may have acted'),
    });
    expect(arrived).toBe(2);
  });

  it('can use a connection again after a failure', async () => {
    const server = await serve((socket, number) => {
      onRequest(socket, () => {
        if (number === 1) socket.resetAndDestroy();
        else socket.write(responseText('yes'));
      });
    });
    const connection = connect(server.url);
    await expect(post(server.url, { connection })).rejects.toMatchObject({
      code: 'NETWORK_UNREACHABLE',
    });
    expect(text(await post(server.url, { connection }))).toBe('yes');
  });

  it('says when nobody listens', async () => {
    const url = `http://127.0.0.1:${await unusedPort()}/pkix/`;
    await expect(post(url)).rejects.toMatchObject({
      code: 'NETWORK_UNREACHABLE',
      message: `Cannot connect to "${url}": connection refused`,
    });
  });

  it('says when there is no such host', async () => {
    await expect(post('http://no-such-host.invalid/')).rejects.toMatchObject({
      code: 'NETWORK_UNREACHABLE',
      message: expect.stringMatching(/host not found|name server/),
    });
  });

  it.each([
    ['before the request', 0],
    ['after the request', 1],
  ])('says when the peer closes %s', async (_when, requests) => {
    const server = await serve((socket) => {
      if (requests === 0) socket.destroy();
      else onRequest(socket, () => socket.end());
    });
    await expect(post(server.url)).rejects.toMatchObject({
      code: 'NETWORK_UNREACHABLE',
      hint: expect.stringContaining('begins with https'),
    });
  });

  it('says when the body ends before its Content-Length', async () => {
    const server = await serve((socket) => {
      onRequest(socket, () => socket.end(responseText('yes', { 'Content-Length': '10' })));
    });
    await expect(post(server.url)).rejects.toMatchObject({ code: 'NETWORK_UNREACHABLE' });
  });

  it('says when the peer does not speak HTTP', async () => {
    const server = await serve((socket) => {
      socket.write('SSH-2.0-OpenSSH_9.2\r\n');
    });
    await expect(post(server.url)).rejects.toMatchObject({
      code: 'NETWORK_UNREACHABLE',
      message: expect.stringContaining('does not speak HTTP'),
    });
  });

  it('says when the peer changes the protocol instead of answering', async () => {
    const server = await serve((socket) => {
      onRequest(socket, () => {
        socket.write(
          'HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n',
        );
      });
    });
    await expect(post(server.url)).rejects.toMatchObject({ code: 'NETWORK_UNREACHABLE' });
  });

  it.each([
    ['is reset', (socket: Socket) => socket.resetAndDestroy(), 'NETWORK_UNREACHABLE'],
    ['falls silent', () => {}, 'NETWORK_TIMEOUT'],
  ] as const)('takes no half of a body without length that %s', async (_, end, code) => {
    const server = await serve((socket) => {
      onRequest(socket, () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\nhalf');
        // Once that much has left, and not before.
        setImmediate(() => end(socket));
      });
    });
    await expect(
      post(server.url, { limits: { ...limits, responseTimeoutMs: 100 } }),
    ).rejects.toMatchObject({ code });
  });

  it('takes the error status of who resets the connection without having read the request [T3]', async () => {
    const server = await serve((socket) => {
      onRequest(socket, () => {
        socket.write('HTTP/1.0 413 Too Large\r\nContent-Length: 100\r\n\r\nhalf', () => {
          socket.resetAndDestroy();
        });
      });
    });
    const response = await post(server.url);
    expect(response).toMatchObject({ status: 413, isCut: true });
    expect('half').toContain(text(response));
  });

  it('says when a server for http is asked in TLS', async () => {
    const server = await serve((socket) => {
      socket.on('data', () => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'));
    });
    const url = server.url.replace('http:', 'https:');
    await expect(post(url)).rejects.toMatchObject({
      code: 'NETWORK_UNREACHABLE',
      message: expect.stringContaining('does not speak TLS'),
      hint: expect.stringContaining('http'),
    });
  });

  it('keeps of a body in small chunks only the body', async () => {
    const octets = 20_000;
    const server = await serve((socket) => {
      onRequest(socket, () => {
        socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
        socket.end(`${'1\r\nx\r\n'.repeat(octets)}0\r\n\r\n`);
      });
    });
    const response = await post(server.url, { limits: { ...limits, maxBytes: octets } });
    expect(text(response)).toBe('x'.repeat(octets));
    expect(response.body.buffer.byteLength).toBe(octets);
  });

  it('says when no response comes in time [T6]', async () => {
    const server = await serve((socket) => {
      socket.resume();
    });
    await expect(
      post(server.url, { limits: { ...limits, responseTimeoutMs: 50 } }),
    ).rejects.toMatchObject({
      code: 'NETWORK_TIMEOUT',
      message: `Cannot get a response from "${server.url}": silence for 50 ms`,
    });
  });

  it('ends a response that trickles at the total timeout [T6]', async () => {
    const server = await serve((socket) => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      const timer = setInterval(() => socket.write('.'), 10);
      socket.on('close', () => clearInterval(timer));
    });
    await expect(
      post(server.url, { limits: { ...limits, totalTimeoutMs: 150 } }),
    ).rejects.toMatchObject({
      code: 'NETWORK_TIMEOUT',
      message: `Cannot get a response from "${server.url}": not complete after 150 ms`,
    });
  });

  it('ends a header that trickles at the total timeout', async () => {
    const server = await serve((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nX: ');
      const timer = setInterval(() => socket.write('.'), 10);
      socket.on('close', () => clearInterval(timer));
    });
    await expect(
      post(server.url, { limits: { ...limits, totalTimeoutMs: 150 } }),
    ).rejects.toMatchObject({ code: 'NETWORK_TIMEOUT' });
  });

  it('refuses an announced body over the limit without reading it', async () => {
    let written = 0;
    const server = await serve((socket) => {
      onRequest(socket, () => {
        socket.write(responseText('', { 'Content-Length': '100000000' }));
        const block = Buffer.alloc(65_536);
        const more = (): void => {
          while (!socket.destroyed && written < 100_000_000) {
            written += block.length;
            if (!socket.write(block)) return;
          }
        };
        socket.on('drain', more);
        more();
      });
    });
    await expect(post(server.url)).rejects.toMatchObject({
      code: 'RESPONSE_TOO_LARGE',
      message: expect.stringContaining('100000000 octets, at most 1000'),
    });
    expect(written).toBeLessThan(50_000_000);
  });

  it('refuses an unannounced body over the limit', async () => {
    const server = await serve((socket) => {
      onRequest(socket, () => socket.write(`HTTP/1.1 200 OK\r\n\r\n${'.'.repeat(1001)}`));
    });
    await expect(post(server.url)).rejects.toMatchObject({ code: 'RESPONSE_TOO_LARGE' });
  });

  it('takes a body of exactly the limit', async () => {
    const server = await serve((socket) => {
      onRequest(socket, () => socket.write(responseText('.'.repeat(1000))));
    });
    expect((await post(server.url)).body).toHaveLength(1000);
  });

  it('refuses a header without end', async () => {
    const server = await serve((socket) => {
      onRequest(socket, () => socket.write(`HTTP/1.1 200 OK\r\nX: ${'.'.repeat(100_000)}`));
    });
    await expect(post(server.url)).rejects.toMatchObject({ code: 'RESPONSE_TOO_LARGE' });
  });

  it('gives the reason of an aborted signal', async () => {
    const reason = new Error('Ctrl-C');
    const controller = new AbortController();
    const server = await serve((socket) => {
      onRequest(socket, () => controller.abort(reason));
    });
    await expect(post(server.url, { signal: controller.signal })).rejects.toBe(reason);
    await expect(post(server.url, { signal: controller.signal })).rejects.toBe(reason);
    expect(server.connections()).toBe(1);
  });
});
