import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { commands } from '../../src/cli/grammar.ts';
import { exitCodeMeaning } from '../../src/cli/manual-exit-codes.ts';
import { optionOf } from '../../src/cli/parameter.ts';
import { manualFiles, manualPages } from '../../src/cli/manual-files.ts';
import { chapterPage } from '../../src/cli/manual-page.ts';
import { defineCommand } from '../../src/cli/command.ts';

const docs = join(import.meta.dirname, '../../docs');
const files = manualFiles();
const reference = files.get('cli.md') ?? '';

describe('the generated files of docs/', () => {
  it.each([...files])('%s is in step with the table: if not, run "npm run docs"', (path, text) => {
    expect(readFileSync(join(docs, path), 'utf8')).toBe(text);
  });

  it('are all there is in docs/man', () => {
    const pages = readdirSync(join(docs, 'man')).map((name) => `man/${name}`);
    expect(pages.filter((page) => !files.has(page))).toEqual([]);
  });
});

describe('package.json', () => {
  it('lists every manual page, so that npm installs it: if not, run "npm run docs"', () => {
    const text = readFileSync(join(docs, '../package.json'), 'utf8');
    const manifest: { readonly man: readonly string[] } = JSON.parse(text);
    expect(manifest.man).toEqual(manualPages(files));
  });
});

describe('docs/cli.md', () => {
  it.each(commands.map((command) => [command.words.join(' '), command] as const))(
    'explains %s, in both spellings',
    (words, command) => {
      const [, section = ''] = reference.split(`\n### ${words}\n`);
      const [own = ''] = section.split('\n### ');
      expect(own).toContain(command.summary);
      expect(own).toContain(`\ncertkeeper ${words}`);
      for (const [word, parameter] of Object.entries(command.parameters)) {
        expect(own).toContain(parameter.summary.replaceAll('|', '\\|').replaceAll('<', '&lt;'));
        expect(own).toContain(optionOf(word));
      }
      expect(own).toContain(command.example ?? words);
    },
  );

  it('means the same by each exit code as docs/errors.md', () => {
    const page = readFileSync(join(docs, 'errors.md'), 'utf8');
    const rows = [...page.matchAll(/^\| (\d+) \| (.+) \|$/gm)];
    expect(rows.length).toBeGreaterThan(10);
    const ours: Readonly<Record<string, string>> = exitCodeMeaning;
    for (const [, code = '', meaning] of rows) expect(ours[code]).toBe(meaning);
  });
});

describe('a manual page', () => {
  it('says what roff would take for something else in another way', () => {
    const command = defineCommand({
      words: ['odd'],
      changes: 'nothing',
      summary: '.Begin with a \'dot\' and a \\, then "quote" – and go on…',
      parameters: {},
      load: async () => ({ run: async () => 0 }),
    });
    const { file, text } = chapterPage({ word: 'odd', commands: [command] });
    expect(file).toBe('certkeeper-odd.1');
    expect(text).toContain(
      '\n\\&.Begin with a \\(aqdot\\(aq and a \\e, then \\(dqquote\\(dq \\[u2013] and go on....\n',
    );
    expect(text).toMatch(/^[\n -~]*$/);
  });
});
