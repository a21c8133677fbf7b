import { spawn } from 'node:child_process';
import { mountFlags } from '../features.ts';

/** Run lines of shell with mounts of their own. @returns what they print on both streams */
export function mounted(script: string): Promise<string> {
  return shell('unshare', [mountFlags(), 'sh', '-c', script]);
}

/** Run lines of shell as a user whom the modes of files and directories hold, even if that is root. */
export function withoutPrivilege(script: string): Promise<string> {
  const dropped = '-dac_override,-dac_read_search,-fowner';
  return shell('setpriv', [`--bounding-set=${dropped}`, 'sh', '-c', script]);
}

function shell(program: string, argv: readonly string[]): Promise<string> {
  const child = spawn(program, argv, { stdio: ['ignore', 'pipe', 'pipe'] });
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', () => resolve(text));
  });
}
