/**
 * Make `certkeeper-VERSION-linux-ARCH.tar.gz`: all that is needed on a machine that has nothing, with `install.sh`. The
 * same sources give the same octets: names are sorted, times are that of the last commit, owners are none.
 *
 *     node scripts/package.ts [--out DIR] [--no-build] [--fast]
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { gzipSync } from 'node:zlib';
import { productionModules, type ProductionModule } from './production-modules.ts';

const root = join(import.meta.dirname, '..');

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly [key: string]: unknown;
}

const { values } = parseArgs({
  options: {
    out: { type: 'string', default: join(root, 'release') },
    /** `dist` is of today. */
    'no-build': { type: 'boolean', default: false },
    /** Hardly compressed, for tests. */
    fast: { type: 'boolean', default: false },
  },
});

makePackage();

function makePackage(): void {
  const temporary = mkdtempSync(join(tmpdir(), 'certkeeper-package-'));
  try {
    if (!values['no-build']) run(process.execPath, [join(root, 'scripts/build.ts')]);
    const manifest: Manifest = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    const name = `certkeeper-${manifest.version}-linux-${process.arch}`;
    const stage = join(temporary, name);
    fill(stage, manifest);
    setModes(stage);
    const build = `${manifest.version}-${digestOf(stage)}`;
    writeFileSync(join(stage, 'BUILD'), `${build}\n`, { mode: 0o644 });
    chmodSync(join(stage, 'BUILD'), 0o644);
    const tar = join(temporary, `${name}.tar`);
    archive(temporary, name, tar);
    const octets = gzipSync(readFileSync(tar), { level: values.fast ? 1 : 9 });
    const out = resolve(values.out);
    mkdirSync(out, { recursive: true });
    const path = join(out, `${name}.tar.gz`);
    const sum = createHash('sha256').update(octets).digest('hex');
    writeFileSync(path, octets);
    writeFileSync(`${path}.sha256`, `${sum}  ${name}.tar.gz\n`);
    const unpacked = statSync(tar).size;
    console.log(
      `${path}\nbuild   ${build}\nsize    ${mebibytes(octets.length)}, unpacked ${mebibytes(unpacked)}`,
    );
    console.log(`SHA-256 ${sum}`);
  } finally {
    rmSync(temporary, { recursive: true, force: true });
  }
}

function fill(stage: string, manifest: Manifest): void {
  const put = (from: string, to: string = from): void => copy(join(root, from), join(stage, to));
  const node = `node_modules/node-linux-${process.arch}`;
  put(`${node}/bin/node`, 'node/bin/node');
  put(`${node}/LICENSE`, 'node/LICENSE');
  put('dist/cli');
  const modules = productionModules(root);
  for (const { path, files } of modules) for (const file of files) put(join(path, file));
  putText(join(stage, 'package.json'), manifestText(manifest));
  putText(join(stage, 'LICENSES'), licencesText(modules, node));
  for (const file of ['LICENSE', 'README.md', 'CHANGELOG.md']) put(file);
  for (const file of globSync('docs/*.md', { cwd: root })) put(file, `share/doc/${file.slice(5)}`);
  for (const file of globSync('docs/man/*.1', { cwd: root })) {
    put(file, `share/man/man1/${file.slice('docs/man/'.length)}`);
  }
  // Where the pages look for them.
  put('examples', 'share/examples');
  put('mibs', 'share/snmp/mibs');
  put('packaging/systemd', 'systemd');
  put('packaging/install.sh', 'install.sh');
  put('packaging/uninstall.sh', 'uninstall.sh');
  put('packaging/launcher.sh', 'bin/certkeeper');
  const completions = {
    bash: 'bash-completion/completions/certkeeper',
    zsh: 'zsh/site-functions/_certkeeper',
    fish: 'fish/vendor_completions.d/certkeeper.fish',
  };
  for (const [shell, path] of Object.entries(completions)) {
    const script = run(join(stage, 'node/bin/node'), [
      join(stage, 'dist/cli/main.js'),
      'completion',
      shell,
    ]);
    putText(join(stage, 'share', path), script);
  }
}

function copy(from: string, to: string): void {
  mkdirSync(dirname(to), { recursive: true });
  cpSync(from, to, { recursive: true, filter: (path) => !/\.(?:d\.ts|tsbuildinfo)$/.test(path) });
}

function putText(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

/** What running needs of package.json: its name and version, and that its files are modules. */
function manifestText({
  name,
  version,
  description,
  license,
  type,
  dependencies,
}: Manifest): string {
  return `${JSON.stringify({ name, version, description, license, type, private: true, dependencies }, null, 2)}\n`;
}

function licencesText(modules: readonly ProductionModule[], node: string): string {
  const { version }: Manifest = JSON.parse(readFileSync(join(root, node, 'package.json'), 'utf8'));
  return [
    'certkeeper is under the Apache License 2.0, see LICENSE. What comes with it:',
    '',
    `Node.js ${version}: see node/LICENSE`,
    ...modules.map(
      ({ name, version: of, license, path, terms }) =>
        `${name} ${of}: ${license}, see ${terms.map((file) => join(path, file)).join(', ')}`,
    ),
    '',
  ].join('\n');
}

/** Whatever umask this was checked out under: programs can be run by everybody, and all can be read. */
function setModes(stage: string): void {
  const isProgram =
    /^(?:node\/bin\/node|bin\/certkeeper|(?:un)?install\.sh|share\/examples\/.*\.sh)$/;
  chmodSync(stage, 0o755);
  for (const path of readdirSync(stage, { recursive: true, encoding: 'utf8' })) {
    const isOpen = isProgram.test(path) || statSync(join(stage, path)).isDirectory();
    chmodSync(join(stage, path), isOpen ? 0o755 : 0o644);
  }
}

/** Name the content: two builds of one version can be told from each other. */
function digestOf(stage: string): string {
  const hash = createHash('sha256');
  for (const path of readdirSync(stage, { recursive: true, encoding: 'utf8' }).toSorted()) {
    const file = join(stage, path);
    if (!statSync(file).isFile()) continue;
    const sum = createHash('sha256').update(readFileSync(file)).digest('hex');
    hash.update(`${sum}  ${path}\n`);
  }
  return hash.digest('hex').slice(0, 12);
}

function archive(directory: string, name: string, tar: string): void {
  const owners = ['--owner=0', '--group=0', '--numeric-owner'];
  const order = ['--format=gnu', '--sort=name', `--mtime=@${sourceTime()}`];
  run('tar', ['-C', directory, ...order, ...owners, '-cf', tar, name]);
}

/** Seconds since 1970, as SOURCE_DATE_EPOCH or else the last commit has it. */
function sourceTime(): number {
  const given = process.env['SOURCE_DATE_EPOCH'] ?? '';
  if (/^\d{1,11}$/.test(given)) return Number(given);
  if (!existsSync(join(root, '.git'))) return 0;
  return Number(run('git', ['-C', root, 'log', '-1', '--format=%ct']));
}

function run(program: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(program, args, {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' },
  });
  if (status === 0) return stdout;
  throw error ?? new Error(`${program} ${args.join(' ')} failed:\n${stdout}${stderr}`);
}

function mebibytes(octets: number): string {
  return `${(octets / 2 ** 20).toFixed(1)} MiB`;
}
