/** One word of a line, as an operator meant it. */
export interface Word {
  /** Without quotes and backslashes. */
  readonly text: string;
  /** Some of it was quoted: then it is a value, and no abbreviation of anything. */
  readonly isQuoted: boolean;
  /** Where it stands in the line, quotes included. */
  readonly start: number;
  readonly end: number;
}

/** A line taken apart. */
export interface Line {
  readonly words: readonly Word[];
  /** What the line ends inside of: a quote, or a backslash that joins it to the next line. */
  readonly open: '"' | "'" | '\\' | undefined;
}

/**
 * Take a line apart at its blanks. `"…"` and `'…'` keep blanks together; a backslash makes the next
 * character plain, inside `"…"` only before `"` and `\`, so that the `\,` of a distinguished name stays as
 * it is. Nothing else is special: no variables, no patterns, no pipes.
 */
export function splitLine(line: string): Line {
  const words: Word[] = [];
  let at = 0;
  while (at < line.length) {
    if (isBlank(line[at])) {
      at++;
      continue;
    }
    const { word, open } = takeWord(line, at);
    words.push(word);
    at = word.end;
    if (open !== undefined) return { words, open };
  }
  return { words, open: undefined };
}

function takeWord(
  line: string,
  start: number,
): { readonly word: Word; readonly open: Line['open'] } {
  let text = '';
  let isQuoted = false;
  let quote: '"' | "'" | undefined;
  let at = start;
  for (; at < line.length; at++) {
    const character = line[at] ?? '';
    const next = line[at + 1];
    if (quote === undefined && isBlank(character)) break;
    if (character === '\\' && quote !== "'") {
      isQuoted ||= quote === undefined;
      if (next === undefined) {
        const word = { text, isQuoted, start, end: line.length };
        return { word, open: quote ?? '\\' };
      }
      const isPlain = quote === '"' && next !== '"' && next !== '\\' && next !== '\n';
      if (isPlain) text += character;
      // At the end of a line it joins the next one.
      if (next !== '\n') text += next;
      at++;
    } else if (character === quote) {
      quote = undefined;
    } else if (quote === undefined && (character === '"' || character === "'")) {
      quote = character;
      isQuoted = true;
    } else {
      text += character;
    }
  }
  return { word: { text, isQuoted, start, end: at }, open: quote };
}

function isBlank(character: string | undefined): boolean {
  return character === ' ' || character === '\t' || character === '\n' || character === '\r';
}
