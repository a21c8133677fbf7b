import { request, type IncomingMessage } from 'node:http';
import { connect, type Socket } from 'node:net';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { serveResponses } from '../../src/agent/ocsp-responder.ts';
import type { ServedCrl } from '../../src/agent/served-crls.ts';

const now = new Date('2026-06-15T12:00:00Z');
const path = `/crl/${'ab'.repeat(32)}.crl`;
const der = new Uint8Array(100_000).fill(7);
const crl: ServedCrl = {
  der,
  etag: '"7"',
  thisUpdate: new Date(now.getTime() - 60_000),
  nextUpdate: new Date(now.getTime() + 600_000),
};

interface Serving {
  readonly port: number;
  /** What was looked for. */
  readonly places: readonly string[];
}

async function serve(find: (place: string) => Promise<ServedCrl | undefined>): Promise<Serving> {
  const places: string[] = [];
  const server = await serveResponses(
    { address: '127.0.0.1', port: 0, isOpen: false },
    {
      find: async () => ({ type: 'none', why: 'unauthorized' }),
      now: () => now,
      crl(place) {
        places.push(place);
        return find(place);
      },
    },
  );
  onTestFinished(() => server.close());
  return { port: Number(new URL(server.url).port), places };
}

const only = async (place: string): Promise<ServedCrl | undefined> =>
  place === path ? crl : undefined;

interface Got {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly octets: number;
}

function ask(
  { port }: Serving,
  method: string,
  target: string,
  headers: Readonly<Record<string, string>> = {},
): Promise<Got> {
  return new Promise((resolve, reject) => {
    const options = { host: '127.0.0.1', port, method, path: target, headers, agent: false };
    const asking = request(options, (answer) => {
      let octets = 0;
      answer.on('data', (part: Buffer) => {
        octets += part.length;
      });
      answer.on('end', () =>
        resolve({ status: answer.statusCode ?? 0, headers: answer.headers, octets }),
      );
    });
    asking.on('error', reject).end();
  });
}

describe('the responder, asked for a CRL', () => {
  it('gives it with what caches need to know, and by HEAD only that', async () => {
    const serving = await serve(only);
    const got = await ask(serving, 'GET', path);
    const headers = {
      'content-type': 'application/pkix-crl',
      'content-length': '100000',
      etag: '"7"',
      'last-modified': 'Mon, 15 Jun 2026 11:59:00 GMT',
      expires: 'Mon, 15 Jun 2026 12:10:00 GMT',
      'cache-control': 'max-age=600, public, no-transform, must-revalidate',
    };
    expect(got).toMatchObject({ status: 200, octets: der.length, headers });
    expect(await ask(serving, 'HEAD', path)).toMatchObject({ status: 200, octets: 0, headers });
  });

  it('says so when it is the one that is known already', async () => {
    const serving = await serve(only);
    for (const tag of ['"7"', 'W/"7"', '"1", "7"']) {
      const got = await ask(serving, 'GET', path, { 'if-none-match': tag });
      expect(got).toMatchObject({ status: 304, octets: 0, headers: { etag: '"7"' } });
    }
    expect(await ask(serving, 'GET', path, { 'if-none-match': '"1"' })).toMatchObject({
      status: 200,
    });
  });

  it('has nobody keep one that has ended, or that says of itself no end for long', async () => {
    const { nextUpdate: _, ...endless } = crl;
    for (const [each, seconds] of [
      [{ ...crl, nextUpdate: new Date(now.getTime() - 1) }, 0],
      [endless, 60],
    ] as const) {
      const got = await ask(await serve(async () => each), 'GET', path);
      expect(got.headers['cache-control']).toMatch(new RegExp(`^max-age=${seconds}, `));
    }
  });

  it.each([
    '/crl/',
    '/crl',
    '/crl/../crl.pem',
    '/crl/%2e%2e/%2e%2e/etc/passwd',
    `${path}/`,
    `${path}?x`,
    `${path}%00`,
    path.toUpperCase(),
    path.replace('.crl', ''),
    `/crl/${'x'.repeat(4000)}`,
    'http://crl.example/other.crl',
    'http://',
    'HTTP://127.0.0.1:22/',
  ])('has nothing at %s', async (target) => {
    const got = await ask(await serve(only), 'GET', target);
    // All else is a question to the OCSP responder, and no good one.
    const isOcsp = !/^(?:http:|\/crl\/)/i.test(target) || target.startsWith('/CRL');
    expect(got).toMatchObject(
      isOcsp
        ? { status: 200, headers: { 'content-type': 'application/ocsp-response' } }
        : { status: 404, octets: 0, headers: { 'cache-control': 'no-store' } },
    );
  });

  it('gives it to whoever takes us for a proxy, at its own URL, and goes nowhere for anybody', async () => {
    const url = 'http://crl.example/issuing.crl';
    const serving = await serve(async (place) => (place === url ? crl : undefined));
    expect(await ask(serving, 'GET', url)).toMatchObject({ status: 200, octets: der.length });
    const gone = new Promise<void>((resolve) => {
      const socket = connect(serving.port, '127.0.0.1');
      socket
        .on('close', () => resolve())
        .write('CONNECT crl.example:443 HTTP/1.1\r\nHost: x\r\n\r\n');
    });
    await gone;
    expect(serving.places).toStrictEqual([url]);
  });

  it.each(['POST', 'PUT', 'DELETE', 'OPTIONS'])('takes no %s', async (method) => {
    const serving = await serve(only);
    const got = await ask(serving, method, path);
    expect(got).toMatchObject({ status: 405, headers: { allow: 'GET, HEAD' } });
    expect(serving.places).toStrictEqual([]);
  });

  it('makes of what goes wrong here an error without a word of it', async () => {
    const serving = await serve(() => Promise.reject(new Error('secret detail of the store')));
    expect(await ask(serving, 'GET', path)).toMatchObject({ status: 500, octets: 0 });
  });

  it('has whoever does not take what was asked for make room for others', async () => {
    const large = { ...crl, der: new Uint8Array(16 * 1024 * 1024) };
    const serving = await serve(async () => large);
    const sockets: Socket[] = [];
    const ended = new Set<Socket>();
    onTestFinished(() => {
      for (const socket of sockets) socket.destroy();
    });
    for (let i = 0; i < 65; i += 1) {
      const socket = connect(serving.port, '127.0.0.1');
      socket.on('error', () => {}).on('close', () => ended.add(socket));
      sockets.push(socket);
      socket.write(`GET ${path} HTTP/1.1\r\nHost: x\r\n\r\n`);
      await vi.waitFor(() => expect(serving.places).toHaveLength(i + 1), { interval: 2 });
    }
    const [first] = sockets;
    // What has come so far is there to be read, and then the end.
    first?.resume();
    await vi.waitFor(() => expect([...ended]).toStrictEqual([first]));
    const got = await ask(serving, 'GET', path);
    expect(got).toMatchObject({ status: 200, octets: large.der.length });
  });
});
