import { accessSync, constants, lstatSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, isAbsolute } from 'node:path';
import type { Command } from './run-command.ts';

/** What starts programs without capabilities: util-linux. */
const setprivs = ['/usr/bin/setpriv', '/bin/setpriv'] as const;

/**
 * Take the capabilities of this process away from a program that it runs. The unit, and root's commands, have them
 * ambient, so that everything they start would have them, too; what is stored names these programs, and whoever writes
 * to the store would be root over all files.
 *
 * @returns the words to run instead, the same ones where there is nothing to take away; or why it cannot be done
 */
export function withoutPowers({
  command,
  account,
}: Pick<Command, 'command' | 'account'>): Command['command'] | Error {
  const taken = takenAway(statusOfSelf(), process.geteuid?.());
  if (taken.length === 0) return command;
  const [program] = command;
  const setpriv = setprivs.find(isProgram);
  if (setpriv === undefined) {
    return new Error(`there is no ${setprivs.join(' and no ')} to take its capabilities away`);
  }
  // Else it would be setpriv that ran, and told it. What another user can run, only that user knows.
  if (account === undefined && !isProgram(program)) return new Error(`spawn ${program} ENOENT`);
  return [setpriv, ...taken, '--', ...command];
}

/** access(2) looks without capabilities, as the program will. */
function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Tell whether this process has capabilities that its user does not have. */
export function hasPowers(): boolean {
  return takenAway(statusOfSelf(), process.geteuid?.()).length > 0;
}

/**
 * Say how `setpriv` takes away what programs would inherit.
 *
 * @param status of the process, as in /proc
 * @param uid of root needs no capabilities: nothing would be taken away
 */
export function takenAway(status: string, uid: number | undefined): readonly string[] {
  if (uid === 0 || !/^CapAmb:\s*0*[1-9a-f]/m.test(status)) return [];
  return ['--ambient-caps=-all', '--inh-caps=-all'];
}

/** Where there is no /proc, there are no capabilities. */
function statusOfSelf(): string {
  try {
    return readFileSync('/proc/self/status', 'utf8');
  } catch {
    return '';
  }
}

/** Tell whether nobody but root can change a file, or put another one in its place. */
export function isRootsAlone(path: string): boolean {
  try {
    if (!isAbsolute(path) || realpathSync(path) !== path) return false;
    return [path, ...above(path)].every((each) => {
      const { uid, mode } = lstatSync(each);
      return uid === 0 && (mode & 0o022) === 0;
    });
  } catch {
    return false;
  }
}

function above(path: string): readonly string[] {
  const parent = dirname(path);
  return parent === path ? [] : [parent, ...above(parent)];
}
