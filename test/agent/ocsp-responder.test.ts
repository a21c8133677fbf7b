import { request } from 'node:http';
import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { serveResponses, type ResponderSource } from '../../src/agent/ocsp-responder.ts';
import { asBuffer } from '../../src/base/bytes.ts';
import { ocspQuery } from '../../src/revocation/ocsp-query.ts';
import { decodeOcspResponse } from '../../src/x509/ocsp-response.ts';
import { after, ca, leaf, response } from '../revocation/ocsp-made.ts';

const kept = response();
const source: ResponderSource = {
  find: async ({ certId }) =>
    certId.serialNumber === leaf.certificate.tbsCertificate.serialNumber
      ? { type: 'shown', shown: { der: kept, thisUpdate: after(0), until: after(3000) } }
      : { type: 'none', why: 'unauthorized' },
  now: () => after(0),
};

async function serve(changes: Partial<ResponderSource> = {}): Promise<string> {
  const place = { address: '127.0.0.1', port: 0, isOpen: false };
  const server = await serveResponses(place, { ...source, ...changes });
  onTestFinished(() => server.close());
  return server.url;
}

interface Got {
  readonly status: number;
  readonly headers: NodeJS.Dict<string | string[]>;
  readonly body: Buffer;
}

interface Asking {
  readonly method?: string;
  readonly body?: string | Uint8Array;
  readonly headers?: NodeJS.Dict<string>;
}

function ask(url: string, { method = 'GET', body = '', headers = {} }: Asking = {}) {
  return new Promise<Got>((resolve, reject) => {
    const asking = request(url, { method, agent: false, headers }, (answer) => {
      const parts: Buffer[] = [];
      answer.on('data', (part: Buffer) => parts.push(part));
      answer.on('end', () => {
        const { statusCode: status = 0, headers: had } = answer;
        resolve({ status, headers: had, body: Buffer.concat(parts) });
      });
    });
    asking.on('error', reject).end(body);
  });
}

const { certificate } = leaf;
const asked = { certificate, issuer: ca.certificate, hash: 'sha1' } as const;
const statusOf = ({ body }: Got) => decodeOcspResponse(body).responseStatus;

describe('serveResponses()', () => {
  it('gives the octets that are kept, asked by GET and by POST', async () => {
    const url = await serve();
    const query = ocspQuery({ ...asked, url });
    expect(query.http.method).toBe('GET');
    const got = await ask(query.http.url);
    expect(got).toMatchObject({ status: 200, body: asBuffer(kept) });
    expect(got.headers).toMatchObject({ 'content-type': 'application/ocsp-response' });
    const posted = await ask(url, { method: 'POST', body: query.der });
    expect(posted.body).toStrictEqual(asBuffer(kept));
    const ifNoneMatch = String(got.headers['etag']);
    const again = await ask(query.http.url, { headers: { 'if-none-match': ifNoneMatch } });
    expect(again).toMatchObject({ status: 304, body: Buffer.alloc(0) });
  });

  it('reads the path as clients write it: Base64 as it is, or behind two slashes', async () => {
    const url = await serve();
    const base64 = asBuffer(ocspQuery({ ...asked, url }).der).toString('base64');
    for (const path of [base64, `/${base64}`, encodeURIComponent(base64)])
      expect((await ask(`${url}${path}`)).body).toStrictEqual(asBuffer(kept));
  });

  it('says of other certificates that it has no word on them', async () => {
    const url = await serve();
    const query = ocspQuery({ ...asked, certificate: ca.certificate, url });
    const got = await ask(url, { method: 'POST', body: query.der });
    expect(statusOf(got)).toBe('unauthorized');
    expect(got.headers['cache-control']).toBe('no-store');
  });

  it('calls malformed what is no request: nothing, noise, too much, another path', async () => {
    const url = await serve();
    for (const body of ['', 'x', Buffer.alloc(17_000, 0x30)])
      expect(statusOf(await ask(url, { method: 'POST', body }))).toBe('malformedRequest');
    for (const path of ['', 'favicon.ico', '%', '../etc/passwd', 'MAA='])
      expect(statusOf(await ask(`${url}${path}`))).toBe('malformedRequest');
    expect(await ask(url, { method: 'PUT' })).toMatchObject({ status: 405 });
  });

  it('makes of what goes wrong here no answer about a certificate', async () => {
    const url = await serve({
      find: () => Promise.reject(new Error('secret detail of the store')),
    });
    const got = await ask(ocspQuery({ ...asked, url }).http.url);
    expect(got).toMatchObject({ status: 500, body: Buffer.alloc(0) });
  });

  it('stops looking when whoever asked has gone', async () => {
    const begun = Promise.withResolvers<void>();
    const ended = Promise.withResolvers<void>();
    const url = await serve({
      async find(_, signal) {
        signal.addEventListener('abort', () => ended.resolve());
        begun.resolve();
        await ended.promise;
        return { type: 'none', why: 'tryLater' };
      },
    });
    const { der } = ocspQuery({ ...asked, url });
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.write(`POST / HTTP/1.1\r\nHost: x\r\nContent-Length: ${der.length}\r\n\r\n`);
    socket.write(der);
    await begun.promise;
    socket.destroy();
    await expect(ended.promise).resolves.toBeUndefined();
  });
});
