import { statSync } from 'node:fs';
import { join } from 'node:path';
import type { Services } from '../agent/compose.ts';
import { stateDirectory } from '../agent/state-directory.ts';
import { printable } from '../base/printable.ts';
import { listDailyBackups } from '../store/daily-backups.ts';
import type { CommandContext } from './command.ts';

type Place = Pick<CommandContext, 'globals' | 'io'>;

/**
 * Read something from the store, if there is one: looking makes none.
 *
 * @returns undefined when there is no store
 */
export async function readStored<T>(
  context: Place & Pick<CommandContext, 'services'>,
  read: (services: Services) => Promise<T>,
): Promise<T | undefined> {
  return hasStore(placeOf(context)) ? await read(await context.services()) : undefined;
}

/** Say at the end of a sentence about nothing where nothing was found. */
export function whereLooked(context: Place): string {
  const directory = placeOf(context);
  const shown = printable(directory);
  return hasStore(directory) ? ` in ${shown}` : `: there is no store in ${shown}`;
}

function placeOf({ globals: { state }, io: { env } }: Place): string {
  return stateDirectory({ env, ...(state === undefined ? {} : { option: state }) });
}

function hasStore(directory: string): boolean {
  try {
    statSync(join(directory, 'store.db'));
    return true;
  } catch (error) {
    // Whatever else is in the way (no permission, a file), opening the store says it better; so it does where there
    // are backups of one.
    const isMissing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    return !isMissing || listDailyBackups(directory).length > 0;
  }
}
