import { takeIdentityOf } from '../agent/identity.ts';
import { stateDirectory } from '../agent/state-directory.ts';
import type { CommandContext } from './command.ts';

/**
 * Find the state directory, to work in it from now on: as its owner, when this is root and it is another user's.
 *
 * @throws {CertError} CONFIG_INVALID when root cannot become that user
 */
export function enterStateDirectory({
  globals: { state },
  io: { env },
}: Pick<CommandContext, 'globals' | 'io'>): string {
  const directory = stateDirectory({ env, ...(state !== undefined && { option: state }) });
  takeIdentityOf(directory);
  return directory;
}
