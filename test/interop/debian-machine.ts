import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { debianRootFile } from '../../scripts/debian-root.ts';
import { programPath } from '../../scripts/peer-packages.ts';
import type { Said } from './package-root.ts';

/** A Debian that its own systemd runs, with no network. */
export interface DebianMachine {
  /** Run lines of shell in it as root. */
  run(script: string): Said;
  /** Shut it down. */
  stop(): Promise<void>;
}

/** Unpack an empty Debian. */
export function unpackDebian(root: string): void {
  mkdirSync(root, { recursive: true, mode: 0o755 });
  const { status, stderr } = spawnSync(
    'tar',
    ['-C', root, '--numeric-owner', '-xpf', debianRootFile],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(`cannot unpack ${debianRootFile}: ${stderr}`);
}

/** Boot it, and wait until all that begins with it has begun. */
export async function bootDebian(root: string): Promise<DebianMachine> {
  const name = `certkeeper-${basename(root)}-${process.pid}`;
  const flags = ['--register=no', '--keep-unit', '--private-network', '--boot'];
  const args = [...flags, `--machine=${name}`, `--directory=${root}`];
  const env = { ...process.env, PATH: programPath };
  const nspawn = spawn('systemd-nspawn', args, { stdio: ['ignore', 'pipe', 'pipe'], env });
  const ended = once(nspawn, 'exit');
  let said = '';
  for (const stream of [nspawn.stdout, nspawn.stderr])
    stream.on('data', (octets: Buffer) => (said += octets.toString()));
  const run = (script: string): Said => {
    const [leader] = childrenOf(nspawn.pid);
    if (leader === undefined) return { status: null, text: said };
    const inside = ['-t', leader, '-a', '--', 'sh', '-c', `exec 2>&1\n${script}`];
    const { status, stdout, stderr } = spawnSync('nsenter', inside, {
      encoding: 'utf8',
      env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root' },
      timeout: 50_000,
    });
    return { status, text: stdout + stderr };
  };
  for (;;) {
    if (nspawn.exitCode !== null) throw new Error(`it does not boot: ${said}`);
    // A systemd that cannot be asked yet has nothing to wait by.
    if (/^(?:running|degraded)\n/.test(run('systemctl is-system-running --wait').text)) break;
    await new Promise(setImmediate);
  }
  return {
    run,
    async stop() {
      run('systemctl poweroff --no-block');
      await ended;
    },
  };
}

function childrenOf(pid: number | undefined): readonly string[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
    return children.split(' ').filter((each) => each !== '');
  } catch {
    return [];
  }
}
