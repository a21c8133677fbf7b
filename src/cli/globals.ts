import { CertError } from '../base/errors.ts';
import type { Globals } from './global-options.ts';
import { globalParameters } from './grammar.ts';
import { parseSecretSource, type SecretSource } from './secret.ts';

/** A command line without what may stand anywhere on it. */
export interface WithoutGlobals {
  readonly globals: Globals;
  /** Whether the operator asks for an explanation, or the version, instead of the command. */
  readonly asks: 'help' | 'version' | undefined;
  /** The words that are left, up to `--`. */
  readonly words: readonly string[];
  /** What follows `--`: values only. */
  readonly operands: readonly string[];
}

/**
 * Take the global options out of a command line. They are found wherever they stand, since no value of
 * a parameter begins with `--` unless it is written `--name=value`.
 *
 * @param isOwn whether an option behind these words is one of their command, which then is meant
 * @throws {CertError} USAGE_INVALID
 */
export function takeGlobals(
  argv: readonly string[],
  isOwn: (words: readonly string[], name: string) => boolean = () => false,
): WithoutGlobals {
  const end = argv.indexOf('--');
  const options = end < 0 ? argv : argv.slice(0, end);
  const flags = new Set<string>();
  const words: string[] = [];
  let state: string | undefined;
  let storeKey: SecretSource | undefined;
  for (let i = 0; i < options.length; i++) {
    const token = options[i] === '-h' ? '--help' : (options[i] ?? '');
    const { name, value } = splitOption(token);
    const parameter =
      name !== undefined && Object.hasOwn(globalParameters, name) && !isOwn(words, name)
        ? globalParameters[name]
        : undefined;
    if (name === undefined || parameter === undefined) {
      words.push(token);
    } else if (parameter.type === 'flag') {
      if (value !== undefined) throw usage(`Cannot give --${name} a value: it is a switch`);
      flags.add(name);
    } else {
      const text = value ?? options[++i];
      if (text === undefined || text === '' || (value === undefined && text.startsWith('--'))) {
        throw usage(`Cannot use --${name}: its value is missing`);
      }
      if (name === 'state') state = once(state, name, text);
      else storeKey = once(storeKey, name, parseSecretSource(text, '--store-key'));
    }
  }
  return {
    globals: {
      json: flags.has('json'),
      quiet: flags.has('quiet'),
      verbose: flags.has('verbose'),
      yes: flags.has('yes'),
      ...(state === undefined ? {} : { state }),
      ...(storeKey === undefined ? {} : { storeKey }),
    },
    asks: flags.has('help') ? 'help' : flags.has('version') ? 'version' : undefined,
    words,
    operands: end < 0 ? [] : argv.slice(end + 1),
  };
}

/** Split `--name=value`; no name when the word is not an option. */
export function splitOption(token: string): { readonly name?: string; readonly value?: string } {
  if (!token.startsWith('--')) return {};
  const equals = token.indexOf('=');
  if (equals < 0) return { name: token.slice(2) };
  return { name: token.slice(2, equals), value: token.slice(equals + 1) };
}

function once<T>(before: T | undefined, name: string, value: T): T {
  if (before !== undefined) throw usage(`Cannot use --${name} twice`);
  return value;
}

function usage(message: string): CertError {
  return new CertError('USAGE_INVALID', message, { hint: 'See certkeeper --help' });
}
