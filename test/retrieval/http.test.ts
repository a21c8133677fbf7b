import { createServer as createPlain } from 'node:http';
import { createServer as createSecure } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { HttpRoute } from '../../src/http/route.ts';
import { httpRetriever } from '../../src/retrieval/http.ts';
import { usualLimits, type Credentials } from '../../src/retrieval/retriever.ts';
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
