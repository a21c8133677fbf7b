import { spawnSync } from 'node:child_process';
import { programPath } from './peer-packages.ts';

/**
 * Find a way into a network namespace with only a loopback interface, for programs that bind every
 * address; as root without a user namespace, so that daemons can still change user.
 *
 * @returns the words to put before a command; undefined where there is no way
 */
export function namespacePrefix(): readonly string[] | undefined {
  const withLoopbackUp = ['--', 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh'];
  const ways = [...(process.getuid?.() === 0 ? [['-n']] : []), ['-rn']];
  for (const flags of ways) {
    const prefix = ['unshare', ...flags, ...withLoopbackUp];
    const args = [...prefix.slice(1), 'true'];
    const env = { ...process.env, PATH: programPath };
    if (spawnSync('unshare', args, { stdio: 'ignore', env }).status === 0) return prefix;
  }
  return undefined;
}
