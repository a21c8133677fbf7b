/**
 * No line that anything reads is longer. One that goes on is handed over as far as it came, for whoever reads it to
 * refuse: a stream without line ends must not fill the memory.
 */
export const MAX_PENDING_CHARACTERS = 1_048_576;

/** Take a stream of UTF-8 apart at its line ends: LF, CR LF or CR. */
export async function* splitLines(
  stream: AsyncIterable<Uint8Array | string>,
): AsyncGenerator<string, void, undefined> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of stream) {
    rest += typeof chunk === 'string' ? chunk : decoder.decode(chunk, { stream: true });
    // A CR at the end may be half of a line end.
    const lines = rest.split(/\r\n|\n|\r(?!$)/);
    rest = lines.pop() ?? '';
    yield* lines;
    if (rest.length <= MAX_PENDING_CHARACTERS) continue;
    yield rest;
    rest = '';
  }
  rest = (rest + decoder.decode()).replace(/\r$/, '');
  if (rest !== '') yield rest;
}
