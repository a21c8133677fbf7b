import { describe, expect, it, onTestFinished } from 'vitest';
import { CertError } from '../../src/base/errors.ts';
import { exchangeOcsp } from '../../src/validation/ocsp-send.ts';
import { isNearOrigin } from '../../src/validation/redirect-place.ts';
import { parseHttpUrl } from '../../src/http/url.ts';
import { onRequest, openHostileServer, responseText } from '../http/hostile-server.ts';

describe('isNearOrigin()', () => {
  it.each([
    'http://127.0.0.1:80/',
    'http://2130706433/',
    'http://0x7f.1/',
    'http://localhost:8080/x',
    'http://any.localhost./',
    'http://0.0.0.0/',
    'http://169.254.169.254/latest/meta-data/',
    'http://[::1]/',
    'http://[::]/',
    'http://[::ffff:127.0.0.1]/',
    'http://[::ffff:169.254.169.254]/',
    'http://[fe80::1]/',
  ])('finds %s near', (url) => {
    expect(isNearOrigin(parseHttpUrl(url).origin)).toBe(true);
  });

  it.each([
    'http://192.0.2.1/',
    'http://ocsp.example/',
    'http://[2001:db8::1]/',
    'http://[::ffff:192.0.2.1]/',
    'http://10.0.0.1/',
  ])('finds %s elsewhere', (url) => {
    expect(isNearOrigin(parseHttpUrl(url).origin)).toBe(false);
  });
});

describe('exchangeOcsp()', () => {
  it.each([
    ['http://169.254.169.254/latest/', 'http://ocsp.example/', 1],
    ['http://127.0.0.1:1/stop', 'http://ocsp.example/', 1],
    ['http://127.0.0.1:1/stop', 'http://localhost/', 2],
    ['http://elsewhere.example/', 'http://ocsp.example/', 2],
  ])('goes to %s from %s in %i steps', async (location, url, steps) => {
    const proxy = await openHostileServer((socket, number) => {
      onRequest(socket, () => {
        const moved = responseText('', { Location: location, Connection: 'close' }, '302 Found');
        socket.end(number === 1 ? moved : responseText('x', { Connection: 'close' }));
      });
    });
    onTestFinished(() => proxy.close());
    const exchange = exchangeOcsp(
      { method: 'GET', url },
      {
        rules: { resolvers: [] },
        maxBytes: 1000,
        signal: new AbortController().signal,
        proxy: { url: `http://127.0.0.1:${proxy.port}` },
      },
    );
    const ends = await exchange.then(
      ({ status }) => status,
      (error: unknown) => (error instanceof CertError ? error.code : error),
    );
    expect([ends, proxy.connections()]).toStrictEqual([steps === 2 ? 200 : 'HTTP_STATUS', steps]);
  });
});
