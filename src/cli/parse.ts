import { CertError } from '../base/errors.ts';
import { isLabel } from '../base/label.ts';
import { quoted } from '../base/quoted.ts';
import type { Command } from './command.ts';
import type { Globals } from './global-options.ts';
import { splitOption, takeGlobals } from './globals.ts';
import { parseArguments } from './parse-arguments.ts';
import type { Values } from './parameter.ts';
import { suggest } from '../base/suggest.ts';

/** What an operator wants of one run. */
export type Invocation =
  | {
      readonly type: 'run';
      readonly command: Command;
      readonly values: Values;
      readonly globals: Globals;
    }
  /** `asked` is false when a command was begun and not finished: that is an error too. */
  | {
      readonly type: 'help';
      readonly words: readonly string[];
      readonly asked: boolean;
      readonly globals: Globals;
    }
  | { readonly type: 'version'; readonly globals: Globals };

/**
 * Understand a command line: which command, with which values.
 *
 * @param argv the words after the program's name
 * @throws {CertError} USAGE_INVALID or NAME_INVALID
 */
export function parseCommandLine(
  argv: readonly string[],
  commands: readonly Command[],
): Invocation {
  const { globals, asks, words, operands } = takeGlobals(argv, (before, name) =>
    Object.hasOwn(findCommand(before, commands).command?.parameters ?? {}, name),
  );
  if (asks === 'version') return { type: 'version', globals };
  const wantsHelp = asks === 'help' || words[0] === 'help';
  const path = findCommand(words[0] === 'help' ? words.slice(1) : words, commands);
  const next = path.rest[0];
  // Half a command is explained; a word that is none is not taken for a wish to read about the others.
  if (wantsHelp && (path.command !== undefined || next === undefined)) {
    return { type: 'help', words: path.words, asked: true, globals };
  }
  if (path.command === undefined) {
    if (next === undefined) return { type: 'help', words: path.words, asked: false, globals };
    throw unknownCommand(path.words, next, path.rest, commands);
  }
  const values = parseArguments(path.command, path.rest, operands, commands);
  return { type: 'run', command: path.command, values, globals };
}

interface Path {
  readonly words: readonly string[];
  readonly command: Command | undefined;
  readonly rest: readonly string[];
}

/** Follow the words of the table as far as they go; `--word` and `--word=value` are words too. */
function findCommand(words: readonly string[], commands: readonly Command[]): Path {
  const path: string[] = [];
  let candidates = commands;
  let rest = words;
  for (;;) {
    const token = rest[0];
    if (token === undefined) break;
    const { name = token, value } = splitOption(token);
    const next = candidates.filter((command) => command.words[path.length] === name);
    if (next.length === 0) break;
    path.push(name);
    candidates = next;
    rest = value === undefined ? rest.slice(1) : [value, ...rest.slice(1)];
    if (value !== undefined) break;
  }
  const command = candidates.find((candidate) => candidate.words.length === path.length);
  return { words: path, command, rest };
}

/** What other programs call it. */
const otherWords: Readonly<Record<string, string>> = {
  'agent start': 'agent run',
  'show notifications': 'show notify',
  'show destinations': 'show notify',
  'crypto policy': 'crypto map',
  'no crypto policy': 'no crypto map',
  'show crypto map': 'show crypto policy',
  'show crypto template': 'show crypto policy',
  'show policy': 'show crypto policy',
};

function unknownCommand(
  path: readonly string[],
  next: string,
  rest: readonly string[],
  commands: readonly Command[],
): CertError {
  // What follows "=" may be a secret.
  const said = [...path, next.replace(/=.+$/s, '=…')].join(' ');
  const here = commands.filter((command) => path.every((word, i) => command.words[i] === word));
  const candidates = here.map((command) => command.words[path.length] ?? '');
  const near = suggest(next, candidates);
  const meant =
    otherWords[[...path, next].join(' ')] ??
    (near === undefined ? sameWords([...path, ...rest], commands) : [...path, near].join(' ')) ??
    onlyWay(path, next, candidates) ??
    sameEnd([...path, next], commands);
  const shown = ['certkeeper', ...path, '--help'].join(' ');
  const hint = meant === undefined ? `See ${shown}` : `Did you mean "${meant}"?`;
  return new CertError('USAGE_INVALID', `Cannot run ${quoted(said)}: no such command`, {
    hint,
  });
}

/** Find a command typed with its words in another order, or without its first ones. */
function sameWords(typed: readonly string[], commands: readonly Command[]): string | undefined {
  const swapped = commands.find((command) =>
    command.words.every((word) => typed.slice(0, command.words.length).includes(word)),
  );
  const shortened = commands.find(
    (command) => command.words[0] === 'cmp' && command.words.at(-1) === typed[0],
  );
  return (swapped ?? shortened)?.words.join(' ');
}

/** Complete a command of which only one goes on from here, where what it is about stands there already. */
function onlyWay(
  path: readonly string[],
  next: string,
  candidates: readonly string[],
): string | undefined {
  const [only, ...others] = new Set(candidates);
  const isOne = path.length > 0 && others.length === 0 && isLabel(next);
  return isOne && only !== undefined && only !== '' ? [...path, only, next].join(' ') : undefined;
}

/** Find the few commands that end, and if more was typed begin, as was typed. */
function sameEnd(typed: readonly string[], commands: readonly Command[]): string | undefined {
  const [first] = typed;
  const found = commands.filter(
    ({ words }) => words.at(-1) === typed.at(-1) && (typed.length === 1 || words[0] === first),
  );
  if (found.length === 0 || found.length > 3) return undefined;
  return found.map(({ words }) => words.join(' ')).join('" or "');
}
