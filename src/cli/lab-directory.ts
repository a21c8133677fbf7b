import { join, resolve } from 'node:path';
import { stateDirectory } from '../agent/state-directory.ts';
import type { CommandContext } from './command.ts';

/** Find the directory of the lab: as named, or `lab` in the state directory. */
export function labDirectory(
  dir: string | undefined,
  { globals, io }: Pick<CommandContext, 'globals' | 'io'>,
): string {
  if (dir !== undefined) return resolve(dir);
  const { state } = globals;
  const option = state === undefined ? {} : { option: state };
  return join(stateDirectory({ env: io.env, ...option }), 'lab');
}
