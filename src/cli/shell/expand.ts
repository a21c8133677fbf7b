import type { Command } from '../command.ts';
import { advance, startOf } from '../completion-walk.ts';
import type { Word } from './words.ts';

/**
 * Write the words of a line in full, as the parser takes them. What has no place is left as it is, for
 * the parser to say what is wrong with it.
 *
 * @throws {CertError} USAGE_INVALID: an abbreviation of several words
 */
export function expand(words: readonly Word[], commands: readonly Command[]): readonly string[] {
  let at = startOf(commands);
  const spelled: string[] = [];
  for (const [index, word] of words.entries()) {
    const step = advance(at, word, true);
    if (step.isUnknown) return [...spelled, ...words.slice(index).map(({ text }) => text)];
    spelled.push(step.spelled);
    at = step.position;
  }
  return spelled;
}

/** Take away the program's name, which lines printed for other shells begin with. */
export function withoutProgram(words: readonly Word[]): readonly Word[] {
  return words[0]?.text === 'certkeeper' ? words.slice(1) : words;
}
