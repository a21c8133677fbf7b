import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseLabel } from '../../src/base/label.ts';
import { caProfile } from '../../src/settings/ca-profile-defaults.ts';
import { addCa, benchWithCa, der, openTransaction } from './bench-with-ca.ts';
import { rootPem } from './certificates.ts';
import { makeBench } from './run-cli.ts';

describe('ca add', () => {
  it('stores a profile with its defaults and its secret', async () => {
    const bench = benchWithCa();
    const added = await bench.run(addCa(bench, 'reference', 'gw1', 'secret', 'env:PSK'), {
      env: { PSK: 'sesame' },
    });
    expect(added).toEqual({ code: 0, out: 'CA profile "rootA" is added\n', err: '' });
    const [profile, secret] = await bench.withStore(async (store) => [
      await store.authorities.get('rootA'),
      await store.authorities.secret('rootA'),
    ]);
    // The library's defaults are the command's.
    expect(profile).toEqual(
      caProfile({
        label: parseLabel('rootA', 'ca'),
        url: 'http://ra.example/pkix/',
        roots: [der(rootPem)],
        reference: 'gw1',
      }),
    );
    expect(new TextDecoder().decode(secret)).toBe('sesame');
  });

  it('replaces a profile, keeping its reference and secret', async () => {
    const bench = benchWithCa();
    const mine = addCa(bench, 'reference', 'gw1', 'secret', 'env:PSK');
    await bench.run(mine, { env: { PSK: 'sesame' } });
    const replaced = await bench.run(addCa(bench, 'min-poll', '1m', '--json'));
    expect(JSON.parse(replaced.out)).toMatchObject({ ca: { reference: 'gw1' } });
    expect(JSON.parse(replaced.out)).toMatchObject({
      schemaVersion: 1,
      replaced: true,
      ca: { label: 'rootA', minPollSeconds: 60, roots: [{ subject: 'CN=Test Root,O=Test' }] },
    });
    const secret = await bench.withStore((store) => store.authorities.secret('rootA'));
    expect(new TextDecoder().decode(secret)).toBe('sesame');
  });

  it('takes and shows the MAC of requests, which is PasswordBasedMac unless said', async () => {
    const bench = benchWithCa();
    for (const [words, shown] of [
      [[], 'pbm'],
      [['protection', 'pbmac1'], 'pbmac1'],
    ] as const) {
      const { out } = await bench.run(addCa(bench, ...words, '--json'));
      expect(JSON.parse(out)).toMatchObject({ ca: { protection: shown } });
      expect((await bench.run(['ca', 'show', 'rootA'])).out).toMatch(
        `protection            ${shown}`,
      );
    }
  });

  it('warns of a literal secret without repeating it', async () => {
    const bench = benchWithCa();
    const { code, err } = await bench.run(addCa(bench, 'secret', 'sesame'));
    expect(code).toBe(0);
    expect(err).toMatch(/^warning: other users of this machine can see the secret/);
    expect(err).not.toContain('sesame');
  });

  it('reads a root from standard input', async () => {
    const bench = makeBench();
    const argv = ['ca', 'add', 'rootA', 'url', 'https://ra/', 'root', '-'];
    expect(await bench.run(argv, { input: rootPem })).toMatchObject({ code: 0 });
  });

  it.each([
    [
      'a root that is not there',
      ['root', '/nowhere/r.pem'],
      3,
      'Cannot read root "/nowhere/r.pem": no such file',
    ],
    ['a bad distinguished name', ['recipient', 'gw1'], 2, 'Cannot read distinguished name "gw1"'],
    ['sha1 without legacy-algorithms', ['pbm-owf', 'sha1'], 2, 'Cannot use "sha1" as pbm-owf'],
    [
      'a secret that is not there',
      ['secret', 'env:NONE'],
      3,
      'environment variable "NONE": it is not set',
    ],
    [
      'a secret from a file that is not there',
      ['secret', 'file:/none'],
      3,
      'file "/none": no such file',
    ],
    [
      'a secret that is not there, without naming it twice',
      ['secret', 'env:NONE'],
      3,
      'Cannot read the secret from environment',
    ],
    ['a prompt without a terminal', ['secret', 'prompt'], 3, 'from prompt: this is not a terminal'],
    [
      'a systemd credential without systemd',
      ['secret', 'cred:psk'],
      3,
      'CREDENTIALS_DIRECTORY is not set',
    ],
  ])('refuses %s, and stores nothing', async (_, more, code, message) => {
    const bench = benchWithCa();
    const outcome = await bench.run(addCa(bench, ...more));
    expect(outcome.code).toBe(code);
    expect(outcome.err).toContain(message);
    expect(await bench.withStore((store) => store.authorities.list())).toEqual([]);
  });

  it('refuses a file without a certificate', async () => {
    const bench = benchWithCa();
    writeFileSync(join(bench.directory, 'root.pem'), 'hello\n');
    const { code, err } = await bench.run(addCa(bench));
    expect(code).toBe(3);
    expect(err).toContain('as certificate: no "-----BEGIN …-----" block in it');
    expect(err).toContain('hint: Give an X.509 certificate as PEM or DER');
  });
});

describe('ca show and ca remove', () => {
  it('list, show and remove a profile', async () => {
    const bench = benchWithCa();
    await bench.run(addCa(bench, 'reference', 'gw1'));
    expect((await bench.run(['ca', 'show'])).out).toBe(
      'LABEL  URL                      REFERENCE  ROOTS\n' +
        'rootA  http://ra.example/pkix/  gw1            1\n',
    );
    const shown = await bench.run(['ca', 'show', 'rootA']);
    expect(shown.out).toMatch(/^root +CN=Test Root,O=Test, until 2036-11-18T/m);
    expect(shown.out).toMatch(/^deadline +14d$/m);
    expect(await bench.run(['ca', 'remove', 'rootA', '--yes'])).toMatchObject({ code: 0 });
    expect((await bench.run(['ca', 'show'])).out).toContain('There is no CA profile');
    expect(await bench.run(['ca', 'remove', 'rootA'])).toMatchObject({ code: 3 });
    expect(await bench.run(['ca', 'show', 'rootA'])).toMatchObject({ code: 3 });
  });

  it('say whether secrets and a request template are there, and nothing of them', async () => {
    const bench = benchWithCa();
    await bench.run(addCa(bench));
    const bare = await bench.run(['ca', 'show', 'rootA']);
    for (const word of ['secret', 'proxy-password', 'request template']) {
      expect(bare.out).toMatch(new RegExp(`^${word} +none$`, 'm'));
    }
    const proxy = ['proxy', 'http://p.example:1', 'proxy-user', 'u', 'proxy-password', 'env:PWD_P'];
    await bench.run(addCa(bench, 'reference', 'gw1', 'secret', 'env:PSK', ...proxy), {
      env: { PSK: 'sesame', PWD_P: 'poppy' },
    });
    await bench.withStore((store) =>
      store.authorities.putRequestTemplate('rootA', Uint8Array.of(0x30, 0)),
    );
    const { out } = await bench.run(['ca', 'show', 'rootA']);
    for (const word of ['secret', 'proxy-password', 'request template']) {
      expect(out).toMatch(new RegExp(`^${word} +stored$`, 'm'));
    }
    const json = await bench.run(['ca', 'show', 'rootA', '--json']);
    expect(JSON.parse(json.out)).toMatchObject({
      ca: { secret: 'stored', proxyPassword: 'stored', requestTemplate: 'stored' },
    });
    expect(out + json.out).not.toMatch(/sesame|poppy/);
  });

  it('forget a request template, and say when there is none', async () => {
    const bench = benchWithCa();
    const clear = ['clear', 'ca', 'request-template', 'rootA'];
    expect(await bench.run(clear)).toMatchObject({ code: 3 });
    await bench.run(addCa(bench));
    await bench.withStore((store) =>
      store.authorities.putRequestTemplate('rootA', Uint8Array.of(0x30, 0)),
    );
    expect((await bench.run(clear)).out).toBe(
      'Requests to CA "rootA" follow no request template any more\n',
    );
    expect(
      await bench.withStore((store) => store.authorities.requestTemplate('rootA')),
    ).toBeUndefined();
    expect(await bench.run(clear)).toMatchObject({
      code: 0,
      out: 'There is no request template of CA "rootA"\n',
    });
  });

  it('asks before a profile is removed', async () => {
    const bench = benchWithCa();
    await bench.run(addCa(bench));
    const scripted = await bench.run(['ca', 'remove', 'rootA']);
    expect(scripted).toMatchObject({ code: 2 });
    expect(scripted.err).toContain('Cannot remove CA profile "rootA" unasked');
    const asked = await bench.run(['ca', 'remove', 'rootA'], { isTTY: true, input: 'n\n' });
    expect(asked).toMatchObject({ code: 0, out: 'Nothing was changed\n' });
    expect((await bench.run(['ca', 'show', 'rootA'])).code).toBe(0);
  });

  it('keeps --state in the command line that a hint gives', async () => {
    const bench = makeBench();
    const { err } = await bench.run(['ca', 'show', 'rootA', '--state', '/tmp/my state']);
    expect(err).toContain("hint: See certkeeper ca show --state '/tmp/my state'\n");
    expect(err).toContain('state: /tmp/my state\n');
  });

  it('does not remove a profile a request waits for', async () => {
    const bench = benchWithCa();
    await bench.run(addCa(bench));
    await openTransaction(bench);
    const { code, err } = await bench.run(['ca', 'remove', 'rootA']);
    expect(code).toBe(3);
    expect(err).toContain('Cannot remove CA profile "rootA": the request for "gw1" waits for it');
    expect(err).toContain('or close it with clear cmp cert-name gw1\n');
  });
});
