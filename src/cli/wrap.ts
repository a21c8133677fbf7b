/** How words are laid out in lines. */
export interface Layout {
  /** Width of the terminal. */
  readonly columns: number;
  /** Blanks before every line but the first. */
  readonly indent: number;
  /** Where the first word stands; at the indent when absent. */
  readonly start?: number;
}

/** Room that words get at least, however narrow the terminal is: it then breaks lines as terminals do. */
const MIN_ROOM = 24;

/** Lay out words with blanks between them in lines of a terminal; one that is longer than a line is not broken. */
export function wrapWords(
  words: readonly string[],
  { columns, indent, start = indent }: Layout,
): string {
  const width = Math.max(columns, indent + MIN_ROOM);
  let text = '';
  let column = start;
  for (const word of words) {
    if (text === '') {
      text = word;
      column += word.length;
    } else if (column + 1 + word.length <= width) {
      text += ` ${word}`;
      column += 1 + word.length;
    } else {
      text += `\n${' '.repeat(indent)}${word}`;
      column = indent + word.length;
    }
  }
  return text;
}

/** Lay out a text in lines of a terminal. */
export function wrapText(text: string, layout: Layout): string {
  return wrapWords(text.split(' '), layout);
}
