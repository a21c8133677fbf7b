import type { ParameterTable } from './parameter.ts';

/**
 * Find the keyword that stands at a place of a line, of one word or of several.
 *
 * @returns the longest one of the table
 */
export function keywordAt(
  table: ParameterTable,
  words: readonly string[],
  at: number,
): string | undefined {
  const first = words[at] ?? '';
  const several = Object.keys(table)
    .filter((key) => key.startsWith(`${first} `))
    .filter((key) => key.split(' ').every((word, i) => words[at + i] === word))
    .toSorted((a, b) => b.length - a.length);
  return several[0] ?? (isWordOf(table, first) ? first : undefined);
}

/** Find the keyword that an option is: several words are joined by hyphens in it. */
export function keywordOfOption(table: ParameterTable, name: string): string | undefined {
  if (isWordOf(table, name)) return name;
  return Object.keys(table).find((key) => key.includes(' ') && key.replaceAll(' ', '-') === name);
}

/** The words of keywords that may follow these words of one; of the first word, when there are none. */
export function followingWords(table: ParameterTable, begun: readonly string[]): readonly string[] {
  const following = Object.keys(table)
    .map((key) => key.split(' '))
    .filter((words) => begun.every((word, i) => words[i] === word))
    .flatMap((words) => words[begun.length] ?? []);
  return [...new Set(following)];
}

/** Tell whether more values may follow that of a keyword: not where something is said of each. */
export function takesMore(table: ParameterTable, word: string): boolean {
  const isSaidOf = Object.values(table).some(({ of }) => of === word);
  return table[word]?.many === true && !isSaidOf;
}

function isWordOf(table: ParameterTable, word: string): boolean {
  return !word.includes(' ') && Object.hasOwn(table, word);
}
