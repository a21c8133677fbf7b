import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { password, vectorPath } from '../pkcs/vectors.ts';
import { addCa, benchWithCa, openTransaction } from './bench-with-ca.ts';
import { rootPem } from './certificates.ts';
import type { Bench, Outcome } from './run-cli.ts';

/** Write a file and apply it. */
function apply(bench: Bench, text: string, ...more: readonly string[]): Promise<Outcome> {
  const file = join(bench.directory, 'gw.yaml');
  writeFileSync(file, text);
  return bench.run(['config', 'apply', file, ...more], { env: { PSK: 'sesame', PASS: password } });
}

async function shown(bench: Bench): Promise<string> {
  const { code, out, err } = await bench.run(['config', 'show']);
  expect({ code, err }).toStrictEqual({ code: 0, err: '' });
  return out;
}

/** A directory with everything a file may name. */
async function benchWithPlaces(): Promise<Bench> {
  const bench = benchWithCa();
  for (const name of ['service', 'certs']) mkdirSync(join(bench.directory, name));
  const hook = join(bench.directory, 'hook');
  writeFileSync(hook, '#!/bin/sh\nexit 0\n');
  chmodSync(hook, 0o755);
  writeFileSync(join(bench.directory, 'psk'), 'sesame\n');
  writeFileSync(join(bench.directory, 'module.so'), '');
  const words = ['cert', 'import', 'cert-name', 'gw1', 'file', vectorPath('aes-ec.p12')];
  await bench.run([...words, 'password', 'env:PASS'], { env: { PASS: password } });
  return bench;
}

function everything({ directory }: Bench): string {
  return `
ca:
  rootA:
    url: http://ra.example/pkix/
    root: |
      ${rootPem.trim().replaceAll('\n', '\n      ')}
    secret: file:psk
    reference: gw1
    preset: ejbca
    pvno: 3
    time-tolerance: 0
    proxy: http://proxy.example:3128
    proxy-user: gw
    proxy-password: env:PSK
retrieval:
  SFTP://Files.example: { user: gw1, key-file: psk, key-password: prompt, known-hosts: /etc/known }
  ldaps://dir.example: { tls-root: root.pem }
tokens:
  my token: { module: module.so, pin: file:psk }
cert-store: { location: certs, key: reuse, chain-limit: 2 }
retention: { versions: 7, orphan-keys: 31d }
maintenance-windows:
  nights: { cron: 0 2 * * *, duration: 3h, timezone: Europe/Berlin }
certificates:
  gw1:
    key: new
    deploy:
      web:
        key: service/gw1.key
        cert: service/gw1.pem
        mode: 0444
        key-mode: 0o640
        probe: "[::1]:443"
        target: systemd
        unit: web.service
        program: /bin/true
      box: { pkcs12: service/gw1.p12, password: env:PASS }
    hook: { command: [${directory}/hook, --now, "a b"] }
  later:
    auto-update: 30
`;
}

/** A file with a profile of a CA, with more words. */
function profile(words: string): string {
  return `ca: { rootA: { url: "http://ra.example/pkix/"${words} } }\n`;
}

describe('config apply', () => {
  it('makes the store equal to a file, and what config show prints of it changes nothing', async () => {
    const bench = await benchWithPlaces();
    writeFileSync(join(bench.directory, 'root.pem'), rootPem);
    const text = everything(bench).replace('        probe: "[::1]:443"\n', '');
    const first = await apply(bench, text);
    expect(first).toMatchObject({ code: 0, err: '' });
    expect(first.out).toMatch(/^12 changes made: ca\.rootA added, retrieval\.sftp/);
    expect(existsSync(join(bench.directory, 'service/gw1.p12'))).toBe(true);
    const secret = await bench.withStore((store) => store.authorities.secret('rootA'));
    expect(new TextDecoder().decode(secret)).toBe('sesame');

    const again = 'Nothing was changed: all of it is so already\n';
    expect((await apply(bench, text)).out).toBe(again);
    const printed = await shown(bench);
    expect(await apply(bench, printed)).toStrictEqual({ code: 0, out: again, err: '' });
    expect(await shown(bench)).toBe(printed);
    const { out: full } = await bench.run(['config', 'show', 'pem']);
    expect(full).toContain('BEGIN CERTIFICATE');
    expect((await apply(bench, full)).out).toBe(again);
  });

  it('is shown without secrets: where they are, or that they are stored', async () => {
    const bench = await benchWithPlaces();
    writeFileSync(join(bench.directory, 'root.pem'), rootPem);
    await apply(bench, everything(bench).replace('        probe: "[::1]:443"\n', ''));
    const printed = await shown(bench);
    const { directory } = bench;
    for (const line of [
      '    secret: (stored)',
      '    proxy-password: (stored)',
      '    key-password: prompt',
      `    pin: file:${directory}/psk`,
      '        password: env:PASS',
      '        mode: "0444"',
      '  sftp://files.example:22:',
      `  location: ${directory}/certs`,
      '    time-tolerance: 0s',
      `  # gw1: certificate ${directory}/service/gw1.pem, key ${directory}/service/gw1.key`,
    ]) {
      expect(printed).toContain(`${line}\n`);
    }
    expect(printed).toMatch(/ +- sha256:[0-9a-f]{64} # CN=Test Root,O=Test\n/);
    expect(printed).not.toMatch(/sesame|PRIVATE|BEGIN/);
    const json: unknown = JSON.parse((await bench.run(['config', 'show', '--json'])).out);
    expect(json).toMatchObject({
      schemaVersion: 1,
      config: { ca: { rootA: { preset: 'ejbca', pvno: 3 } }, certificates: { later: {} } },
      places: { gw1: { key: `${directory}/service/gw1.key` } },
    });
  });

  it('with dry-run prints the difference and changes nothing', async () => {
    const bench = benchWithCa();
    await apply(bench, 'retention: { history: 7, audit: 500 }\n');
    const text =
      'retention: { history: 8 }\nmaintenance-windows: { n: { cron: 0 2 * * *, duration: 1h } }\n';
    const dry = await apply(bench, text, 'dry-run');
    expect(dry).toStrictEqual({
      code: 0,
      err: '',
      out: [
        '~ retention',
        '    history: 7 -> 8',
        '    audit: 500 -> (none)',
        '+ maintenance-windows.n',
        '    cron: 0 2 * * *',
        '    duration: 1h',
        '    timezone: UTC',
        '2 changes; nothing was changed',
        '',
      ].join('\n'),
    });
    const json: unknown = JSON.parse((await apply(bench, text, '--dry-run', '--json')).out);
    expect(json).toMatchObject({
      dryRun: true,
      changes: [
        { path: ['retention'], type: 'changed' },
        { path: ['maintenance-windows', 'n'], type: 'added' },
      ],
    });
    expect((await apply(bench, text)).out).toContain('2 changes made');
  });

  it('takes away what a section that is there does not name, and leaves other sections alone', async () => {
    const bench = await benchWithPlaces();
    writeFileSync(join(bench.directory, 'root.pem'), rootPem);
    await apply(bench, everything(bench).replace('        probe: "[::1]:443"\n', ''));
    const { code, out, err } = await apply(
      bench,
      'ca: {}\ntokens: {}\nretention: {}\ncertificates: {}\n',
    );
    expect({ code, err }).toStrictEqual({ code: 0, err: '' });
    expect(out).toContain('ca.rootA removed');
    const printed = await shown(bench);
    expect(printed).toContain('ca: {}\n');
    expect(printed).toContain('tokens: {}\n');
    expect(printed).toContain('retention: {}\n');
    expect(printed).toContain('certificates: {}\n');
    expect(printed).toContain('location: ');
    expect(printed).toContain('nights:');
    // Neither certificate, nor key, nor files.
    expect((await bench.run(['show', 'cert', 'gw1'])).code).toBe(0);
    expect(existsSync(join(bench.directory, 'service/gw1.key'))).toBe(true);
    expect(printed).toContain('# gw1: certificate ');
  });

  it('keeps a secret that is not named, changes one that is another, and takes one away that is "none"', async () => {
    const bench = benchWithCa();
    await bench.run(addCa(bench, 'reference', 'gw1', 'secret', 'env:PSK'), { env: { PSK: 'old' } });
    const secret = () =>
      bench.withStore(async (store) => {
        const octets = await store.authorities.secret('rootA');
        return octets && new TextDecoder().decode(octets);
      });
    expect((await apply(bench, profile(', reference: gw1'))).out).toContain('Nothing was changed');
    expect((await apply(bench, profile(', reference: gw1, secret: (stored)'))).out).toContain(
      'Nothing was changed',
    );
    expect(await secret()).toBe('old');
    const dry = await apply(bench, profile(', reference: gw1, secret: env:PSK'), 'dry-run');
    expect(dry.out).toContain('    secret: (stored) -> env:PSK\n');
    await apply(bench, profile(', reference: gw1, secret: env:PSK'));
    expect(await secret()).toBe('sesame');
    await apply(bench, profile(', reference: gw1, secret: none'));
    expect(await secret()).toBeUndefined();
    const missing = await apply(bench, profile(', reference: gw1, secret: (stored)'));
    expect(missing.err).toContain('line 1, ca.rootA.secret: none is stored here');
  });

  it('keeps anchors that are not named, and those a CA may have brought itself', async () => {
    const bench = benchWithCa();
    await bench.run(addCa(bench));
    const roots = () =>
      bench.withStore(async (store) => (await store.authorities.get('rootA'))?.roots.length);
    expect((await apply(bench, profile(''))).out).toContain('Nothing was changed');
    expect((await apply(bench, profile(', trust-capubs: true, root: []'))).code).toBe(0);
    expect(await roots()).toBe(1);
    const { code, err } = await apply(bench, profile(', root: []'));
    expect({ code, err }).toMatchObject({
      code: 3,
      err: expect.stringContaining('line 1, ca.rootA.root: it is missing, and none is stored'),
    });
  });

  it('tells everything that is wrong with places, too, and applies nothing then', async () => {
    const bench = benchWithCa();
    const { code, err, out } = await apply(
      bench,
      `retention: { history: 9 }
ca:
  a:
    url: http://a.example/
    root: nowhere.pem
    secret: file:none
    trust-first-use: yes
    proxy-user: x
  b: { url: http://b.example/, root: http://b.example/root.pem, pbm-owf: sha1, issuer: "" }
tokens: { t: { module: /nowhere.so } }
retrieval: { http://x.example/path: {}, http://y.example: { host-key: SHA256:x } }
maintenance-windows: { n: { cron: 61 * * * *, duration: 1h } }
cert-store: { location: /dev/null }
certificates:
  gw1:
    deploy:
      web: { key: /nowhere/a, cert: /nowhere/a }
      two: { target: nginx }
    hook: { command: [relative] }
`.replace(', issuer: ""', ''),
    );
    expect({ code, out }).toStrictEqual({ code: 3, out: '' });
    const lines = err.split('\n').filter((line) => line.startsWith('details:'));
    const found = lines.map((line) => /^details: (line \d+, [^ ]+):/.exec(line)?.[1]);
    expect(found).toStrictEqual([
      'line 3, ca.a.proxy',
      'line 5, ca.a.root',
      'line 6, ca.a.secret',
      'line 7, ca.a.trust-first-use',
      'line 9, ca.b.root',
      'line 9, ca.b.pbm-owf',
      'line 10, tokens.t',
      'line 11, retrieval.http://x.example/path',
      'line 11, retrieval.http://y.example',
      'line 12, maintenance-windows.n',
      'line 13, cert-store.location',
      'line 17, certificates.gw1.deploy.web',
      'line 18, certificates.gw1.deploy.two',
      'line 19, certificates.gw1.hook.command',
    ]);
    expect(await shown(bench)).toContain('retention: {}\n');
  });

  it('does not remove a CA that a request waits for', async () => {
    const bench = benchWithCa();
    await bench.run(addCa(bench));
    await openTransaction(bench);
    const { code, err } = await apply(bench, 'retention: {history: 5}\nca: {}\n');
    expect(code).toBe(3);
    expect(err).toMatch(
      /line 2, ca: CA profile "rootA" is not in it, and cannot be removed: the request for/,
    );
    expect(await shown(bench)).toContain('retention: {}\n');
  });

  it('reads standard input, and says of a file that it is not there or too large', async () => {
    const bench = benchWithCa();
    const input = 'retention: { history: 5 }\n';
    expect((await bench.run(['config', 'apply', '-'], { input })).out).toBe(
      '1 change made: retention changed\n',
    );
    expect(await bench.run(['config', 'apply', '/nowhere'])).toMatchObject({ code: 3 });
    const large = join(bench.directory, 'large.yaml');
    writeFileSync(large, `#${'x'.repeat(8 * 1_048_576)}`);
    expect((await bench.run(['config', 'apply', large])).err).toContain('it is over 8 MiB');
  });
});

describe('config show', () => {
  it('makes no store to look at, and its answer can be applied', async () => {
    const bench = benchWithCa();
    const printed = await shown(bench);
    expect(printed).toBe('# Nothing is stored yet\n');
    expect(existsSync(bench.state)).toBe(false);
    expect((await apply(bench, printed)).out).toContain('Nothing was changed');
  });
});

describe('config schema', () => {
  it('prints JSON Schema', async () => {
    const { code, out } = await benchWithCa().run(['config', 'schema']);
    expect(code).toBe(0);
    expect(JSON.parse(out)).toMatchObject({ type: 'object', additionalProperties: false });
  });
});
