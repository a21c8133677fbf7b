import type { Command } from './command.ts';
import type { ParameterTable } from './parameter.ts';

/** Find the parameters that a `no` command has not by itself, and the command it undoes has. */
export function undoneBy(
  { words, parameters }: Command,
  others: readonly Command[],
): ParameterTable {
  const [first, ...rest] = words;
  if (first !== 'no') return {};
  const undone = others.find((each) => {
    const said = each.words.join(' ');
    return said === rest.join(' ') || said === `${rest.join(' ')} add`;
  });
  return Object.fromEntries(
    Object.entries(undone?.parameters ?? {}).filter(
      ([word, { type }]) => parameters[word]?.type !== type,
    ),
  );
}

/** Show a word without what follows "=", which may be a secret. */
export function withoutValue(word: string): string {
  return word.replace(/=.+$/s, '=…');
}

/** Tell an option from a value; PEM begins with more hyphens. */
export function isOption(text: string): boolean {
  return text.startsWith('--') && !text.startsWith('---');
}

/** Find the keyword of several words that a word begins, or belongs to where no name would look like that. */
export function keywordWith(table: ParameterTable, text: string): string | undefined {
  const several = Object.keys(table).map((key) => key.split(' '));
  const found = several.find(
    ([first, ...rest]) =>
      rest.length > 0 && (first === text || (text.includes('-') && rest.includes(text))),
  );
  return found?.join(' ');
}
