import { CertError } from '../base/errors.ts';
import { isLabel } from '../base/label.ts';
import type { Command } from './command.ts';
import { splitOption } from './globals.ts';
import { followingWords, keywordOfOption, takesMore } from './keyword.ts';
import { globalParameters } from './grammar.ts';
import type { Parameter } from './parameter.ts';

/** A parameter by the word an operator types. */
export interface Named {
  readonly word: string;
  readonly parameter: Parameter;
}

/** Where a line has got to in the table of commands. */
export interface Position {
  /** Words of the table so far. */
  readonly path: readonly string[];
  /** The commands that begin so. */
  readonly below: readonly Command[];
  /** The one with exactly these words. */
  readonly command: Command | undefined;
  /** Parameters that were given; the first one ends the words of the command. */
  readonly given: ReadonlySet<string>;
  /** Words of a keyword of several words that is not complete yet. */
  readonly begun: readonly string[];
  /** The parameter whose value comes next. */
  readonly awaited: Named | undefined;
  /** The list that the next word may belong to. */
  readonly list: Named | undefined;
  /** After `--` there are values only. */
  readonly isValuesOnly: boolean;
  /** After `help` there are the words of commands only. */
  readonly isHelp: boolean;
}

/** What one word of a line is. */
export interface Step {
  readonly position: Position;
  /** In full, as the parser takes it. */
  readonly spelled: string;
  /** The parameter it is the value of, or holds the value of (`--word=value`). */
  readonly valueOf: Named | undefined;
  /** It has no place here; the parser says why. */
  readonly isUnknown: boolean;
}

/** A word on its way through the table. */
export interface Token {
  readonly text: string;
  readonly isQuoted: boolean;
}

/** Stand before the first word of a line. */
export function startOf(commands: readonly Command[]): Position {
  return {
    path: [],
    below: commands,
    command: undefined,
    given: new Set(),
    begun: [],
    awaited: undefined,
    list: undefined,
    isValuesOnly: false,
    isHelp: false,
  };
}

/**
 * Go on by one word, as the parser will understand it.
 *
 * @param abbreviates take the beginning of a word for the word, as the shell does
 * @throws {CertError} USAGE_INVALID: an abbreviation of several words, which the hint lists
 */
export function advance(at: Position, token: Token, abbreviates: boolean): Step {
  const { text, isQuoted } = token;
  if (at.awaited !== undefined) return takeValue(at, at.awaited, text, abbreviates && !isQuoted);
  if (at.begun.length > 0) return takeFollowing(at, text, abbreviates && !isQuoted);
  if (at.isValuesOnly) return takePositional(at, text) ?? unknown(at, text);
  if (text === '--') return stepTo({ ...at, isValuesOnly: true }, text);
  if (text === '-h') return stepTo(at, text);
  if (text.startsWith('--')) return takeOption(at, text);
  const whole = takeWord(at, text) ?? (isQuoted ? undefined : takeKeyword(at, text));
  if (whole !== undefined) return whole;
  if (!abbreviates || isQuoted) return takeBare(at, token);
  return takeAbbreviation(at, text);
}

/** The parameter that a bare word would be the value of. */
export function nextPositional({ command, given, begun }: Position): Named | undefined {
  if (begun.length > 0) return undefined;
  for (const [word, parameter] of Object.entries(command?.parameters ?? {})) {
    if (parameter.positional === true && !given.has(word)) return { word, parameter };
  }
  return undefined;
}

/** The words of commands that may come next. */
export function nextCommandWords({ below, path, given, begun, isValuesOnly }: Position): string[] {
  if (given.size > 0 || begun.length > 0 || isValuesOnly) return [];
  const words = below.map((command) => command.words[path.length]);
  return [...new Set(words.filter((word) => word !== undefined))];
}

/** The keywords that may come next, or go on: neither given yet nor excluded by one that is. */
export function nextKeywords({ command, given, begun, isHelp }: Position): readonly Named[] {
  if (command === undefined || isHelp) return [];
  const isExcluded = (word: string): boolean =>
    command.constraints.some(
      (rule) =>
        'atMostOne' in rule &&
        rule.atMostOne.includes(word) &&
        rule.atMostOne.some((other) => other !== word && given.has(other)),
    );
  return Object.entries(command.parameters)
    .map(([word, parameter]) => ({ word, parameter }))
    .filter(({ word, parameter }) => !given.has(word) || parameter.many === true)
    .filter(({ parameter }) => parameter.of === undefined || given.has(parameter.of))
    .filter(({ word }) => !isExcluded(word))
    .filter(({ word }) => begun.every((each, i) => word.split(' ')[i] === each));
}

/** What is left to type of a keyword that was perhaps begun, word by word. */
export function restOf({ word }: Named, { begun }: Position): readonly string[] {
  return word.split(' ').slice(begun.length);
}

function takeWord(at: Position, text: string): Step | undefined {
  if (!nextCommandWords(at).includes(text)) {
    const isHelp = text === 'help' && at.path.length === 0 && !at.isHelp && at.given.size === 0;
    return isHelp ? stepTo({ ...at, isHelp: true }, text) : undefined;
  }
  if (text === 'help' && at.path.length === 0) return stepTo({ ...at, isHelp: true }, text);
  const depth = at.path.length;
  const path = [...at.path, text];
  const below = at.below.filter((command) => command.words[depth] === text);
  const command = below.find((candidate) => candidate.words.length === path.length);
  return stepTo({ ...at, path, below, command }, text);
}

function takeKeyword(at: Position, text: string): Step | undefined {
  const table = at.isHelp ? undefined : at.command?.parameters;
  if (table === undefined) return undefined;
  const words = [...at.begun, text];
  const word = words.join(' ');
  const parameter = Object.hasOwn(table, word) ? table[word] : undefined;
  if (parameter === undefined) {
    const goesOn = text !== '' && followingWords(table, words).length > 0;
    return goesOn ? stepTo({ ...at, begun: words, list: undefined }, text) : undefined;
  }
  const named = { word, parameter };
  const given = giving(at, word);
  const awaited = parameter.type === 'flag' ? undefined : named;
  return stepTo({ ...at, given, begun: [], awaited, list: undefined }, text);
}

/** Take a further word of a keyword of several words; nothing else has its place there. */
function takeFollowing(at: Position, text: string, abbreviates: boolean): Step {
  const whole = takeKeyword(at, text);
  if (whole !== undefined || !abbreviates || text === '') return whole ?? unknown(at, text);
  const following = followingWords(at.command?.parameters ?? {}, at.begun);
  const [only, ...others] = following.filter((word) => word.startsWith(text));
  if (only === undefined) return unknown(at, text);
  if (others.length > 0) throw ambiguous(text, [only, ...others]);
  return takeKeyword(at, only) ?? unknown(at, text);
}

function takeOption(at: Position, text: string): Step {
  const { name = '', value } = splitOption(text);
  const global = Object.hasOwn(globalParameters, name) ? globalParameters[name] : undefined;
  if (global !== undefined) {
    const named = { word: name, parameter: global };
    if (global.type === 'flag') return stepTo({ ...at, list: undefined }, text);
    if (value !== undefined) return stepTo({ ...at, list: undefined }, text, named);
    return stepTo({ ...at, awaited: named, list: undefined }, text);
  }
  const keyword = keywordOfOption(at.command?.parameters ?? {}, name) ?? name;
  const step = takeWord(at, name) ?? takeWhole(at, keyword);
  if (step === undefined) return unknown(at, text);
  if (value === undefined) return { ...step, spelled: text };
  const awaited = step.position.awaited ?? nextPositional(step.position);
  if (awaited === undefined) return unknown(at, text);
  return { ...takeValue(step.position, awaited, value, false), spelled: text };
}

/** Take a keyword in one, be it of several words. */
function takeWhole(at: Position, keyword: string): Step | undefined {
  const words = keyword.split(' ');
  return takeKeyword({ ...at, begun: words.slice(0, -1) }, words.at(-1) ?? '');
}

function takeValue(at: Position, named: Named, text: string, abbreviates: boolean): Step {
  const { word, parameter } = named;
  const begun =
    abbreviates && parameter.type === 'choice' && !parameter.choices.includes(text)
      ? parameter.choices.filter((choice) => choice.startsWith(text))
      : [];
  if (begun.length > 1) throw ambiguous(text, begun);
  const list = takesMore(at.command?.parameters ?? {}, word) ? named : undefined;
  // A global option stands between the words of a command without ending them.
  const isGlobal = at.command?.parameters[word] !== parameter;
  const given = isGlobal ? at.given : giving(at, word);
  return stepTo({ ...at, given, awaited: undefined, list }, begun[0] ?? text, named);
}

/** What is said of one of a list may be said of the next one again. */
function giving({ given, command }: Position, word: string): ReadonlySet<string> {
  const ofLast = [...given].filter((each) => command?.parameters[each]?.of !== word);
  return new Set([...ofLast, word]);
}

/** Take a word that is neither a word of a command nor a keyword. */
function takeBare(at: Position, { text, isQuoted }: Token): Step {
  const step =
    at.list === undefined ? takePositional(at, text) : takeValue(at, at.list, text, false);
  if (step === undefined) return unknown(at, text);
  // Quoted, a keyword is a value; the parser is told so by the other spelling.
  const isMeant = isQuoted && Object.hasOwn(at.command?.parameters ?? {}, text);
  return isMeant ? { ...step, spelled: `--${step.valueOf?.word ?? ''}=${text}` } : step;
}

function takePositional(at: Position, text: string): Step | undefined {
  const named = nextPositional(at);
  if (named === undefined || at.isHelp) return undefined;
  if (named.parameter.type === 'label' && !isLabel(text)) return undefined;
  return takeValue(at, named, text, false);
}

function takeAbbreviation(at: Position, text: string): Step {
  const words = nextCommandWords(at);
  const positional = at.isHelp ? undefined : nextPositional(at);
  const keywords = nextKeywords(at)
    .filter(({ word }) => word !== positional?.word)
    .flatMap((named) => restOf(named, at).slice(0, 1));
  const all = at.path.length === 0 && !at.isHelp ? [...words, 'help'] : words;
  const begun = [...new Set([...all, ...keywords])].filter((word) => word.startsWith(text));
  // "conf" is what gateways call both config and configure.
  const shortest = begun.find((word) => begun.every((other) => other.startsWith(word)));
  const [only, ...others] = shortest === undefined ? begun : [shortest];
  const bare = { text, isQuoted: false };
  if (only === undefined || text === '') return takeBare(at, bare);
  if (at.list !== undefined) throw ambiguous(text, begun, at.list.word);
  if (positional !== undefined) {
    if (positional.parameter.required === true) return takeBare(at, bare);
    throw ambiguous(text, begun, positional.word);
  }
  if (others.length > 0) throw ambiguous(text, begun);
  return takeWord(at, only) ?? takeKeyword(at, only) ?? unknown(at, text);
}

/** @param value keyword of the parameter that it may be a value of, too */
function ambiguous(text: string, begun: readonly string[], value?: string): CertError {
  const list = begun.join(', ');
  const orValue = value === undefined ? '' : `, or a value of ${value}`;
  return new CertError(
    'USAGE_INVALID',
    `Cannot tell what "${text}" is short for: ${list}${orValue}`,
    {
      hint:
        value === undefined
          ? 'Type more of the word'
          : `Write the whole word, or "${text}" in quotes if it is a value`,
    },
  );
}

function stepTo(position: Position, spelled: string, valueOf?: Named): Step {
  return { position, spelled, valueOf, isUnknown: false };
}

function unknown(position: Position, spelled: string): Step {
  return { position, spelled, valueOf: undefined, isUnknown: true };
}
