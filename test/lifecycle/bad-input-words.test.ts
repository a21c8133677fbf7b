import { mkdirSync } from 'node:fs';
import { beforeEach, describe, expect, it } from 'vitest';
import type { ExitCode } from '../../src/base/errors.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { issue } from '../harness/certificates.ts';
import { asking, expectOneError, initialize, makeDesk, type Desk } from './desk.ts';

let desk: Desk;
beforeEach(async () => {
  desk = makeDesk();
  // Nobody listens there, and nobody is to be asked.
  await desk.addCa('http://127.0.0.1:9/pkix/');
});

/** Run a command line that is refused before anything happens. */
async function refused(
  argv: string | readonly string[],
  exitCode: ExitCode,
  env?: Readonly<Record<string, string>>,
): Promise<string> {
  const before = desk.dump();
  const outcome = await desk.run(argv, env);
  expectOneError(outcome, exitCode);
  expect(desk.dump()).toEqual(before);
  return outcome.err;
}

describe('a name', () => {
  it.each([
    '../gw1',
    'certs/gw1',
    '/etc/passwd',
    '.',
    '..',
    '.hidden',
    '-gw1',
    '_gw1',
    '',
    ' ',
    'gw 1',
    'gw1\n',
    'gw1\0',
    'gw1\u001b[2J',
    'g\u00e4teway',
    'g'.repeat(65),
    'gw1/',
    'gw1\\x',
    'gw1:x',
    '*',
  ])('is not %j', async (name) => {
    const err = await refused(asking({ 'cert-name': name }), 2);
    expect(err).toContain('as cert-name: not a name');
    expect(err).toContain('hint: Start with a letter or digit, then up to 63');
  });

  it('is told to be none wherever a name is taken', async () => {
    for (const line of [
      'cmp poll current-cert ../x',
      'cmp update current-cert ../x',
      'cmp enroll current-cert ../x key-type p-256 cert-name y subject-name CN=y',
      'cmp initialize key-type p-256 cert-name y subject-name CN=y ca-root ../x',
      'cmp initialize key-type p-256 cert-name y subject-name CN=y signer-cert ../x',
      'clear cmp cert-name ../x --yes',
      'show cert ../x',
      'cert import cert-name ../x file /dev/null',
      'cert import cert-name x file /dev/null ca-root ../x',
      'certificate name ../x pem url /dev/null',
      'no certificate name ../x --yes',
      'cert track cert-name ../x file /dev/null',
      'cert export ../x',
      'cert remove ../x --yes',
      'cert restore ../x',
      'cert move ../x ca-root y',
      'cert move x ca-root ../x',
      'cert key ../x reuse',
      'cert deploy cert-name ../x key /srv/key',
      'cert deploy cert-name x to ../x key /srv/key',
      'cert hook cert-name ../x command /bin/true',
      'hook test ../x',
      'crypto keygen key-type p-256 id-type fqdn id a.example subject-name CN=a cert-name ../x',
      'ca show ../x',
      'ca remove ../x --yes',
    ]) {
      const err = await refused(line, 2);
      expect(err).toContain('Cannot use "../x" as ');
    }
  });
});

describe('a subject', () => {
  it.each([
    ['gw1', 'gw1'],
    ['CN', 'CN'],
    ['CN=', 'CN='],
    ['=gw1', '=gw1'],
    ['CN=gw1,', 'CN=gw1,'],
    [',CN=gw1', ',CN=gw1'],
    ['CN=gw1,,O=Test', 'CN=gw1,,O=Test'],
    ['XYZZY=gw1', 'XYZZY'],
    ['CN=gw1\\', 'CN=gw1'],
    ['CN=#zz', '#zz'],
    ['CN=#0c0', '#0c0'],
    ['CN="gw1', 'CN='],
    ['C=Germany', 'Germany'],
    ['/O=Test/gw1', '"gw1" is not TYPE=VALUE'],
    ['CN=gw1\0', 'CN=gw1'],
  ])('is not %j', async (name, said) => {
    const err = await refused(asking({ 'subject-name': name }), 2);
    expect(err).toContain(said);
  });

  it.each([
    'dns:',
    'dns:a b',
    'dns:gw..example',
    `dns:${'g'.repeat(64)}.example`,
    'ip:300.1.1.1',
    'ip:10.0.0',
    'ip:fe80::1%eth0',
    'email:gw1',
    'uri:gw1',
    'gw1.example',
    'foo:bar',
  ])('has no other name %j', async (san) => {
    const err = await refused(asking({ san }), 2);
    expect(err).toContain(JSON.stringify(san.replace(/^\w+:/, '')).slice(1, -1));
  });
});

describe('what is named but not there', () => {
  it.each([
    [asking({ 'ca-root': 'other' }), 'Cannot find CA "other": known are "mock"'],
    [asking({ 'signer-cert': 'vendor' }), 'Cannot sign with "vendor": no such certificate'],
    ['cmp update current-cert gw1', 'Cannot find certificate "gw1"'],
    ['cmp enroll current-cert gw1 key-type p-256 cert-name x subject-name CN=x', '"gw1"'],
    ['cmp poll current-cert gw1', 'Cannot poll for "gw1": nothing is outstanding for it'],
    ['show cert gw1', '"gw1"'],
    ['ca show other', '"other"'],
    ['ca remove other --yes', '"other"'],
  ])('is refused: %j', async (line, said) => {
    expect(await refused(line, 3)).toContain(said);
  });

  it('is a CA when there is none at all', async () => {
    await desk.run('ca remove mock --yes');
    expect(await refused(initialize, 3)).toContain('none is set up');
  });
});

describe('a word', () => {
  it.each([
    [[...initialize, 'modulus', '2048'], 'exclude each other'],
    [[...initialize, 'cert-name', 'gw2'], 'cert-name is given twice'],
    [[...initialize, 'wait', 'soon'], '"soon" as wait'],
    [[...initialize, 'wait', '-1s'], '"-1s" as wait'],
    [[...initialize, 'wait', '60'], 'the unit is missing'],
    [[...initialize, 'wait'], 'the value of wait is missing'],
    [[...initialize, 'colour', 'green'], '"colour" is not one of its parameters'],
    [[...initialize, '--colour', 'green'], '"--colour" is not one of its parameters'],
    [asking({ 'key-type': 'dsa' }), '"dsa" as key-type'],
    [asking({ 'ca-url': 'ra.example' }), '"ra.example" as ca-url: not a URL'],
    [asking({ 'ca-url': 'ftp://ra.example/' }), 'neither http nor https'],
    [asking({ 'ca-url': 'http://' }), 'not a URL'],
    [asking({ 'ca-url': 'http://127.0.0.1:99999/' }), 'not a URL'],
    ['cmp initialize modulus 512 cert-name gw1 subject-name CN=gw1', '"512" as modulus'],
    ['cmp initialize modulus 2047 cert-name gw1 subject-name CN=gw1', '"2047" as modulus'],
    ['cmp initialize modulus many cert-name gw1 subject-name CN=gw1', '"many" as modulus'],
    ['cmp initialize cert-name gw1 subject-name CN=gw1', 'key'],
    [
      'cmp initialize key-type p-256',
      'cert-name and one of subject-name, no-subject, csr are missing',
    ],
    ['cmp initialise key-type p-256', 'initialise'],
    ['cmp init', 'hint: Did you mean "cmp initialize"?'],
    ['cmp poll gw1', 'hint: Did you mean "current-cert gw1"?'],
    ['cmp update gw1', 'hint: Did you mean "current-cert gw1"?'],
    ['cmp initialize subject-name CN=gw1, O=Test', 'hint: Put a name with spaces in quotes'],
    ['frobnicate', 'frobnicate'],
  ])('that cannot be is refused: %j', async (line, said) => {
    expect(await refused(line, 2)).toContain(said);
  });

  it.each(['http://user:hunter2@127.0.0.1/', 'http://hunter2@127.0.0.1/'])(
    'with a password in it is refused and not repeated: %s',
    async (url) => {
      const err = await refused(asking({ 'ca-url': url }), 2);
      expect(err).not.toContain('hunter2');
    },
  );
});

describe('a secret', () => {
  it.each([
    ['file:/nonexistent/psk', 'no such file', 3],
    ['file:/', 'it is a directory', 3],
    ['file:', 'nothing follows "file:"', 2],
    ['env:NOT_SET', 'it is not set', 3],
    ['env:EMPTY', 'it is empty', 3],
    ['cred:psk', 'CREDENTIALS_DIRECTORY is not set', 3],
    ['cred:../psk', 'not a path', 2],
    ['prompt', 'this is not a terminal', 3],
    [':env:CMP_SECRET', 'the reference value before ":" is empty', 2],
  ] as const)('cannot be had from %s', async (source, said, exitCode) => {
    expect(await refused(asking({ 'ca-psk': source }), exitCode, { EMPTY: '' })).toContain(said);
  });

  it('that is missing is asked for', async () => {
    await desk.addCa('http://127.0.0.1:9/pkix/');
    const words = ['ca', 'add', 'bare', 'url', 'http://127.0.0.1:9/', 'root'];
    expect((await desk.run([...words, desk.path('root.pem')])).code).toBe(0);
    const err = await refused(asking({ 'ca-root': 'bare' }), 3);
    expect(err).toContain('Cannot protect a request to "bare": no shared secret is known');
  });
});

describe('a file', () => {
  it.each([
    ['no such file', () => desk.path('missing.pem')],
    ['it is a directory', () => desk.directory],
    ['it is empty', () => desk.write('empty.pem', '')],
    ['over 4 MiB', () => '/dev/zero'],
    ['as certificate', () => desk.write('text.pem', 'Not a certificate\n')],
    ['as certificate', () => desk.write('noise.der', Uint8Array.of(0x30, 0x82, 0xff, 0xff, 1))],
    ['it has no end line', () => desk.write('cut.pem', '-----BEGIN CERTIFICATE-----\nMIIB\n')],
    [
      'it is not base64',
      () => desk.write('bad.pem', '-----BEGIN CERTIFICATE-----\n%%%\n-----END CERTIFICATE-----\n'),
    ],
    ['"-----BEGIN CERTIFICATE-----"', () => desk.write('key.pem', pem('PRIVATE KEY', 'MAA='))],
  ])('of a root is refused when %s', async (said, make) => {
    const path = make();
    const words = ['ca', 'add', 'x', 'url', 'http://127.0.0.1:9/', 'root', path];
    const err = await refused(words, 3);
    expect(err).toContain(said);
    expect(err).toContain(JSON.stringify(path));
  });

  it('of a root that is no CA is taken with a warning', async () => {
    const leaf = issue({ subject: 'CN=leaf,O=Test', issuer: desk.root }).certificate;
    const path = desk.write('leaf.der', certificateDer(leaf));
    const { code, err } = await desk.run(['ca', 'add', 'x', 'url', 'http://a/', 'root', path]);
    expect(code).toBe(0);
    expect(err).toContain('warning: "CN=leaf,O=Test" is not marked as a CA');
    const right = ['ca', 'add', 'y', 'url', 'http://a/', 'root', desk.path('root.pem')];
    expect((await desk.run(right)).err).toBe('');
  });

  it.each([
    ['no such file', () => desk.path('missing.key')],
    ['it is a directory', () => desk.directory],
    ['over 4 MiB', () => '/dev/zero'],
    ['found a certificate', () => desk.path('root.pem')],
    ['found no "-----BEGIN', () => desk.write('text.key', 'no key\n')],
    ['found DER', () => desk.write('key.der', Uint8Array.of(0x30, 3, 2, 1, 0))],
    ['does not decode', () => desk.write('bad.key', pem('PRIVATE KEY', 'MAA='))],
    ['it is encrypted', () => desk.write('enc.key', pem('ENCRYPTED PRIVATE KEY', 'MAA='))],
  ])('of a key is refused when %s', async (said, make) => {
    const path = make();
    const words = [
      'cmp',
      'initialize',
      'key-file',
      path,
      'cert-name',
      'gw1',
      'subject-name',
      'CN=x',
    ];
    const err = await refused(words, 3);
    expect(err).toContain(said);
    expect(err).toContain(JSON.stringify(path));
  });

  it('does not stand where the cert-store location shall be', async () => {
    const path = desk.write('file', 'x');
    expect(await refused(['cmp', 'cert-store', 'location', path], 3)).toContain('not a directory');
    mkdirSync(desk.path('there'));
    expect((await desk.run(['cmp', 'cert-store', 'location', desk.path('there')])).code).toBe(0);
  });
});

function pem(label: string, base64: string): string {
  return `-----BEGIN ${label}-----\n${base64}\n-----END ${label}-----\n`;
}
