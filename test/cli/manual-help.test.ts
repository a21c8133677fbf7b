import { describe, expect, it } from 'vitest';
import { defineCommand } from '../../src/cli/command.ts';
import { commands } from '../../src/cli/grammar.ts';
import { helpText, usageLine } from '../../src/cli/help.ts';
import { shellTable } from '../../src/cli/shell/session.ts';

const odd = defineCommand({
  words: ['odd'],
  changes: 'nothing',
  summary: 'Do something that no group was thought of for',
  parameters: {
    name: { type: 'label', required: true, positional: true, summary: 'Its name' },
    count: { type: 'integer', min: 1, max: 9, summary: 'How many' },
    all: { type: 'flag', summary: 'All of them' },
  },
  constraints: [{ atMostOne: ['count', 'all'] }],
  load: async () => ({ run: async () => 0 }),
});

describe('certkeeper --help', () => {
  it('lists every command, those of no group at the end', () => {
    const text = helpText([], [...commands, odd], Infinity);
    for (const { words, summary } of [...commands, odd]) {
      expect(text).toContain(`  ${words.join(' ')} `);
      expect(text).toContain(summary);
    }
    expect(text).toContain('\nMore\n  odd  Do something');
  });

  it('lists what takes something back with what it takes back', () => {
    const parts = helpText([], commands, Infinity).split('\n\n');
    for (const { words } of commands.filter((each) => each.words[0] === 'no')) {
      const part = parts.find((each) => each.includes(`\n  ${words.join(' ')} `));
      expect(part).toMatch(new RegExp(`^ {2}${words[1] ?? ''} `, 'm'));
    }
  });

  it('lists the commands about modes only in the shell', () => {
    expect(helpText([], commands, Infinity)).not.toContain('certkeeper shell\n');
    expect(helpText([], shellTable({ open: [], isOver: false }), Infinity)).toMatch(
      /Only in certkeeper shell\n {2}configure/,
    );
  });
});

describe('usageLine()', () => {
  it('writes a command in the form of gateways and in that of Unix', () => {
    expect(usageLine(odd)).toBe('certkeeper odd N [count N | all]');
    expect(usageLine(odd, '--')).toBe('certkeeper odd --name N [--count N | --all]');
  });
});
