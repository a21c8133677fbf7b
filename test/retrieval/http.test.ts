import { createServer as createPlain } from 'node:http';
import { createServer as createSecure } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { HttpRoute } from '../../src/http/route.ts';
import { httpRetriever } from '../../src/retrieval/http.ts';
import { usualLimits, type Credentials, type FileVersion } from '../../src/retrieval/retriever.ts';
import { onRequest, openHostileServer, responseText } from '../http/hostile-server.ts';
import { ders, issueCa, issueTls, keyPem, loopbackNames, pems } from '../http/tls-server.ts';
import { contractFiles, failure, retrieverContract, type Scene, type Traits } from './contract.ts';

const root = issueCa('CN=Files Root,O=Test');
const own = issueTls(root, loopbackNames);

function password(text: string): Credentials {
  return { type: 'password', username: 'agent', password: Buffer.from(text) };
}

function serveFile(incoming: IncomingMessage, response: ServerResponse): void {
  const { authorization } = incoming.headers;
  const expected = `Basic ${Buffer.from('agent:s3cret').toString('base64')}`;
  const file = contractFiles[incoming.url?.slice(1) ?? ''];
  response.statusCode = authorization !== expected ? 401 : file === undefined ? 404 : 200;
  response.end(response.statusCode === 200 ? file : undefined);
}

/** Serves the files of the contract to one user. */
async function serve(scheme: 'http' | 'https', route: HttpRoute): Promise<Scene> {
  const server =
    scheme === 'http'
      ? createPlain(serveFile)
      : createSecure({ key: keyPem(own), cert: pems(own) }, serveFile);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  const at = (port: number): string => `${scheme}://127.0.0.1:${port}/one`;
  return {
    retriever: httpRetriever(route),
    urlOf: (name) => `${scheme}://127.0.0.1:${address.port}/${name}`,
    credentials: password('s3cret'),
    wrong: password('wr0ng-s3cret'),
    missing: 'HTTP_STATUS',
    at,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

const traits: Traits = { network: 'tcp', wrongUser: 'HTTP_STATUS' };

describe('httpRetriever with http', () => {
  retrieverContract(async () => await serve('http', {}), traits);
});

describe('httpRetriever with https', () => {
  retrieverContract(async () => await serve('https', { tls: { anchors: ders(root) } }), traits);
});

async function fetch(answer: string, route: HttpRoute = {}): Promise<Uint8Array> {
  const server = await openHostileServer((socket) =>
    onRequest(socket, () => void socket.end(answer)),
  );
  onTestFinished(() => server.close());
  return await httpRetriever(route).retrieve({
    url: `http://127.0.0.1:${server.port}/ca.crl`,
    limits: { ...usualLimits, maxBytes: 100 },
  });
}

describe('httpRetriever', () => {
  it('does not follow a redirect, and names where it leads without a password', async () => {
    const location = 'http://user:pr1vate@other.example/ca.crl';
    const error = await failure(fetch(responseText('', { Location: location }, '302 Found')));
    expect(error.code).toBe('HTTP_STATUS');
    expect(error.hint).toContain('"http://other.example/ca.crl"');
  });

  it.each([
    ['206 Partial Content', 'HTTP_STATUS'],
    ['204 No Content', 'HTTP_STATUS'],
    ['500 Oops', 'HTTP_STATUS'],
  ])('takes no file from status %s', async (status, code) => {
    expect((await failure(fetch(responseText('x', {}, status)))).code).toBe(code);
  });

  it('refuses a length that is too large before anything comes, and more than that without a length', async () => {
    const announced = 'HTTP/1.1 200 OK\r\nContent-Length: 101\r\n\r\n';
    expect((await failure(fetch(announced))).code).toBe('RESPONSE_TOO_LARGE');
    const endless = `HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n${'x'.repeat(101)}`;
    expect((await failure(fetch(endless))).code).toBe('RESPONSE_TOO_LARGE');
  });

  it('refuses half of a file', async () => {
    const half = 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf';
    expect((await failure(fetch(half))).code).toBe('NETWORK_UNREACHABLE');
  });
});

describe('a file that is held', () => {
  const octets = Uint8Array.of(1, 2, 3);
  const version: FileVersion = { etag: '"v1"', lastModified: 'Sat, 21 Nov 2026 00:00:00 GMT' };

  /** Serve it by its version, unless that is what is held. */
  async function conditional(etag = '"v1"'): Promise<{ url: string; seen: IncomingMessage[] }> {
    const seen: IncomingMessage[] = [];
    const server = createPlain((incoming, response) => {
      seen.push(incoming);
      const isHeld = incoming.headers['if-none-match'] === etag;
      response.writeHead(isHeld ? 304 : 200, { etag, 'last-modified': version.lastModified });
      response.end(isHeld ? undefined : Buffer.from(octets));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    return { url: `http://127.0.0.1:${address.port}/crl`, seen };
  }

  it('is given again when the server says that it has nothing else', async () => {
    const { url, seen } = await conditional();
    const versions: FileVersion[] = [];
    const noteVersion = (one: FileVersion): void => void versions.push(one);
    const retriever = httpRetriever();
    const first = await retriever.retrieve({ url, limits: usualLimits, noteVersion });
    expect(versions).toStrictEqual([version]);
    const held = { octets: first, version };
    const again = await retriever.retrieve({ url, limits: usualLimits, held, noteVersion });
    expect(again).toBe(first);
    expect(versions).toHaveLength(1);
    expect(seen[1]?.headers).toMatchObject({
      'if-none-match': '"v1"',
      'if-modified-since': version.lastModified,
    });
  });

  it('gives way to what the server has in its place', async () => {
    const { url } = await conditional('"v2"');
    const held = { octets: Uint8Array.of(9), version };
    const got = await httpRetriever().retrieve({ url, limits: usualLimits, held });
    expect([...got]).toStrictEqual([1, 2, 3]);
  });

  it('is what a server may speak of, and no other', async () => {
    const server = createPlain((_incoming, response) => void response.writeHead(304).end());
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => void server.close());
    const address = server.address();
    if (address === null || typeof address === 'string') throw new Error('no port');
    const url = `http://127.0.0.1:${address.port}/crl`;
    const error = await failure(httpRetriever().retrieve({ url, limits: usualLimits }));
    expect(error).toMatchObject({ code: 'HTTP_STATUS' });
  });

  it('is not called by a version that is longer than one', async () => {
    const { url } = await conditional(`"${'x'.repeat(300)}"`);
    const versions: FileVersion[] = [];
    const noteVersion = (one: FileVersion): void => void versions.push(one);
    await httpRetriever().retrieve({ url, limits: usualLimits, noteVersion });
    expect(versions).toStrictEqual([{ lastModified: version.lastModified }]);
  });
});
