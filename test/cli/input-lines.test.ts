import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { MAX_PENDING_CHARACTERS, splitLines } from '../../src/cli/input-lines.ts';

async function* stream(...chunks: readonly (Uint8Array | string)[]) {
  yield* chunks;
}

async function linesOf(...chunks: readonly (Uint8Array | string)[]): Promise<readonly string[]> {
  const lines: string[] = [];
  for await (const line of splitLines(stream(...chunks))) lines.push(line);
  return lines;
}

describe('splitLines()', () => {
  it('ends a line at LF, CR LF and CR, wherever the stream is cut', async () => {
    expect(await linesOf('a\nb\r\nc\rd')).toEqual(['a', 'b', 'c', 'd']);
    expect(await linesOf('a\r', '\nb\r', 'c\r')).toEqual(['a', 'b', 'c']);
    expect(await linesOf('a', 'b\n', '\n', 'c')).toEqual(['ab', '', 'c']);
    expect(await linesOf()).toEqual([]);
  });

  it('keeps characters together that are cut', async () => {
    const octets = utf8('ü€\n');
    expect(await linesOf(...[...octets].map((octet) => Uint8Array.of(octet)))).toEqual(['ü€']);
  });

  it('hands over a line that does not end, before it fills the memory', async () => {
    let asked = 0;
    async function* endless() {
      for (;;) {
        asked++;
        yield 'a'.repeat(65_536);
      }
    }
    const { value } = await splitLines(endless()).next();
    expect(value?.length).toBeGreaterThan(MAX_PENDING_CHARACTERS);
    expect(asked).toBeLessThan(20);
  });
});
