import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { makeBench, type Bench } from './run-cli.ts';

/** Set up a token whose module is no module, which is found out when it is used. */
async function added(bench: Bench, ...more: readonly string[]): Promise<string> {
  const module = join(bench.directory, 'p11.so');
  writeFileSync(module, 'no module');
  const { code, err } = await bench.run([
    'crypto',
    'token',
    'add',
    'My token',
    'module',
    module,
    ...more,
  ]);
  expect({ code, err }).toEqual({ code: 0, err: '' });
  return module;
}

describe('crypto token', () => {
  it('shows what was added, as text and JSON, and forgets it', async () => {
    const bench = makeBench();
    expect((await bench.run(['crypto', 'token', 'show'])).out).toContain('No token is set up');
    const module = await added(bench, 'pin', 'file:/etc/pin');
    const { out } = await bench.run(['crypto', 'token', 'show']);
    expect(out).toMatch(/My token +\S+p11\.so +file:\/etc\/pin +-\n/);
    expect(JSON.parse((await bench.run(['crypto', 'token', 'show', '--json'])).out)).toEqual({
      schemaVersion: 1,
      tokens: [{ token: 'My token', module, pin: 'file:/etc/pin' }],
    });
    expect((await bench.run(['crypto', 'token', 'remove', 'My token'])).code).toBe(0);
    expect((await bench.run(['crypto', 'token', 'remove', 'My token'])).code).toBe(3);
    expect((await bench.run(['crypto', 'token', 'show'])).out).toContain('No token is set up');
  });

  it('keeps no PIN, and says so without it', async () => {
    const bench = makeBench();
    const module = await added(bench);
    const words = ['crypto', 'token', 'add', 't1', 'module', module, 'pin', 's3cret-4711'];
    const { code, out, err } = await bench.run(words);
    expect(code).toBe(2);
    expect(err).toContain('Cannot keep a PIN');
    expect(out + err).not.toContain('4711');
    expect((await bench.run(['crypto', 'token', 'show'])).out).not.toContain('t1');
  });

  it('refuses a module that is not there', async () => {
    const bench = makeBench();
    const words = ['crypto', 'token', 'add', 't1', 'module', join(bench.directory, 'none.so')];
    expect(await bench.run(words)).toMatchObject({
      code: 3,
      err: expect.stringContaining('FILE_UNREADABLE'),
    });
  });

  it('checks a token by label or URI, and says what is wrong with its module', async () => {
    const bench = makeBench();
    const module = await added(bench);
    for (const token of [
      'My token',
      'pkcs11:token=My%20token',
      `pkcs11:token=t?module-path=${module}`,
    ]) {
      const { code, err } = await bench.run(['crypto', 'token', 'check', token]);
      expect({ code, err }).toEqual({ code: 3, err: expect.stringContaining('CONFIG_INVALID') });
    }
    expect(await bench.run(['crypto', 'token', 'check', 'other'])).toMatchObject({
      code: 3,
      err: expect.stringContaining('its PKCS #11 module is not known'),
    });
  });
});

describe('key-provider', () => {
  const words = ['cert-name', 'gw1', 'subject-name', 'CN=gw1', 'ca-psk', 'R:env:PSK'];

  it.each([
    [['key-provider', 'token=t1', 'key-type', 'p-256'], 'does not begin with "pkcs11:"'],
    [['key-provider', 'pkcs11:id=%01', 'key-type', 'p-256'], 'the id in key-provider'],
    [['key-provider', 'pkcs11:token=t1', 'key-source', 'central'], 'key-source'],
    [['key-provider', 'pkcs11:token=t1', 'key-file', 'x.pem'], 'key-file'],
  ])('is refused as %j', async (more, why) => {
    const { code, err } = await makeBench().run(['cmp', 'initialize', ...words, ...more]);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining(why) });
  });

  it('is not taken together with key-reuse', async () => {
    const update = ['cmp', 'update', 'current-cert', 'gw1', 'key-reuse'];
    const { code, err } = await makeBench().run([...update, 'key-provider', 'pkcs11:token=t1']);
    expect({ code, err }).toEqual({ code: 2, err: expect.stringContaining('key-reuse') });
  });
});
