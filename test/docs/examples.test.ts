import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/grammar.ts';
import { parseCommandLine } from '../../src/cli/parse.ts';
import { splitLine } from '../../src/cli/shell/words.ts';

const root = join(import.meta.dirname, '../..');
const pages = readdirSync(join(root, 'docs')).filter((page) => page.endsWith('.md'));
const files = ['README.md', ...pages.map((page) => `docs/${page}`)];

/** The commands in the blocks of a page and between backticks; not those with something left out. */
function commandsIn(file: string): readonly string[] {
  const text = readFileSync(join(root, file), 'utf8').replaceAll('\\\n', ' ');
  const block = /^```\w*\n(.*?)^```/gms;
  const lines = [...text.matchAll(block)].flatMap(([, inside = '']) => inside.split('\n'));
  const inline = [...text.replaceAll(block, '').matchAll(/`(certkeeper [^`]+)`/g)];
  return [...lines, ...inline.map(([, line = '']) => line.replaceAll('\n', ' '))]
    .map((line) => line.replace(/^(\$ )?/, '').replace(/ +[#<>|&].*$/, ''))
    .filter((line) => line.startsWith('certkeeper ') && !line.includes('…'));
}

/** Say why a command line would be refused; absent when it would not. */
function complaint(line: string): string | undefined {
  const words = splitLine(line).words.map(({ text }) => text);
  try {
    const invocation = parseCommandLine(words.slice(1), commands);
    const isHalf = invocation.type === 'help' && !invocation.asked;
    return isHalf ? `${line}: no whole command` : undefined;
  } catch (error) {
    return `${line}: ${String(error)}`;
  }
}

describe('the commands in the documentation', () => {
  it('are found', () => {
    expect(files.flatMap(commandsIn).length).toBeGreaterThan(50);
  });

  it.each(files.filter((file) => file !== 'docs/cli.md'))('of %s are understood', (file) => {
    expect(commandsIn(file).map(complaint).filter(Boolean)).toEqual([]);
  });
});
