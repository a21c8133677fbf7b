import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join, relative as nodeRelative } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readPkcs12 } from '../../src/pkcs/pkcs12.ts';
import { password, vectorPath } from '../pkcs/vectors.ts';
import { makeBench, type Bench } from './run-cli.ts';

interface DeployBench extends Bench {
  /** A directory for files of a service. */
  readonly service: string;
}

/** A store with an imported certificate, and a directory of a service. */
async function makeDeployBench(): Promise<DeployBench> {
  const bench = makeBench();
  const words = ['cert', 'import', 'cert-name', 'gw1', 'file', vectorPath('aes-ec.p12')];
  const { code } = await bench.run([...words, 'password', 'env:PASS'], { env: { PASS: password } });
  expect(code).toBe(0);
  const service = join(bench.directory, 'service');
  mkdirSync(service);
  return { ...bench, service };
}

function deploy({ service }: DeployBench, ...more: readonly string[]): readonly string[] {
  const files = ['key', join(service, 'gw1.key'), 'fullchain', join(service, 'gw1.pem')];
  return ['cert', 'deploy', 'cert-name', 'gw1', 'to', 'web', ...files, ...more];
}

function script({ directory }: Bench, text: string): string {
  const path = join(directory, 'hook');
  writeFileSync(path, `#!/bin/sh\n${text}\n`);
  chmodSync(path, 0o755);
  return path;
}

describe('cert deploy', () => {
  it('writes the files, says where, and show cert repeats what was set', async () => {
    const bench = await makeDeployBench();
    const { code, out, err } = await bench.run(deploy(bench, 'key-mode', '640', 'mode', '444'));
    expect({ code, err }).toEqual({ code: 0, err: '' });
    const key = join(bench.service, 'gw1.key');
    const pem = join(bench.service, 'gw1.pem');
    expect(out).toBe(`Certificate "gw1" is deployed: ${key}, ${pem}\n`);
    expect(statSync(key).mode & 0o777).toBe(0o640);
    const shown = (await bench.run(['show', 'cert', 'gw1'])).out;
    expect(shown).toContain('deployed to  web: deployed\n');
    expect(shown).toMatch(new RegExp(`^ +key ${key}$`, 'm'));
    expect(shown).toMatch(/^ +mode 444 key-mode 640$/m);
    const json: unknown = JSON.parse((await bench.run(['show', 'cert', 'gw1', '--json'])).out);
    expect(json).toMatchObject({
      certificate: {
        deployments: [{ to: 'web', state: 'deployed', files: { key }, keyMode: '640' }],
        hookRuns: [],
      },
    });
  });

  it('with the name alone writes them again', async () => {
    const bench = await makeDeployBench();
    await bench.run(deploy(bench));
    writeFileSync(join(bench.service, 'gw1.pem'), 'damaged');
    expect((await bench.run(['cert', 'deploy', 'cert-name', 'gw1'])).code).toBe(0);
    expect(statSync(join(bench.service, 'gw1.pem')).size).toBeGreaterThan(100);
  });

  it('with later only stores what is said', async () => {
    const bench = await makeDeployBench();
    const { code, out } = await bench.run(deploy(bench, 'later'));
    expect({ code, out }).toEqual({
      code: 0,
      out: 'Deployment "web" of "gw1" is stored; it counts from the next delivery on\n',
    });
    expect(existsSync(join(bench.service, 'gw1.pem'))).toBe(false);
    expect((await bench.run(['cmp', 'poll', 'current-cert', 'gw1'])).out).toContain(
      'its files are written now',
    );
  });

  it('is undone by no cert deploy, which leaves the files', async () => {
    const bench = await makeDeployBench();
    await bench.run(deploy(bench));
    const undo = ['no', 'cert', 'deploy', 'cert-name', 'gw1'];
    expect((await bench.run([...undo, 'to', 'web'])).out).toBe(
      '"gw1" is not deployed to "web" any more; files already written stay\n',
    );
    expect(existsSync(join(bench.service, 'gw1.key'))).toBe(true);
    expect((await bench.run(undo)).out).toBe('No deployment of "gw1" was set\n');
    expect((await bench.run(['show', 'cert', 'gw1'])).out).not.toContain('deployed to');
  });

  it('forgets one of two, whatever becomes of the other', async () => {
    const bench = await makeDeployBench();
    const { service } = bench;
    const deployTo = (to: string): Promise<unknown> =>
      bench.run(['cert', 'deploy', 'cert-name', 'gw1', 'to', to, 'der', join(service, to)]);
    for (const to of ['a', 'b', 'c']) await deployTo(to);
    const forget = async (to: string): Promise<unknown> =>
      await bench.run(['no', 'cert', 'deploy', 'cert-name', 'gw1', 'to', to]);
    rmSync(join(service, 'c'));
    symlinkSync(join(service, 'elsewhere'), join(service, 'c'));
    expect((await bench.run(['cert', 'deploy', 'cert-name', 'gw1'])).code).toBe(10);
    expect(await forget('a')).toMatchObject({
      code: 0,
      out: '"gw1" is not deployed to "a" any more; files already written stay\n',
      err: expect.stringContaining('warning: Cannot deliver "gw1" to "c"'),
    });
    expect(await forget('c')).toEqual({
      code: 0,
      out: '"gw1" is not deployed to "c" any more; files already written stay\n',
      err: '',
    });
    expect((await bench.run(['show', 'cert', 'gw1'])).out).not.toContain('pending');
    expect(existsSync(join(bench.state, 'certs'))).toBe(false);
  });

  it('asks which one no cert deploy means', async () => {
    const bench = await makeDeployBench();
    await bench.run(deploy(bench));
    const der = ['der', join(bench.service, 'gw1.der')];
    await bench.run(['cert', 'deploy', 'cert-name', 'gw1', ...der]);
    const { code, err } = await bench.run(['no', 'cert', 'deploy', 'cert-name', 'gw1']);
    expect({ code, err }).toEqual({
      code: 2,
      err: expect.stringContaining('which deployment of "gw1" to forget: it has files, web'),
    });
  });

  it.each([
    ['no file', ['owner', 'root'], 2, 'no file is named'],
    ['a mode that is none', ['key', 'k', 'mode', '12'], 2, 'mode "12" is no mode'],
    ['a key for everybody', ['key', 'k', 'key-mode', '644'], 2, 'key-mode 644 lets everybody'],
    ['files for everybody', ['cert', 'k', 'mode', '666'], 2, 'mode 666 lets everybody write'],
    ['standard output', ['cert', '-'], 2, '"-" is no file for cert'],
    ['a NUL in a path', ['cert', 'a\0b'], 2, 'it contains a NUL'],
    ['a line break in a path', ['cert', 'a\nb'], 2, 'control characters'],
    ['a control character in a directory', ['cert', 'a\u001b/b'], 2, 'control characters'],
    ['a name no file has', ['cert', 'k'.repeat(256)], 2, 'has 256 octets, allowed are 255'],
    ['a directory', ['cert', 'x/'], 2, '"x/" is no file for cert'],
    ['one path twice', ['cert', 'x', 'key', './x'], 2, 'two files have the same path'],
    ['an unknown user', ['cert', 'x', 'owner', 'no-one-here'], 3, 'Cannot find user "no-one-here"'],
    ['an unknown group', ['cert', 'x', 'group', 'no-one-here'], 3, 'Cannot find group'],
    ['a missing directory', ['cert', '/none/x'], 3, 'there is no directory "/none"'],
    ['a link', ['cert', 'LINK/x'], 3, 'is a symbolic link'],
    ['a link in the place of a file', ['cert', 'LINK'], 3, 'is a symbolic link'],
    [
      'a directory for everybody',
      ['cert', 'OPEN/x'],
      3,
      'every user of this machine can put files',
    ],
  ])('refuses %s, and stores nothing', async (_, words, code, message) => {
    const bench = await makeDeployBench();
    symlinkSync(bench.service, join(bench.service, 'LINK'));
    mkdirSync(join(bench.service, 'OPEN'));
    chmodSync(join(bench.service, 'OPEN'), 0o777);
    const argv = words.map((word) => word.replace(/^(LINK|OPEN)/, join(bench.service, '$1')));
    const ended = await bench.run(['cert', 'deploy', 'cert-name', 'gw1', ...argv]);
    expect(ended).toMatchObject({ code, err: expect.stringContaining(message) });
    expect(await bench.withStore((store) => store.deployments.list('gw1'))).toEqual([]);
  });
});

describe('the target of cert deploy', () => {
  const key = ['key', 'KEY'];

  it.each([
    [
      ['target', 'nginx', 'pid-file', '/run/nginx.pid', 'config', '/etc/nginx/nginx.conf'],
      'target nginx pid-file /run/nginx.pid config /etc/nginx/nginx.conf',
    ],
    [['target', 'systemd', 'unit', 'gw.service'], 'target systemd unit gw.service'],
    [
      ['combined', 'PEM', 'target', 'haproxy', 'socket', '/run/haproxy.sock', 'entry', 'gw1.pem'],
      'target haproxy socket /run/haproxy.sock entry gw1.pem',
    ],
    [
      ['probe', '[::1]:21', 'probe-starttls', 'ftp', 'probe-name', 'gw1.test'],
      'probe [::1]:21 probe-name gw1.test probe-starttls ftp',
    ],
  ])('is repeated by show cert in the words that set it: %j', async (words, shown) => {
    const bench = await makeDeployBench();
    const argv = ['cert', 'deploy', 'cert-name', 'gw1', ...key, ...words, 'later'].map((word) =>
      word.replace(/^(KEY|PEM)$/, join(bench.service, '$1')),
    );
    const { code, err } = await bench.run(argv);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect((await bench.run(['show', 'cert', 'gw1'])).out).toContain(`  ${shown}\n`);
    expect((await bench.run(['show', 'cert', 'gw1'])).out).toContain(': deploy pending\n');
  });

  it.each([
    [['target', 'nginx'], 'pid-file is missing'],
    [['pid-file', '/run/x'], 'pid-file belongs to a target, and none is named'],
    [['target', 'nginx', 'pid-file', '/x', 'unit', 'x'], 'unit does not belong to target nginx'],
    [['target', 'haproxy', 'socket', '/x'], 'target haproxy needs the file it reads'],
    [
      ['target', 'haproxy', 'socket', '/x', 'combined', '/x', 'ca', '/y'],
      'haproxy takes no new ca while it runs',
    ],
    [
      ['target', 'haproxy', 'socket', '/x', 'combined', '/x', 'entry', 'a;b'],
      'haproxy cannot be told of "a;b"',
    ],
    [['probe', 'x'], 'probe "x" is no place to look at'],
    [['probe', 'x:0'], 'probe "x:0" is no place to look at'],
    [['probe', 'x:70000'], 'probe "x:70000" is no place to look at'],
    [['probe-name', 'x'], 'probe is missing'],
  ])('is refused when it is %j', async (words, message) => {
    const bench = await makeDeployBench();
    const argv = ['cert', 'deploy', 'cert-name', 'gw1', 'key', '/tmp/k', ...words, 'later'];
    expect(await bench.run(argv)).toMatchObject({ code: 2, err: expect.stringContaining(message) });
  });
});

describe('cert restore', () => {
  it('makes the version before current again, and says so', async () => {
    const bench = await makeDeployBench();
    await bench.run(deploy(bench));
    const words = ['cert', 'import', 'cert-name', 'gw1', 'file', vectorPath('aes-rsa.p12')];
    const env = { PASS: password };
    await bench.run([...words, 'password', 'env:PASS', 'replace'], { env });
    expect((await bench.run(['cmp', 'poll', 'current-cert', 'gw1'])).code).toBe(0);
    const { code, out } = await bench.run(['cert', 'restore', 'gw1']);
    expect({ code, out }).toEqual({
      code: 0,
      out: expect.stringMatching(
        /^Version 1 of "gw1" is current again, valid until 20\S+Z; its files are written: \/.*gw1\.key, \/.*gw1\.pem\n$/,
      ),
    });
    const json: unknown = JSON.parse(
      (await bench.run(['cert', 'restore', 'gw1', 'version', '2', '--json'])).out,
    );
    expect(json).toMatchObject({ version: 2, replacedVersion: 1 });
    expect((await bench.run(['cert', 'restore', 'gw1', 'version', '7'])).code).toBe(3);
    expect((await bench.run(['cert', 'restore', 'gw1', '1'])).out).toContain(
      'Version 1 of "gw1" is current again',
    );
  });
});

describe('cert hook', () => {
  it('stores a program with its arguments as they are, and hook test runs it', async () => {
    const bench = await makeDeployBench();
    await bench.run(deploy(bench));
    const path = script(bench, 'echo "$1|$2|$CERTKEEPER_EVENT"');
    const set = ['cert', 'hook', 'cert-name', 'gw1', 'timeout', '5s', '--', path];
    const { code, out } = await bench.run([...set, '--now', 'cert-name; $(id)']);
    expect({ code, out }).toEqual({
      code: 0,
      out: `After each delivery of "gw1", ${path} is run; try it with "certkeeper hook test gw1"\n`,
    });
    expect((await bench.run(['hook', 'test', 'gw1'])).out).toBe(
      '--now|cert-name; $(id)|test\nHook of "gw1" ended with exit code 0\n',
    );
    const shown = (await bench.run(['show', 'cert', 'full', 'gw1'])).out;
    expect(shown).toContain(`${path} --now cert-name; $(id) (timeout 5s)`);
    expect(shown).toMatch(/hook run +\S+Z, test: exit code 0/);
    expect(shown).toContain('The hook said:\n--now|cert-name; $(id)|test\n');
    expect((await bench.run(['no', 'cert', 'hook', 'cert-name', 'gw1'])).out).toBe(
      'No program is run after a delivery of "gw1" any more\n',
    );
    expect((await bench.run(['hook', 'test', 'gw1'])).err).toContain('it has none');
  });

  it('makes a delivery fail with exit code 10 while it fails, and cmp poll goes on', async () => {
    const bench = await makeDeployBench();
    const flag = join(bench.directory, 'flag');
    const path = script(bench, `printf 'not \\033[31myet\\n'; test -e ${flag}`);
    await bench.run(['cert', 'hook', 'cert-name', 'gw1', 'command', path]);
    expect(await bench.run(['hook', 'test', 'gw1'])).toMatchObject({
      code: 10,
      err: expect.stringMatching(/exit code 1\nhint: .*certkeeper hook test gw1/),
    });
    const failed = await bench.run(deploy(bench));
    expect(failed.code).toBe(10);
    expect(failed.err).toContain('failed: it ended with exit code 1: not \\u001b[31myet\n');
    expect((await bench.run(['cmp', 'poll', 'current-cert', 'gw1'])).code).toBe(10);
    writeFileSync(flag, '');
    expect((await bench.run(['cmp', 'poll', 'current-cert', 'gw1'])).code).toBe(0);
  });

  it.each([
    ['nothing', [], 2, 'no program is named'],
    ['a name without its path', ['sh'], 3, 'it is no whole path'],
    ['a program that is not there', ['/none/sh'], 3, 'there is no such file'],
    ['a directory', ['/bin'], 3, 'there is no such file'],
    ['a file that cannot be executed', ['/etc/passwd'], 3, 'it cannot be executed'],
  ])('refuses %s', async (_, words, code, message) => {
    const bench = makeBench();
    const ended = await bench.run(['cert', 'hook', 'cert-name', 'gw1', '--', ...words]);
    expect(ended).toMatchObject({ code, err: expect.stringContaining(message) });
  });

  it('refuses a program that everybody can change, and times of no length or of days', async () => {
    const bench = makeBench();
    const path = script(bench, '');
    const set = ['cert', 'hook', 'cert-name', 'gw1'];
    for (const timeout of ['0', '2h']) {
      expect(await bench.run([...set, 'timeout', timeout, '--', path])).toMatchObject({
        code: 2,
        err: expect.stringContaining('timeout is out of range'),
      });
    }
    chmodSync(path, 0o777);
    expect(await bench.run([...set, '--', path])).toMatchObject({
      code: 3,
      err: expect.stringContaining('every user of this machine can change it'),
    });
  });
});

describe('cert deploy of PKCS#12', () => {
  it('stores where the password is, as a whole path, shows it, and reads it at each deployment', async () => {
    const bench = await makeDeployBench();
    const [file, pass] = [join(bench.service, 'gw1.p12'), join(bench.service, 'pass')];
    writeFileSync(pass, 'first-one\n');
    const relative = `file:${nodeRelative(process.cwd(), pass)}`;
    const words = ['cert', 'deploy', 'cert-name', 'gw1', 'to', 'java', 'pkcs12', file];
    const { code, out, err } = await bench.run([...words, 'password', relative]);
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toBe(`Certificate "gw1" is deployed: ${file}\n`);
    expect(keysIn(file, 'first-one')).toBe(1);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect((await bench.run(['show', 'cert', 'gw1'])).out).toContain(`password file:${pass}\n`);

    writeFileSync(pass, 'second-one\n');
    expect((await bench.run(['cert', 'deploy', 'cert-name', 'gw1'])).code).toBe(0);
    expect(keysIn(file, 'second-one')).toBe(1);

    rmSync(pass);
    const failed = await bench.run(['cert', 'deploy', 'cert-name', 'gw1']);
    expect(failed.code).toBe(10);
    expect(failed.err).toContain('Cannot read the secret for password');
    expect(keysIn(file, 'second-one')).toBe(1);
    expect((await bench.run(['show', 'cert', 'gw1'])).out).toContain('java: deploy pending');
  });

  it.each([
    ['a password itself', ['pkcs12', 'P', 'password', 'sesame-open']],
    ['prompt', ['pkcs12', 'P', 'password', 'prompt']],
    ['standard input', ['pkcs12', 'P', 'password', 'file:-']],
    ['no password', ['pkcs12', 'P']],
    ['a password without a file', ['key', 'P', 'password', 'env:PASS']],
  ])('refuses %s, and stores nothing', async (_, words) => {
    const bench = await makeDeployBench();
    const path = join(bench.service, 'gw1.p12');
    const given = words.map((word) => (word === 'P' ? path : word));
    const { code, err } = await bench.run(['cert', 'deploy', 'cert-name', 'gw1', ...given]);
    expect(code).toBe(2);
    expect(err).toContain('password');
    expect(err).not.toContain('sesame-open');
    expect(await bench.withStore((store) => store.deployments.list('gw1'))).toEqual([]);
    expect(existsSync(path)).toBe(false);
  });
});

function keysIn(file: string, word: string): number {
  return readPkcs12(Uint8Array.from(readFileSync(file)), word).keys.length;
}
