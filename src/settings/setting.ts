import { quoted } from '../base/quoted.ts';

/** What may stand for a setting. */
export type SettingValues =
  | { readonly type: 'boolean' }
  | { readonly type: 'number'; readonly min: number; readonly max: number; readonly word?: string }
  | { readonly type: 'choice'; readonly of: readonly [string, ...string[]] }
  | {
      readonly type: 'text';
      readonly pattern: RegExp;
      readonly says: string;
      readonly isMany?: true;
    }
  | { readonly type: 'labels'; readonly isMany: boolean };

/** One setting, as commands, configuration files, documentation and checks have it. */
export interface Setting {
  /** The word an operator types. */
  readonly word: string;
  /** What stands on a command line in its place, as gateways have it. */
  readonly typed?: string;
  /** Words other products have for it, which are understood as well. */
  readonly aliases?: readonly string[];
  readonly values: SettingValues;
  readonly unit?: 'ms' | 's' | 'octets' | 'bits';
  /** What holds where nothing is said, in words; absent where nothing is set then. */
  readonly default?: string;
  /** What it does, with a capital and no period. */
  readonly sentence: string;
}

/** Settings as they were said: by word, and only those. Plain data, and what is stored. */
export type SettingWords = Readonly<Record<string, string | number | boolean | readonly string[]>>;

/** Gives what was said, of the type it has to be; undefined is that nothing was. */
export interface SettingReader {
  flag(word: string): boolean | undefined;
  number(word: string): number | undefined;
  text(word: string): string | undefined;
  /** None, too, when nothing was said. */
  texts(word: string): readonly string[];
}

/** Read settings; what is of another type than asked for was refused by `wordErrors` and is not given. */
export function readerOf(words: SettingWords): SettingReader {
  return {
    flag(word) {
      const value = words[word];
      return typeof value === 'boolean' ? value : undefined;
    },
    number(word) {
      const value = words[word];
      return typeof value === 'number' ? value : undefined;
    },
    text(word) {
      const value = words[word];
      return typeof value === 'string' ? value : undefined;
    },
    texts(word) {
      const value = words[word];
      return typeof value === 'object' ? value : [];
    },
  };
}

/** Tell whether several values may stand for a setting. */
export function isMany({ values }: Setting): boolean {
  return 'isMany' in values && (values.isMany ?? false);
}

/** Say what is wrong with settings: words nobody knows, and values out of their range. Sentences without a period. */
export function wordErrors(table: readonly Setting[], words: SettingWords): readonly string[] {
  return Object.entries(words).flatMap(([word, value]) => {
    const setting = table.find((one) => one.word === word);
    if (!setting) return [`${quoted(word)} is no setting`];
    const each = typeof value === 'object' ? value : [value];
    if (typeof value === 'object' && !isMany(setting)) return [`${word} takes one value`];
    return each.flatMap((one) => valueError(setting, one));
  });
}

function valueError(
  { word, values, unit }: Setting,
  value: string | number | boolean,
): readonly string[] {
  const refuse = (wanted: string): readonly string[] => [
    `${word} is ${typeof value === 'string' ? quoted(value) : String(value)}, expected ${wanted}`,
  ];
  switch (values.type) {
    case 'boolean':
      return typeof value === 'boolean' ? [] : refuse('on or off');
    case 'number': {
      if (values.word !== undefined && value === values.word) return [];
      const { min, max } = values;
      const isIn =
        typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max;
      return isIn ? [] : refuse(`${min} to ${max}${unit === undefined ? '' : ` ${unit}`}`);
    }
    case 'choice':
      return values.of.some((one) => one === value) ? [] : refuse(values.of.join(', '));
    case 'text':
      return typeof value === 'string' && values.pattern.test(value) ? [] : refuse(values.says);
    case 'labels':
      return typeof value === 'string' && value !== '' ? [] : refuse('a label');
  }
}

/** Say what may stand for a setting, for documentation. */
export function valuesText({ values, unit }: Setting): string {
  switch (values.type) {
    case 'boolean':
      return 'on, off';
    case 'number': {
      const range = `${values.min} to ${values.max}${unit === undefined ? '' : ` ${unit}`}`;
      return values.word === undefined ? range : `${range}, or ${values.word}`;
    }
    case 'choice':
      return values.of.join(', ');
    case 'text':
      return values.says;
    case 'labels':
      return values.isMany ? 'labels' : 'a label';
  }
}
