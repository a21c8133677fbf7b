import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { rootPem } from './certificates.ts';
import { makeBench, type Bench, type Outcome } from './run-cli.ts';

const password = 'pr0xy-s3cret';
const proxy = ['proxy', 'http://proxy.example:3128'];
const credentials = ['proxy-user', 'agent7', 'proxy-password', 'env:PROXY_PASSWORD'];

async function add(bench: Bench, ...more: readonly string[]): Promise<Outcome> {
  const root = join(bench.directory, 'root.pem');
  writeFileSync(root, rootPem);
  return await bench.run(['ca', 'add', 'ra', 'url', 'https://ra.example/', 'root', root, ...more], {
    env: { PROXY_PASSWORD: password },
  });
}

function storedPassword(bench: Bench): Promise<Uint8Array | undefined> {
  return bench.withStore((store) => store.authorities.proxyPassword('ra'));
}

describe('ca add with a proxy', () => {
  it('stores the password of its user, shows it nowhere, and keeps it until it is for nobody', async () => {
    const bench = makeBench();
    expect(await add(bench, ...proxy, ...credentials)).toMatchObject({ code: 0 });
    expect(await storedPassword(bench)).toEqual(utf8(password));
    const shown = await bench.run(['--json', 'ca', 'show', 'ra']);
    expect(shown.out).toContain('agent7');
    expect(shown.out).not.toContain(password);

    await add(bench, ...proxy, 'proxy-user', 'agent7');
    expect(await storedPassword(bench)).toEqual(utf8(password));
    await add(bench, ...proxy);
    expect(await storedPassword(bench)).toBeUndefined();
  });

  it.each([
    ['a user without a proxy', ['proxy-user', 'agent7'], 'USAGE_INVALID'],
    ['a password without a user', [...proxy, ...credentials.slice(2)], 'USAGE_INVALID'],
    ['a proxy that is spoken to in TLS', ['proxy', 'https://proxy.example'], 'CONFIG_INVALID'],
    ['a proxy with a path', ['proxy', 'http://proxy.example/a'], 'CONFIG_INVALID'],
  ])('refuses %s', async (_what, words, code) => {
    const bench = makeBench();
    const { err } = await add(bench, ...words);
    expect(err).toContain(`code: ${code}`);
  });

  it.each(['http://', ''])(
    'refuses credentials in the URL %j without repeating them',
    async (scheme) => {
      const url = `${scheme}agent7:${password}@proxy.example:3128`;
      const { code, err } = await add(makeBench(), 'proxy', url);
      expect(code).toBe(2);
      expect(err).not.toContain(password);
      expect(err).toContain('give proxy-user and proxy-password');
    },
  );

  it.each(['proxy.example:3128', '192.0.2.1:3128', '[2001:db8::1]:3128'])(
    'says how a proxy %s is written',
    async (proxyWithoutScheme) => {
      const { code, err } = await add(makeBench(), 'proxy', proxyWithoutScheme);
      expect(code).toBe(2);
      expect(err).toContain(`hint: Write http://${proxyWithoutScheme}\n`);
    },
  );
});
