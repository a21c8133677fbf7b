import type { Services } from '../agent/compose.ts';
import type { ExitCode } from '../base/errors.ts';
import { candidatesFor, type Candidate } from './completion.ts';
import { liveValues } from './completion-names.ts';
import { advance, startOf, type Position } from './completion-walk.ts';
import { takeGlobals } from './globals.ts';
import type { Globals } from './global-options.ts';
import { commands } from './grammar.ts';
import type { Io } from './io.ts';
import { splitLine } from './shell/words.ts';

/**
 * Answer a completion script: `complete bash BREAKS LINE`, with the line up to the cursor, or `complete
 * zsh|fish WORD…`, the last one being typed. One candidate a line on stdout; nothing is ever said on
 * stderr, which would end up in the middle of the operator's line.
 */
export async function complete(
  [format = '', ...rest]: readonly string[],
  io: Io,
  openServices: (globals: Globals) => Promise<Services>,
): Promise<ExitCode> {
  try {
    const asked = format === 'bash' ? fromLine(rest[1] ?? '') : rest;
    const typed = asked.at(-1) ?? '';
    const before = asked.slice(0, -1);
    const at = positionAfter(before);
    if (at === undefined) return 0;
    const { globals } = takeGlobals(at.awaited === undefined ? before : before.slice(0, -1));
    const live = liveValues(globals, io, () => openServices(globals));
    const candidates = await candidatesFor(at, typed, live);
    const write = format === 'bash' ? forBash(typed, rest) : withSummary(format);
    io.stdout.write(candidates.map((candidate) => `${write(candidate)}\n`).join(''));
  } catch {
    // A line that makes no sense so far has nothing to go on with.
  }
  return 0;
}

function fromLine(line: string): readonly string[] {
  const { words, open } = splitLine(line);
  const isBegun = open !== undefined || words.at(-1)?.end === line.length;
  // The first word is the program.
  return [...words.slice(1).map(({ text }) => text), ...(isBegun && words.length > 0 ? [] : [''])];
}

function positionAfter(words: readonly string[]): Position | undefined {
  let at = startOf(commands);
  for (const text of words) {
    const step = advance(at, { text, isQuoted: false }, false);
    if (step.isUnknown) return undefined;
    at = step.position;
  }
  return at;
}

type Write = (candidate: Candidate) => string;

/**
 * bash replaces only what follows the last of its word breaks (`:` and `=` among them), and takes what
 * it is given as it is: quoted where the operator has not begun to quote.
 */
function forBash(typed: string, [breaks = '', line = '']: readonly string[]): Write {
  const { open } = splitLine(line);
  const cuts = [':', '='].filter((character) => breaks.includes(character));
  const kept = open === undefined ? Math.max(0, ...cuts.map((c) => typed.lastIndexOf(c) + 1)) : 0;
  return ({ text }) => {
    const rest = text.slice(kept);
    return open === undefined ? rest.replaceAll(/[^\w./:=@%+,~-]/g, '\\$&') : rest;
  };
}

/** fish takes the sentence after a tab, zsh after a colon, with colons of the word escaped. */
function withSummary(format: string): Write {
  return ({ text, summary }) => {
    if (format === 'fish') return summary === '' ? text : `${text}\t${summary}`;
    const word = text.replaceAll('\\', '\\\\').replaceAll(':', '\\:');
    return summary === '' ? word : `${word}:${summary}`;
  };
}
