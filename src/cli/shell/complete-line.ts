import type { Command } from '../command.ts';
import { candidatesFor, type LiveValues } from '../completion.ts';
import { advance, startOf } from '../completion-walk.ts';
import { withoutProgram } from './expand.ts';
import { splitLine, type Word } from './words.ts';

/**
 * Find what the last word of a line may become, as text to stand in its place.
 *
 * @returns the candidates, and the text they replace
 */
export async function completeLine(
  line: string,
  commands: readonly Command[],
  live: LiveValues,
): Promise<readonly [hits: string[], on: string]> {
  const { words, open } = splitLine(line);
  const last = words.at(-1);
  const isBegun = last !== undefined && (open !== undefined || last.end === line.length);
  const typed: Word = isBegun
    ? last
    : { text: '', isQuoted: false, start: line.length, end: line.length };
  let at = startOf(commands);
  for (const word of withoutProgram(isBegun ? words.slice(0, -1) : words)) {
    const step = advance(at, word, true);
    if (step.isUnknown) return [[], line];
    at = step.position;
  }
  const on = line.slice(typed.start);
  const quote = open === '"' || open === "'" ? open : '';
  const candidates = await candidatesFor(at, typed.text, live);
  const hits = candidates.map(({ text }) => {
    // What ends so is only half of a value.
    const isWhole = !/[/:=]$/.test(text);
    if (quote === '') return escaped(text) + (isWhole ? ' ' : '');
    return quote + inside(text, quote) + (isWhole ? `${quote} ` : '');
  });
  return [hits, on];
}

function escaped(text: string): string {
  return text.replaceAll(/[\s"'\\]/g, '\\$&');
}

function inside(text: string, quote: string): string {
  return quote === '"' ? text.replaceAll(/["\\]/g, '\\$&') : text;
}
