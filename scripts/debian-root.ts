import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { programPath } from './peer-packages.ts';

/** The oldest Debian that certkeeper runs on, which is the one to try it on. */
const suite = 'bookworm';

/** What is in it beyond what every Debian has: a service manager. */
const include = 'systemd,dbus';

/** An empty Debian as a tar file, kept from one run of the tests to the next. */
export const debianRootFile: string = `/var/cache/certkeeper-tests/debian-${suite}-${process.arch}.tar`;

/** Tell whether there is one. */
export function hasDebianRoot(): boolean {
  return existsSync(debianRootFile);
}

/**
 * Make it by debootstrap, from the packages of the mirror, which takes a minute and some 100 MB from the network.
 *
 * @returns whether it is there now
 */
export function makeDebianRoot(): boolean {
  if (hasDebianRoot()) return true;
  const directory = mkdtempSync(join(tmpdir(), 'certkeeper-debian-'));
  const root = join(directory, 'root');
  const fresh = `${debianRootFile}.${process.pid}`;
  try {
    mkdirSync(dirname(debianRootFile), { recursive: true });
    const made =
      run('debootstrap', '--variant=minbase', `--include=${include}`, suite, root) &&
      run('tar', '-C', root, '--one-file-system', ...leftOut, '-cf', fresh, '.');
    if (made) renameSync(fresh, debianRootFile);
    return made;
  } finally {
    for (const each of [directory, fresh]) rmSync(each, { recursive: true, force: true });
  }
}

const leftOut: readonly string[] = [
  './dev/*',
  './proc/*',
  './sys/*',
  './var/cache/apt/*',
  './var/lib/apt/lists/*',
  './usr/share/doc/*',
  './usr/share/locale/*',
].map((path) => `--exclude=${path}`);

function run(program: string, ...args: readonly string[]): boolean {
  const env = { ...process.env, PATH: programPath, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync(program, args, { stdio: ['ignore', 'ignore', 'inherit'], env }).status === 0;
}
