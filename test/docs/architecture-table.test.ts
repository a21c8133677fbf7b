import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { steps, waterline } from '../harness/steps.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/architecture.md'), 'utf8');

/** What a row says of a folder, in one line: its step, and what it may use. */
type Row = string;

/** The table as the page has it; a row without a step stands on that of the row before. */
function rowsOfPage(): readonly Row[] {
  const lines = page.split('\n');
  const begin = lines.findIndex((line) => line.startsWith('| step | folder |')) + 2;
  const rows: Row[] = [];
  let step = '';
  for (const line of lines.slice(begin)) {
    if (!line.startsWith('|')) break;
    const [, number = '', folders = '', , packages = ''] = line
      .split('|')
      .map((cell) => cell.trim());
    if (number !== '') step = number;
    for (const [, path = ''] of folders.matchAll(/`([^`]+)`/g)) {
      rows.push(row(path, step, namesIn(packages)));
    }
  }
  return rows;
}

/** Names as written: `node:` stands once, and holds for what follows it. */
function namesIn(packages: string): readonly string[] {
  const names = packages.replace(/ \(.*\)$/, '').split(', ');
  const firstOfNode = names.findIndex((name) => name.startsWith('node:'));
  return names
    .filter((name) => name !== '–')
    .map((name, i) => (firstOfNode !== -1 && i > firstOfNode ? `node:${name}` : name));
}

function row(path: string, step: string, packages: readonly string[]): Row {
  return `${path} ${step}: ${[...new Set(packages)].toSorted().join(' ')}`;
}

describe('the table of docs/architecture.md', () => {
  it('says of each folder where it stands and what it may use, as the staircase is checked', () => {
    // The page does not tell a module of Node from its variant with promises.
    const held = steps.map(({ path, step, packages }) =>
      row(
        path,
        String(step),
        packages.map((name) => name.replace('/promises', '')),
      ),
    );
    expect(rowsOfPage().toSorted()).toStrictEqual(held.toSorted());
  });

  it('has the waterline in its place', () => {
    const [above = ''] = page.split('**waterline**');
    expect(above).toMatch(/\| 7 \| `src\/http` .*\n\| \| $/);
    expect(waterline).toBe(7);
  });
});
