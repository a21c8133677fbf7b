import { spawn, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import { encodePem } from '../src/asn1/pem.ts';
import { certificateDer } from '../src/x509/certificate.ts';
import { extension } from '../src/x509/extension-values.ts';
import { issue } from './harness/certificates.ts';

/** What `npm pack --json` says of a file in the tarball. */
interface PackedFile {
  readonly path: string;
  readonly mode: number;
}

const root = join(import.meta.dirname, '..');
const project = mkdtempSync(join(tmpdir(), 'certkeeper-package-'));
let files: readonly PackedFile[] = [];

// One tarball and one installation for all tests of this file: npm takes seconds.
beforeAll(() => {
  if (process.env['CERTKEEPER_BUILT'] === undefined) run('npm', ['run', 'build'], root);
  const packed: { filename: string; files: PackedFile[] }[] = JSON.parse(
    run('npm', ['pack', '--json', '--ignore-scripts', '--pack-destination', project], root),
  );
  const tarball = packed[0];
  files = tarball?.files ?? [];
  writeFileSync(join(project, 'package.json'), '{ "private": true, "type": "module" }\n');
  const quiet = ['--no-audit', '--no-fund', '--prefer-offline'];
  run('npm', ['install', ...quiet, join(project, tarball?.filename ?? '')], project);
}, 180_000);

afterAll(() => rmSync(project, { recursive: true, force: true }));

/** So many years from now: Node looks at its own clock. */
function years(count: number): Date {
  return new Date(Date.now() + count * 31_536_000_000);
}

function exampleArgs(peer: string): readonly string[] {
  return ['tls-server.ts', `${peer}.key`, `${peer}.crt`, 'ca.crt'];
}

/** Links of a page to what is not among these files, or in a folder of them. */
function missingIn(page: string, paths: readonly string[]): readonly string[] {
  const text = readFileSync(join(root, page), 'utf8');
  return [...text.matchAll(/\]\((?!https?:)([^)#\s]+)[^)]*\)/g)]
    .map(([, target = '']) => join(dirname(page), target))
    .filter((target) => !paths.some((path) => path === target || path.startsWith(`${target}/`)))
    .map((target) => `${page}: ${target}`);
}

describe('the tarball', () => {
  it('holds what a user needs and nothing of the repository beside it', () => {
    const wanted =
      /^(?:dist\/.+|docs\/(?!conformance|fuzzing)[a-z-]+\.md|docs\/decisions\/.+\.md|docs\/simulations\/.+\.txt|examples\/.+|docs\/man\/certkeeper[a-z-]*\.1|mibs\/CERT-LIFECYCLE-MIB\.txt|packaging\/systemd\/certkeeper\.service|package\.json|README\.md|CHANGELOG\.md|CONTRIBUTING\.md|LICENSE)$/;
    const paths = files.map(({ path }) => path);
    expect(paths.filter((path) => !wanted.test(path))).toEqual([]);
    expect(paths).toEqual(
      expect.arrayContaining(['LICENSE', 'README.md', 'docs/errors.md', 'dist/cli/main.js']),
    );
    const code = paths.filter((path) => !path.startsWith('examples/'));
    expect(code.filter((path) => /vectors|\.test\.|(?<!\.d)\.ts$/.test(path))).toEqual([]);
  });

  it('holds every page and file that a page in it links to', () => {
    const paths = files.map(({ path }) => path);
    const gone = paths.flatMap((page) => (page.endsWith('.md') ? missingIn(page, paths) : []));
    expect(gone).toEqual([]);
  });

  it('has an executable command', () => {
    const main = files.find(({ path }) => path === 'dist/cli/main.js');
    expect((main?.mode ?? 0) & 0o111).toBe(0o111);
    expect(readFileSync(join(root, 'dist/cli/main.js'), 'utf8')).toMatch(
      /^#!\/usr\/bin\/env node\n/,
    );
  });
});

describe('an empty project with the tarball installed', () => {
  it('imports each public face, and nothing behind them', () => {
    writeFileSync(
      join(project, 'faces.mjs'),
      `for (const face of ['certkeeper', 'certkeeper/cmp', 'certkeeper/ca', 'certkeeper/validation', 'certkeeper/stapling', 'certkeeper/errors']) {
        const names = Object.keys(await import(face));
        if (names.length === 0) throw new Error(face + ' exports nothing');
      }
      const { CertError } = await import('certkeeper/errors');
      if (!(new CertError('USAGE_INVALID', 'x') instanceof Error)) throw new Error('not an Error');
      const hidden = await import('certkeeper/dist/base/errors.js').catch((error) => error.code);
      console.log(hidden);`,
    );
    expect(run(process.execPath, ['faces.mjs'], project)).toBe('ERR_PACKAGE_PATH_NOT_EXPORTED\n');
  });

  it('type-checks against the declarations of each public face', () => {
    writeFileSync(
      join(project, 'faces.ts'),
      `import * as certkeeper from 'certkeeper';
      import * as cmp from 'certkeeper/cmp';
      import * as ca from 'certkeeper/ca';
      import * as validation from 'certkeeper/validation';
      import * as stapling from 'certkeeper/stapling';
      import { CertError, type ErrorCode } from 'certkeeper/errors';
      export const code: ErrorCode = new CertError('USAGE_INVALID', 'x').code;
      export const faces: object[] = [certkeeper, cmp, ca, validation, stapling];`,
    );
    const options = '--noEmit --strict --target es2024 --module nodenext --types node'.split(' ');
    const typeRoots = ['--typeRoots', join(root, 'node_modules/@types')];
    const tsc = join(root, 'node_modules/typescript/bin/tsc');
    const args = [tsc, ...options, ...typeRoots, 'faces.ts'];
    expect(run(process.execPath, args, project)).toBe('');
  });

  it('runs the certkeeper command', () => {
    const help = run(join(project, 'node_modules/.bin/certkeeper'), ['--help'], project);
    expect(help).toContain('certkeeper');
  });

  it('loads pkcs11js out of the bundle, where it could be compiled', () => {
    const isCompiled = existsSync(join(project, 'node_modules/pkcs11js/build/Release/pkcs11.node'));
    const command = join(project, 'node_modules/.bin/certkeeper');
    const uri = `pkcs11:token=t1?module-path=${join(project, 'package.json')}`;
    const place = ['--state', join(project, 'tokens')];
    expect(() => run(command, ['crypto', 'token', 'check', uri, ...place], project)).toThrow(
      isCompiled ? 'Cannot load the PKCS #11 module' : 'pkcs11js is not installed',
    );
  });

  it('says what is missing where pkcs11js was not compiled, when a token is used and not before', () => {
    rmSync(join(project, 'node_modules/pkcs11js'), { recursive: true, force: true });
    const command = join(project, 'node_modules/.bin/certkeeper');
    const place = ['--state', join(project, 'tokens')];
    const module = join(project, 'package.json');
    expect(
      run(command, ['crypto', 'token', 'add', 't1', 'module', module, ...place], project),
    ).toContain('t1');
    expect(run(command, ['crypto', 'token', 'show', ...place], project)).toContain('t1');
    expect(() => run(command, ['crypto', 'token', 'check', 't1', ...place], project)).toThrow(
      /pkcs11js is not installed\nhint: .*npm install pkcs11js/,
    );
  });

  it('enrols with examples/enroll.ts, by the library alone', () => {
    copyFileSync(join(root, 'examples/enroll.ts'), join(project, 'enroll.ts'));
    expect(run(process.execPath, ['enroll.ts'], project)).not.toBe('');
  });

  it('judges both ends of a connection with examples/tls-server.ts, by the library alone', async () => {
    copyFileSync(join(root, 'examples/tls-server.ts'), join(project, 'tls-server.ts'));
    const validity = { notBefore: years(-1), notAfter: years(1) };
    const ca = issue({ subject: 'CN=CA', isCa: true, ...validity });
    const name = extension('subjectAltName', [{ type: 'dNSName', value: 'localhost' }]);
    const peers = {
      ca,
      server: issue({ subject: 'CN=server', issuer: ca, extensions: [name], ...validity }),
      client: issue({ subject: 'CN=client', issuer: ca, ...validity }),
      stranger: issue({ subject: 'CN=stranger', isCa: true, ...validity }),
    };
    for (const [each, { certificate, key }] of Object.entries(peers)) {
      const pem = key.privateKey.export({ format: 'pem', type: 'pkcs8' });
      writeFileSync(join(project, `${each}.key`), pem);
      const cert = encodePem('CERTIFICATE', certificateDer(certificate));
      writeFileSync(join(project, `${each}.crt`), cert);
    }
    const server = spawn(process.execPath, [...exampleArgs('server'), '0'], { cwd: project });
    onTestFinished(() => void server.kill());
    let said = '';
    server.stdout.setEncoding('utf8');
    const port = await new Promise<string>((resolve, reject) => {
      server.stdout.on('data', (part: string) => {
        said += part;
        const [, number] = /listening on (\d+)/.exec(said) ?? [];
        if (number !== undefined) resolve(number);
      });
      server.on('exit', () => reject(new Error(`it ended: ${said}`)));
    });
    const asked = (peer: string, host: string): string =>
      run(process.execPath, [...exampleArgs(peer), port, 'ask', host], project);
    expect(asked('client', 'localhost')).toMatch(/^accept.*hello CN=client, you asked for \/\n$/s);
    expect(asked('client', 'other.example')).toBe('reject wrong-identity\n');
    expect(asked('stranger', 'localhost')).not.toContain('hello');
    server.kill();
    await new Promise((resolve) => void server.on('close', resolve));
    expect(said).toContain('accept CN=client');
    expect(said).toContain('reject somebody untrusted');
  });
});

/** Run a program under the pinned Node and give its output; a failure shows all it printed. */
function run(program: string, args: readonly string[], cwd: string): string {
  // An npm inside of npm must not take over the settings of the outer one.
  const env = Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.toLowerCase().startsWith('npm_')),
  );
  env['PATH'] = `${dirname(process.execPath)}:${env['PATH']}`;
  const result = spawnSync(program, args, { cwd, env, encoding: 'utf8', timeout: 120_000 });
  if (result.status === 0) return result.stdout;
  throw new Error(`${program} ${args.join(' ')} failed:\n${result.stdout}${result.stderr}`);
}
