import { startOverAsService } from '../agent/identity.ts';
import { stateDirectory } from '../agent/state-directory.ts';
import type { Command } from './command.ts';
import { commands } from './grammar.ts';
import { parseCommandLine } from './parse.ts';

/** What changes nothing by itself, and has files to write or to give away all the same. */
const delivering: ReadonlySet<string> = new Set(['agent run', 'shell']);

/**
 * Have root's commands in the directory of the service done as the service would, so that files get the same owners
 * whoever delivers them. Called before anything is read: the process may start over here.
 *
 * @param argv the words after the program's name; what is wrong with them is said by who runs them
 */
export function startOver(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): void {
  if (process.geteuid?.() !== 0) return;
  const found = findCommand(argv);
  if (found === undefined || !mayDeliver(found.command)) return;
  const { state } = found.globals;
  startOverAsService(stateDirectory({ env, ...(state !== undefined && { option: state }) }));
}

function findCommand(argv: readonly string[]) {
  try {
    const invocation = parseCommandLine(argv, commands);
    return invocation.type === 'run' ? invocation : undefined;
  } catch {
    return undefined;
  }
}

function mayDeliver({ changes, words }: Command): boolean {
  return changes === 'store' || changes === 'world' || delivering.has(words.join(' '));
}
