import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { programPath } from '../../scripts/peer-packages.ts';

/** What `install.sh`, a user's shell and these tests need; nothing else of a system is there. */
const programs =
  'cat chmod chown cp dash dirname env find getent grep gzip id ln ls mkdir mv readlink rm stat tar useradd'.split(
    ' ',
  );

/** Make the smallest root of a file system that a shell runs in, from this machine's own files. */
export function makeRoot(root: string): void {
  for (const folder of ['bin', 'dev', 'etc', 'proc', 'root', 'run', 'tmp', 'usr/bin', 'var/lib'])
    mkdirSync(join(root, folder), { recursive: true });
  for (const program of programs) {
    const path = pathOf(program);
    put(root, path, join('/usr/bin', basename(program)));
    for (const library of librariesOf(path)) put(root, library, library);
  }
  // Node comes with the package; what it is linked to is the system's.
  for (const library of librariesOf(process.execPath)) put(root, library, library);
  put(root, pathOf('dash'), '/bin/sh');
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/sh\n');
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\n');
  writeFileSync(join(root, 'dev/null'), '');
}

function put(root: string, from: string, to: string): void {
  const path = join(root, to);
  if (existsSync(path)) return;
  mkdirSync(dirname(path), { recursive: true });
  copyFileSync(realpathSync(from), path);
}

function pathOf(program: string): string {
  const found = programPath.split(':').find((folder) => existsSync(join(folder, program)));
  if (found === undefined) throw new Error(`there is no ${program} on this machine`);
  return join(found, program);
}

function librariesOf(path: string): readonly string[] {
  const { stdout } = spawnSync('ldd', [path], { encoding: 'utf8' });
  return [...stdout.matchAll(/(?:=> |^\s+)(\/\S+) \(/gm)].map(([, library = '']) => library);
}

/** How lines of shell ended, and what they said on both streams. */
export interface Said {
  readonly status: number | null;
  readonly text: string;
}

/** Run lines of shell in a root, with /proc in it. */
export function inRoot(root: string, script: string): Said {
  const enter =
    'mount --bind /proc "$0/proc" && mount --bind /dev/null "$0/dev/null" && exec chroot "$0" /bin/sh -c "$1" 2>&1';
  const { status, stdout, stderr } = spawnSync('unshare', ['-m', 'sh', '-c', enter, root, script], {
    encoding: 'utf8',
    env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root' },
    timeout: 50_000,
  });
  return { status, text: stdout + stderr };
}
