import { describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/grammar.ts';
import { helpText } from '../../src/cli/help.ts';
import { liveValues } from '../../src/cli/completion-names.ts';
import { explain } from '../../src/cli/shell/explain.ts';
import type { Word } from '../../src/cli/shell/words.ts';
import { wrapText } from '../../src/cli/wrap.ts';
import { fakeIo } from './fake-io.ts';
import { makeBench } from './run-cli.ts';

function word(text: string): Word {
  return { text, isQuoted: false, start: 0, end: text.length };
}

function longest(text: string): number {
  // An example is in one line, to be copied.
  const lines = text.split('\nExample\n', 1).join('').split('\n');
  return Math.max(...lines.map((line) => line.length));
}

describe('wrapText()', () => {
  it('breaks between words, indents what follows, and breaks no word', () => {
    expect(wrapText('aa bb cccc', { columns: 30, indent: 2 })).toBe('aa bb cccc');
    const words = 'one-word-of-twenty-eight-char and more';
    expect(wrapText(words, { columns: 30, indent: 4 })).toBe(
      'one-word-of-twenty-eight-char\n    and more',
    );
  });
});

describe('help', () => {
  it.each(commands.map(({ words }) => words.join(' ')))(
    'on %s stays within a terminal of 80 columns',
    (line) => {
      expect(longest(helpText(line.split(' '), commands, 80))).toBeLessThanOrEqual(80);
    },
  );

  it('on everything stays within the terminal, too, and within 80 columns off it', async () => {
    expect(longest(helpText([], commands, 80))).toBeLessThanOrEqual(80);
    expect(longest((await makeBench().run(['--help'])).out)).toBeLessThanOrEqual(80);
  });

  it('indents the further lines of a usage', () => {
    const text = helpText(['cmp', 'initialize'], commands, 80);
    expect(text).toMatch(/^Usage: certkeeper cmp initialize.*\n {4}\S/m);
  });

  it('at ? in the shell stays within the terminal, too', async () => {
    const globals = { json: false, quiet: false, verbose: false, yes: false };
    const live = liveValues(globals, fakeIo(), () => Promise.reject(new Error('no store')));
    const text = await explain([word('cmp'), word('initialize')], '', commands, live, 70);
    expect(longest(text)).toBeLessThanOrEqual(70);
  });
});
