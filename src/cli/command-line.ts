import type { Globals } from './global-options.ts';

/**
 * Write a command line to paste: quoted for a shell, and for the state directory this one was for.
 *
 * @param words without `certkeeper`
 */
export function commandLine(words: readonly string[], { state }: Pick<Globals, 'state'>): string {
  const all = state === undefined ? words : [...words, '--state', state];
  return ['certkeeper', ...all].map(quoted).join(' ');
}

/** Make a word of a command line that a shell takes as it is. */
export function quoted(word: string): string {
  return /^[\w./:@%+=,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
