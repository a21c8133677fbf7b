import {
  closeSync,
  constants,
  existsSync,
  openSync,
  readFileSync,
  renameSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';

/** What was typed before, newest first, as the line editor wants it. */
export interface History {
  readonly lines: string[];
  /**
   * Remember a line.
   *
   * @param kept what may be written to disk of it; undefined for nothing
   */
  add(line: string, kept: string | undefined): void;
}

/** More than this nobody scrolls back through. */
export const MAX_LINES = 1000;

/** A longer one is a paste, not something to type again. */
const MAX_CHARACTERS = 4096;

/**
 * Read the history of a state directory. It is a file of mode 0600 beside the store. Where there is no
 * state directory none is made, and what cannot be read or written is no history: never an error.
 */
export function openHistory(stateDirectory: string): History {
  const path = join(stateDirectory, 'shell_history');
  const lines = readLines(path).toReversed();
  return {
    lines,
    add(line, kept) {
      if (line.length > MAX_CHARACTERS || line === lines[0]) return;
      lines.unshift(kept ?? line);
      lines.splice(MAX_LINES);
      if (kept !== undefined && existsSync(stateDirectory)) append(path, kept);
    },
  };
}

function readLines(path: string): readonly string[] {
  try {
    const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
    try {
      const lines = readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line !== '');
      if (lines.length > 2 * MAX_LINES) shorten(path, lines.slice(-MAX_LINES));
      return lines.slice(-MAX_LINES);
    } finally {
      closeSync(file);
    }
  } catch {
    return [];
  }
}

function shorten(path: string, lines: readonly string[]): void {
  const fresh = `${path}.new`;
  writeFileSync(fresh, `${lines.join('\n')}\n`, { mode: 0o600, flush: true });
  renameSync(fresh, path);
}

function append(path: string, line: string): void {
  const { O_APPEND, O_CREAT, O_NOFOLLOW, O_WRONLY } = constants;
  try {
    const file = openSync(path, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW, 0o600);
    try {
      // One write, so that two shells at once do not mix their lines.
      writeSync(file, `${line}\n`);
    } finally {
      closeSync(file);
    }
  } catch {
    // The line is remembered until the shell ends.
  }
}
