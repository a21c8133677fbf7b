import { statSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { stateDirectory } from '../agent/state-directory.ts';
import { CertError } from '../base/errors.ts';
import type { CommandContext } from './command.ts';

/**
 * Refuse to write to a file of the store: a database that is replaced while it is open is lost with its write-ahead
 * log, and without `store.key` every private key is.
 *
 * @param path absolute
 * @throws {CertError} FILE_UNWRITABLE
 */
export function assertNoStoreFile(
  path: string,
  { globals: { state }, io: { env } }: Pick<CommandContext, 'globals' | 'io'>,
): void {
  // The database, the store key, and what is beside them for a while: logs, the next key, those before a restore.
  if (!/^store\.(?:db|key)(?:$|[-.])/i.test(basename(path))) return;
  const directory = stateDirectory({ env, ...(state !== undefined && { option: state }) });
  // By another name, too: through a symbolic link.
  if (!isSameDirectory(dirname(path), directory)) return;
  throw new CertError(
    'FILE_UNWRITABLE',
    `Cannot write "${path}": it is a file of the store itself`,
    {
      hint: 'Name another file, best outside of the state directory',
    },
  );
}

function isSameDirectory(a: string, b: string): boolean {
  const [left, right] = [a, b].map((path) => statSync(path, { throwIfNoEntry: false }));
  return (
    left !== undefined && right !== undefined && left.dev === right.dev && left.ino === right.ino
  );
}
