import { z } from 'zod';
import type { Label } from '../base/label.ts';
import * as leaf from './leaves.ts';

/** A key of the file: what may stand behind it, and for people, what that is about. */
export type Word = {
  readonly required?: true;
  /** One value, or a list of them. */
  readonly many?: true;
  readonly summary: string;
} & (
  | { readonly type: 'text' | 'name' | 'switch' | 'url' | 'mode' }
  /** A file, or PEM. */
  | { readonly type: 'certificates' }
  /** Where a secret is; with `kept`, one that is stored can be kept or taken away, too. */
  | { readonly type: 'secret'; readonly kept?: true }
  | { readonly type: 'integer'; readonly min: number; readonly max: number }
  /** In seconds. */
  | { readonly type: 'duration'; readonly min?: number; readonly max?: number }
  | { readonly type: 'choice'; readonly choices: readonly [string, ...string[]] }
);

/** The keys of a map. */
export type WordTable = Readonly<Record<string, Word>>;

type OneOf<W extends Word> = W extends { readonly choices: readonly (infer C)[] }
  ? C
  : {
      text: string;
      name: Label;
      switch: boolean;
      url: string;
      mode: string;
      certificates: string;
      secret: string;
      integer: number;
      duration: number;
      choice: string;
    }[W['type']];

type ValueOf<W extends Word> = W extends { readonly many: true } ? readonly OneOf<W>[] : OneOf<W>;

type Required<T extends WordTable> = {
  [K in keyof T]: T[K] extends { readonly required: true } ? K : never;
}[keyof T];

/** What a table of keys stands for, understood. */
export type WordsOf<T extends WordTable> = {
  readonly [K in Required<T>]: ValueOf<T[K]>;
} & {
  readonly [K in Exclude<keyof T, Required<T>>]?: ValueOf<T[K]> | undefined;
};

/** Make the schema of a map with these keys and, beside them, others. */
export function schemaOf<T extends WordTable, More extends object = object>(
  table: T,
  more: Readonly<Record<string, z.ZodType>> = {},
): z.ZodType<WordsOf<T> & More> {
  const shape = Object.entries(table).map(([key, word]) => [key, schemaOfWord(word)] as const);
  const schema: unknown = z.strictObject({ ...Object.fromEntries(shape), ...more });
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- made of the table the type is made of
  return schema as z.ZodType<WordsOf<T> & More>;
}

function schemaOfWord(word: Word): z.ZodType {
  const one = leafOf(word);
  const all = word.many === true ? z.union([one.transform((value) => [value]), z.array(one)]) : one;
  return (word.required === true ? all : all.optional()).describe(word.summary);
}

function leafOf(word: Word): leaf.Leaf<string | number | boolean> {
  switch (word.type) {
    case 'text':
      return leaf.text;
    case 'name':
      return leaf.name;
    case 'switch':
      return leaf.yesOrNo;
    case 'url':
      return leaf.url;
    case 'mode':
      return leaf.mode;
    case 'certificates':
      return leaf.certificates;
    case 'secret':
      return word.kept === true ? leaf.secret : leaf.source;
    case 'integer':
      return leaf.integer(word.min, word.max);
    case 'duration':
      return leaf.duration(word.min, word.max);
    case 'choice':
      return leaf.choice(...word.choices);
  }
}
