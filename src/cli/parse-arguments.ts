import { CertError } from '../base/errors.ts';
import { isLabel } from '../base/label.ts';
import { quoted } from '../base/quoted.ts';
import type { Command } from './command.ts';
import { splitOption } from './globals.ts';
import { followingWords, keywordAt, keywordOfOption, takesMore } from './keyword.ts';
import {
  isMember,
  listOf,
  type Parameter,
  type ParameterTable,
  type SingleValue,
  type Value,
  type Values,
} from './parameter.ts';
import { howToWrite } from './placeholder.ts';
import { editDistance, suggest } from '../base/suggest.ts';
import { isOption, keywordWith, undoneBy, withoutValue } from './typed-word.ts';
import { parseValue } from './values.ts';

/**
 * Read the parameters of a command, in either spelling and any order.
 *
 * @param words what follows the words of the command
 * @param operands what follows `--`: values of positional parameters, whatever they look like
 * @param others the whole table: whose keyword a word is that has no place here
 * @throws {CertError} USAGE_INVALID or NAME_INVALID; no secret is quoted, nor a word that may be part of one
 */
export function parseArguments(
  command: Command,
  words: readonly string[],
  operands: readonly string[],
  others: readonly Command[] = [],
): Values {
  const reading = new Reading(command, others);
  try {
    let at = 0;
    while (at < words.length) at = reading.take(words, at);
    for (const operand of operands) reading.takePositional(operand);
    reading.check();
    return reading.values;
  } catch (error) {
    const named = error instanceof CertError && error.code !== 'INTERNAL';
    const hint = named ? reading.hintOfName(words) : undefined;
    if (!named || hint === undefined) throw error;
    throw new CertError(error.code, error.message, { cause: error, hint });
  }
}

/** One pass over the words of one command. */
class Reading {
  readonly values = new Map<string, Value | readonly Value[]>();
  readonly #command: Command;
  readonly #table: ParameterTable;
  readonly #others: readonly Command[];
  /** What the command sets that this one undoes: `no` takes the same words, and needs only its own. */
  readonly #undone: ParameterTable;
  /** Bare values of that passed over. */
  #passed = 0;
  /** A word after a secret may be the rest of it, typed without quotes: such a word is never repeated. */
  #afterSecret: string | undefined;
  /** The switch that stands before. */
  #lastFlag: string | undefined;

  constructor(command: Command, others: readonly Command[]) {
    this.#command = command;
    this.#others = others;
    this.#table = command.parameters;
    this.#undone = undoneBy(command, others);
  }

  /** Take one parameter with its value; returns where the next one begins. */
  take(words: readonly string[], at: number): number {
    const token = words[at] ?? '';
    const { name, value } = splitOption(token);
    const found =
      name === undefined ? keywordAt(this.#table, words, at) : keywordOfOption(this.#table, name);
    const word = found ?? name ?? token;
    const parameter = found === undefined ? undefined : this.#table[found];
    // Of a keyword of several words, the last one.
    const end = name === undefined ? at + word.split(' ').length - 1 : at;
    if (parameter === undefined) {
      const passed = this.#passUndone(words, at);
      if (passed !== undefined) return passed;
      this.#checkFollowing(word, words[at + 1]);
      const label = this.#labelElsewhere(word, value ?? words[at + 1]);
      if (label !== undefined) throw this.#unknown(word, token, { meant: label });
      // A `-` alone is standard input.
      const isDashed = token.startsWith('-') && token !== '-';
      if (name !== undefined || isDashed) throw this.#unknown(word, token);
      const assigned = this.#assigned(token);
      if (assigned !== undefined) throw this.#assignment(token, assigned);
      this.takePositional(token);
      return at + 1;
    }
    if (parameter.type === 'flag') {
      if (value !== undefined) throw this.#usage(`--${word} is a switch and takes no value`);
      this.#put(word, parameter, '');
      this.#lastFlag = word;
      const set = this.#undone[word];
      const isValue = end + 1 < words.length && !this.#isKeyword(words, end + 1);
      return set !== undefined && set.type !== 'flag' && isValue ? end + 2 : end + 1;
    }
    const text = value ?? words[end + 1];
    if (text === undefined || (value === undefined && isOption(text))) {
      throw this.#usage(`the value of ${word} is missing`, this.#write([word]));
    }
    this.#put(word, parameter, text);
    if (value !== undefined) return at + 1;
    const isList = takesMore(this.#table, word);
    return isList ? this.#takeMore(word, parameter, words, end + 2) : end + 2;
  }

  /** Pass over what was set, keyword and value: `no cert hook cert-name gw1 timeout 30s`. */
  #passUndone(words: readonly string[], at: number): number | undefined {
    const { name, value } = splitOption(words[at] ?? '');
    const word =
      name === undefined ? keywordAt(this.#undone, words, at) : keywordOfOption(this.#undone, name);
    const parameter = word === undefined ? undefined : this.#undone[word];
    if (word === undefined || parameter === undefined) return undefined;
    const end = name === undefined ? at + word.split(' ').length : at + 1;
    if (parameter.type === 'flag' || value !== undefined) return end;
    let next = end + 1;
    while (parameter.many === true && next < words.length && !this.#isKeyword(words, next)) next++;
    return next;
  }

  #isKeyword(words: readonly string[], at: number): boolean {
    const isOne = (table: ParameterTable) => keywordAt(table, words, at) !== undefined;
    return isOption(words[at] ?? '') || isOne(this.#table) || isOne(this.#undone);
  }

  /** Give a bare value to the next positional parameter that has none. */
  takePositional(text: string): void {
    for (const [word, parameter] of Object.entries(this.#table)) {
      if (parameter.positional !== true) continue;
      if (this.values.has(word) && parameter.many !== true) continue;
      if (this.#afterSecret !== undefined && !isLabel(text)) break;
      this.#put(word, parameter, text);
      return;
    }
    const bare = Object.values(this.#undone).filter(({ positional }) => positional === true);
    if (bare.length > 0 && this.#passed < bare.length) {
      this.#passed++;
      return;
    }
    throw this.#unknown(text, text);
  }

  /** Where the name belongs stands a word of the command: it may be the name of something that is called so. */
  hintOfName(words: readonly string[]): string | undefined {
    const word = keywordAt(this.#table, words, 0) ?? keywordAt(this.#undone, words, 0);
    const bare = Object.entries(this.#table).filter(([, { positional }]) => positional === true);
    const [first] = bare;
    if (word === undefined || first === undefined) return undefined;
    const [name, { type }] = first;
    // A word behind it may have been taken for the name: then what was to come there is missing.
    const isMissing = bare.some(
      ([key, { required }]) => required === true && !this.values.has(key),
    );
    const isNamed = words.some((each) => each === name || each.startsWith(`--${name}`));
    if (!isMissing || isNamed || (type !== 'label' && type !== 'text')) return undefined;
    const called = words[0] ?? '';
    return `"${called}" is a word of this command; if it is the ${name}, write "${name} ${called}"`;
  }

  /** Check what only the whole line can say: what is missing, and what does not go together. */
  check(): void {
    const missing = Object.keys(this.#table).filter(
      (word) => this.#table[word]?.required === true && !this.values.has(word),
    );
    for (const constraint of this.#command.constraints) {
      const words = 'atMostOne' in constraint ? constraint.atMostOne : constraint.atLeastOne;
      const given = words.filter((word) => this.values.has(word));
      if ('atMostOne' in constraint && given.length > 1) {
        throw this.#usage(`${given.join(' and ')} exclude each other`);
      }
      if ('atLeastOne' in constraint && given.length === 0) {
        missing.push(`one of ${words.join(', ')}`);
      }
    }
    if (missing.length > 0) {
      // Of what goes instead of each other, all are in the message already.
      const isPlain = missing.every((word) => this.#table[word] !== undefined);
      const hint = isPlain ? this.#write(missing, 'Add') : undefined;
      const last = missing.pop() ?? '';
      const all = missing.length === 0 ? last : `${missing.join(', ')} and ${last}`;
      throw this.#usage(`${all} ${missing.length === 0 ? 'is' : 'are'} missing`, hint);
    }
  }

  /** Take the further values of a list, up to the next keyword or option. */
  #takeMore(word: string, parameter: Parameter, words: readonly string[], start: number): number {
    let at = start;
    for (; at < words.length; at++) {
      const text = words[at] ?? '';
      if (isOption(text) || keywordAt(this.#table, words, at) !== undefined) break;
      // A mistyped keyword would otherwise be taken for a file, and what follows it too.
      const near = Object.keys(this.#table).find(
        (other) => other.length > 3 && editDistance(text, other) <= 2,
      );
      if (near !== undefined) throw this.#unknown(text, text, { insist: `${word} ${text}` });
      const whole = keywordWith(this.#table, text);
      if (whole !== undefined) {
        throw this.#unknown(text, text, {
          meant: `Write "${whole} …"; if it is a value, "--${word.replaceAll(' ', '-')}=${text}"`,
        });
      }
      const assigned = this.#assigned(text);
      if (assigned !== undefined) throw this.#assignment(text, assigned);
      this.#put(word, parameter, text);
    }
    return at;
  }

  /** Say what is missing of a keyword of several words. A name may be called like the first one. */
  #checkFollowing(first: string, second: string | undefined): void {
    const following = followingWords(this.#table, [first]);
    const [positional] = Object.entries(this.#table).find(
      ([word, { positional: isBare }]) => isBare === true && !this.values.has(word),
    ) ?? [undefined];
    if (following.length === 0 || positional !== undefined) return;
    if (second !== undefined && following.includes(second)) {
      const last = followingWords(this.#table, [first, second]);
      throw this.#usage(
        `after ${first} ${second} comes ${last.join(' or ')}`,
        this.#writeOne(`${first} ${second} `),
      );
    }
    throw this.#usage(
      `after ${first} comes ${following.join(' or ')}`,
      this.#writeOne(`${first} `),
    );
  }

  /** Say how the keyword is written of which there is only the beginning. */
  #writeOne(front: string): string {
    return this.#write(Object.keys(this.#table).filter((word) => word.startsWith(front)));
  }

  #write(words: readonly string[], verb?: 'Add'): string {
    return `${howToWrite(this.#table, words, verb)}; see certkeeper ${this.#command.words.join(' ')} --help`;
  }

  #put(word: string, parameter: Parameter, text: string): void {
    const before = this.values.get(word);
    const value = parseValue(word, parameter, text);
    if (parameter.of !== undefined) {
      this.#putOf(parameter.of, word, parameter, value);
    } else if (parameter.many === true) {
      this.values.set(word, [...listOf(before), value]);
    } else if (before === undefined) {
      this.values.set(word, value);
    } else {
      throw this.#usage(`${word} is given twice`);
    }
    this.#afterSecret = parameter.type === 'secret' ? word : undefined;
  }

  /** Put what is said of the last value of a list. */
  #putOf(list: string, word: string, parameter: Parameter, value: SingleValue): void {
    const last = listOf(this.values.get(list)).length - 1;
    if (last < 0) {
      throw this.#usage(
        `${word} belongs to a ${list}, and none is named before it`,
        this.#write([list]),
      );
    }
    const before = listOf(this.values.get(word)).filter(isMember);
    if (parameter.many !== true && before.some(({ of }) => of === last)) {
      throw this.#usage(`${word} is given twice for one ${list}`);
    }
    this.values.set(word, [...before, { kind: 'member', of: last, value }]);
  }

  /** Find the keyword of a word that is `keyword=value`, perhaps mistyped. What follows may be a secret. */
  #assigned(text: string): string | undefined {
    const [word = '', value] = text.split('=', 2);
    return value === undefined || word.length < 3
      ? undefined
      : suggest(word, Object.keys(this.#table));
  }

  #assignment(text: string, word: string): CertError {
    return this.#usage(
      `${quoted(withoutValue(text))} is not one of its parameters`,
      `Write "${word} VALUE" or "--${word}=VALUE"`,
    );
  }

  /** Find the label behind a keyword of other commands, where this one calls it otherwise and misses it. */
  #labelElsewhere(word: string, label: string | undefined): string | undefined {
    const isKeyword = this.#others.some(({ parameters }) => parameters[word]?.type === 'label');
    if (!isKeyword || label === undefined || Object.hasOwn(this.#table, label)) return undefined;
    return suggest(word, Object.keys(this.#table)) === undefined
      ? this.#bareValue(label)
      : undefined;
  }

  #unknown(
    word: string,
    token: string,
    { insist, meant: better }: { readonly insist?: string; readonly meant?: string } = {},
  ): CertError {
    const near = suggest(word, Object.keys(this.#table));
    if (/^[\d*]/.test(token) && this.values.has('cron')) {
      return this.#usage(
        `${quoted(token)} is not one of its parameters`,
        'Put the five fields of cron in quotes, as in cron "0 2 * * *"',
      );
    }
    if (near === undefined && this.#afterSecret !== undefined) {
      return this.#usage(
        `there is a word too many after the value of ${this.#afterSecret}`,
        'Put a secret with spaces in quotes, or use file:PATH',
      );
    }
    if (this.#lastFlag !== undefined && /^(?:on|off|yes|no|true|false)$/.test(token)) {
      return this.#usage(
        `${this.#lastFlag} is a switch and takes no value`,
        /^(?:on|yes|true)$/.test(token)
          ? `Leave out "${token}"`
          : `Leave out "${this.#lastFlag} ${token}": it is off without that`,
      );
    }
    const shown = token.startsWith('--') ? `--${word}` : withoutValue(word);
    const meant =
      better ?? (near === undefined ? this.#bareValue(token) : `Did you mean "${near}"?`);
    const orElse = insist === undefined || near === undefined ? '' : ` If not, write "${insist}"`;
    return this.#usage(
      `${quoted(shown)} is not one of its parameters`,
      meant === undefined ? undefined : meant + orElse,
    );
  }

  /** Guess what a value was meant for that stands there without its keyword. */
  #bareValue(token: string): string | undefined {
    if (token.startsWith('-')) return undefined;
    if (/^[A-Za-z]+=/.test(token))
      return 'Put a name with spaces in quotes, as in "CN=gw1, O=Test"';
    const url = this.#missing().find((word) => word === 'url');
    if (url !== undefined && (token.includes('://') || token.startsWith('/'))) {
      return `Write the keyword before it: "${url} …"`;
    }
    const [named, ...more] = Object.entries(this.#table).filter(
      ([word, each]) => 'names' in each && each.positional !== true && !this.values.has(word),
    );
    const isOptional = this.#missing().length === 0;
    if (named !== undefined && more.length === 0 && isOptional && isLabel(token)) {
      return `Did you mean "${named[0]} ${token}"?`;
    }
    const label = this.#missing().find((word) => this.#table[word]?.type === 'label');
    const meant = isLabel(token) && label !== undefined ? label : this.#onlyOne(token);
    return meant === undefined ? undefined : `Did you mean "${meant} ${token}"?`;
  }

  /** Find the only parameter that a bare value could be of, by how it looks: a file or a choice that is missing, a number. */
  #onlyOne(token: string): string | undefined {
    const missing = this.#missing();
    const numbers = Object.keys(this.#table).filter(
      (word) => this.#table[word]?.type === 'integer',
    );
    const [only, ...others] = /^\d+$/.test(token)
      ? numbers.filter((word) => !this.values.has(word))
      : missing.filter((word) => {
          const parameter = this.#table[word];
          if (parameter?.type === 'choice') return parameter.choices.includes(token);
          return parameter?.type === 'file' && /[./]/.test(token);
        });
    return others.length === 0 ? only : undefined;
  }

  /** What must be given and is not; of what goes instead of each other, all. */
  #missing(): readonly string[] {
    const { constraints } = this.#command;
    const instead = constraints.flatMap((each) => ('atLeastOne' in each ? [each.atLeastOne] : []));
    return Object.keys(this.#table).filter((word) => {
      if (this.values.has(word)) return false;
      if (this.#table[word]?.required === true) return true;
      return instead.some(
        (words) => words.includes(word) && !words.some((other) => this.values.has(other)),
      );
    });
  }

  #usage(why: string, hint?: string): CertError {
    const said = this.#command.words.join(' ');
    return new CertError('USAGE_INVALID', `Cannot run "${said}": ${why}`, {
      hint: hint ?? `See certkeeper ${said} --help`,
    });
  }
}
