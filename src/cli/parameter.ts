import type { Label } from '../base/label.ts';
import type { SecretSource } from './secret.ts';

/** What every parameter says of itself, whatever its type. */
interface ParameterBase {
  /** One sentence for `--help`, no final period. */
  readonly summary: string;
  /** What stands for the value in a usage line; the type's usual word when absent. */
  readonly placeholder?: string;
  readonly required?: true;
  /** What holds when it is left out, where something else than the table decides that. */
  readonly usual?: string;
  /** May be given without its keyword; such parameters are filled in the order of the table. */
  readonly positional?: true;
  /** May be given more than once, and takes words up to the next keyword. */
  readonly many?: true;
  /** Keyword of a list: it is said of the value of that list which stands before it, for each anew. */
  readonly of?: string;
}

/** What the names of a parameter are names of: `trusted` are labels of CA certificates and of CA profiles. */
export type NameKind =
  | 'ca'
  | 'certificate'
  | 'trusted'
  | 'signer'
  | 'ocsp'
  | 'crl'
  | 'policy'
  | 'ipsec-peer';

/**
 * One parameter of a command, as data. The parser, `--help`, completion and the manual are made from
 * it, and `ArgsOf` makes from it the type of what a command body receives.
 */
export type Parameter = ParameterBase &
  (
    | { readonly type: 'flag' }
    | {
        readonly type: 'integer';
        readonly min: number;
        readonly max: number;
        /** The only values there are, if not the whole range. */
        readonly values?: readonly number[];
        readonly unit?: string;
        readonly default?: number;
      }
    | {
        readonly type: 'duration';
        /** In seconds, as is the value a body receives. */
        readonly default?: number;
        /** Unit of a bare number, for parameters where the gateway's own command has one. */
        readonly bareUnit?: 's' | 'h' | 'd';
      }
    | { readonly type: 'choice'; readonly choices: readonly string[]; readonly default?: string }
    | {
        readonly type: 'text';
        /** With `many`: a program and its arguments. */
        readonly isProgram?: true;
        /** Offered by completion. */
        readonly names?: NameKind;
      }
    /** With `names`: offered by completion, whatever the keyword. */
    | { readonly type: 'label'; readonly names?: NameKind }
    /** RFC 4514 text; parsed by whoever builds the request. */
    | { readonly type: 'dn' }
    /** A path, or `-` for standard input. */
    | { readonly type: 'file' }
    | { readonly type: 'directory' }
    /** `http:` or `https:` only. */
    | { readonly type: 'url' }
    | { readonly type: 'secret'; readonly withReference?: true }
  );

/**
 * Parameters of a command by the word an operator types. A key of several words is typed word by word, as gateways
 * have it ("pem url U"), and joined by hyphens as an option ("--pem-url U").
 */
export type ParameterTable = Readonly<Record<string, Parameter>>;

/** One value by itself. */
export type SingleValue = string | number | boolean | SecretSource;

/** One value as the parser hands it on. */
export type Value = SingleValue | MemberValue;

/** A value that was said of one of a list. */
export interface MemberValue {
  readonly kind: 'member';
  /** Which of the list, from 0. */
  readonly of: number;
  readonly value: SingleValue;
}

/** Values by the word an operator types; only what was typed is in here. */
export type Values = ReadonlyMap<string, Value | readonly Value[]>;

/** What a command body receives: one camelCase property a parameter. */
export type ArgsOf<T extends ParameterTable> = {
  readonly [K in keyof T & string as IsPresent<T[K]> extends true ? CamelCase<K> : never]: Of<T[K]>;
} & {
  readonly [K in keyof T & string as IsPresent<T[K]> extends true ? never : CamelCase<K>]?: Of<
    T[K]
  >;
};

type CamelCase<S extends string> = S extends `${infer Head}${'-' | ' '}${infer Tail}`
  ? `${Head}${Capitalize<CamelCase<Tail>>}`
  : S;

type IsPresent<P> = P extends
  | { readonly type: 'flag' }
  | { readonly required: true }
  | { readonly many: true }
  | { readonly of: string }
  | { readonly default: string | number }
  ? true
  : false;

/** Of what belongs to a list: for each value of that, what was said of it. */
type Of<P> = P extends { readonly of: string }
  ? readonly (readonly One<P>[])[]
  : P extends { readonly many: true }
    ? readonly One<P>[]
    : One<P>;

type One<P> = P extends { readonly type: 'flag' }
  ? boolean
  : P extends { readonly type: 'integer' | 'duration' }
    ? number
    : P extends { readonly type: 'choice'; readonly choices: readonly (infer Choice)[] }
      ? Choice
      : P extends { readonly type: 'label' }
        ? Label
        : P extends { readonly type: 'secret' }
          ? SecretSource
          : string;

/**
 * Turn the values of a parse into the arguments of a body: defaults filled in, flags and lists always
 * there. The one place that vouches for `ArgsOf`: the parser made each value by its parameter's type.
 */
export function mintArguments<T extends ParameterTable>(parameters: T, values: Values): ArgsOf<T> {
  const args: Record<string, Value | readonly Value[] | readonly (readonly Value[])[]> = {};
  for (const [word, parameter] of Object.entries(parameters)) {
    if (parameter.of !== undefined) {
      args[camelCase(word)] = membersOf(values, parameter.of, word);
      continue;
    }
    const value = values.get(word) ?? defaultOf(parameter);
    if (value !== undefined) args[camelCase(word)] = value;
  }
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the parser made each by its type
  return args as ArgsOf<T>;
}

function membersOf(values: Values, list: string, word: string): readonly (readonly Value[])[] {
  const members = listOf(values.get(word)).filter(isMember);
  return listOf(values.get(list)).map((_, at) =>
    members.filter(({ of }) => of === at).map(({ value }) => value),
  );
}

/** Give all values of a parameter. */
export function listOf(value: Value | readonly Value[] | undefined): readonly Value[] {
  return value === undefined ? [] : isList(value) ? value : [value];
}

function isList(value: Value | readonly Value[]): value is readonly Value[] {
  return Array.isArray(value);
}

/** Tell whether a value was said of one of a list. */
export function isMember(value: Value): value is MemberValue {
  return typeof value === 'object' && value.kind === 'member';
}

function defaultOf(parameter: Parameter): Value | readonly Value[] | undefined {
  if (parameter.many === true) return [];
  switch (parameter.type) {
    case 'flag':
      return false;
    case 'integer':
    case 'duration':
    case 'choice':
      return parameter.default;
    default:
      return undefined;
  }
}

/** Name the property of a body's arguments that a keyword becomes. */
export function camelCase(word: string): string {
  return word.replace(/[- ](.)/g, (_, letter: string) => letter.toUpperCase());
}

/** Write the keyword of a parameter as an option. */
export function optionOf(word: string): string {
  return `--${word.replaceAll(' ', '-')}`;
}
