import { X509Certificate } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { gatewayPem, rootPem } from './certificates.ts';
import { makeBench, type Outcome } from './run-cli.ts';
import { serveFiles } from './serve-files.ts';

const root = Buffer.from(rootPem);
const fingerprint = new X509Certificate(root).fingerprint256;
const other = new X509Certificate(gatewayPem).fingerprint256;

async function adding(
  words: (origin: string, local: string) => readonly string[],
): Promise<Outcome> {
  const { origin } = await serveFiles({ '/root.pem': root, '/gw1.pem': Buffer.from(gatewayPem) });
  const bench = makeBench();
  const local = join(bench.directory, 'root.pem');
  writeFileSync(local, root);
  return await bench.run([
    'ca',
    'add',
    'rootA',
    'url',
    'http://ra.example/',
    ...words(origin, local),
  ]);
}

describe('an anchor from the open network', () => {
  it.each(['root', 'cmp-root', 'tls-root', 'server-cert'])(
    'is refused as %s without its fingerprint',
    async (word) => {
      const { code, err } = await adding((origin, local) => [
        ...(word === 'root' ? [] : ['root', local]),
        word,
        `${origin}/root.pem`,
      ]);
      expect({ code, err }).toEqual({
        code: 3,
        err: expect.stringContaining('code: CONFIG_INVALID'),
      });
      expect(err).toContain(`Cannot trust ${word} "http://127.0.0.1:`);
      expect(err).toContain('root-fingerprint');
      // Whoever copies it from here has checked nothing.
      expect(err.toLowerCase()).not.toContain(fingerprint.replaceAll(':', '').toLowerCase());
    },
  );

  it.each([
    ['as openssl prints it', fingerprint],
    ['with its name', `sha256 Fingerprint=${fingerprint}`],
    ['without colons', fingerprint.replaceAll(':', '').toLowerCase()],
    ['as others write it', `SHA256:${fingerprint.replaceAll(':', '')}`],
  ])('is trusted with its fingerprint %s', async (_, text) => {
    expect(
      await adding((origin) => ['root', `${origin}/root.pem`, 'root-fingerprint', text]),
    ).toMatchObject({ code: 0, err: '' });
  });

  it('is refused with the fingerprint of another', async () => {
    const { code, err } = await adding((origin) => [
      'root',
      `${origin}/root.pem`,
      'root-fingerprint',
      other,
    ]);
    expect(code).toBe(3);
    expect(err).toContain('its fingerprint is');
  });

  it('is refused when only one of two has its fingerprint', async () => {
    const { err } = await adding((origin) => [
      'root',
      `${origin}/root.pem`,
      'cmp-root',
      `${origin}/gw1.pem`,
      'root-fingerprint',
      fingerprint,
    ]);
    expect(err).toContain('Cannot trust cmp-root');
  });

  it.each([
    ['SHA-1', 'AB:CD:EF:00:11:22:33:44:55:66:77:88:99:AA:BB:CC:DD:EE:FF:00'],
    ['a path', 'root.pem'],
  ])('takes no fingerprint that is %s', async (_, text) => {
    const { code, err } = await adding((_origin, local) => [
      'root',
      local,
      'root-fingerprint',
      text,
    ]);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('not SHA-256') });
  });
});

describe('an anchor from here', () => {
  it('is refused, too, when it is not the one that was expected', async () => {
    const { err } = await adding((_, local) => ['root', local, 'root-fingerprint', other]);
    expect(err).toContain('it is that of none of the certificates');
  });
});

describe('what is not trusted by itself', () => {
  it('comes by any way: an intermediate', async () => {
    expect(
      await adding((origin, local) => ['root', local, 'intermediate', `${origin}/root.pem`]),
    ).toMatchObject({ code: 0, err: '' });
  });

  it('is taken with a warning where nobody signed it for us: a request', async () => {
    const { origin } = await serveFiles({ '/x.csr': Buffer.from('no request') });
    const words = ['csr', `${origin}/x.csr`, 'cert-name', 'gw1'];
    const { err } = await makeBench().run(['cmp', 'request', ...words]);
    expect(err).toContain('could have put another csr in its place');
  });
});
