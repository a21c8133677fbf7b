import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readPlaces } from '../conformance/plan.ts';
import { readRows } from '../conformance/rows.ts';
import { conformancePage } from '../conformance/table.ts';
import { readNamedTests } from '../conformance/titles.ts';

const root = join(import.meta.dirname, '../..');
const rows = readRows(root);
const tests = readNamedTests(root);

describe('docs/conformance-rows.md', () => {
  it('has 102 rows, none of them twice', () => {
    expect(rows).toHaveLength(102);
  });

  it('has no row without a test', () => {
    const named = new Set(tests.flatMap((test) => test.rows));
    expect(rows.map(({ id }) => id).filter((id) => !named.has(id))).toEqual([]);
  });

  it('has every row that a test names', () => {
    const known = new Set(rows.map(({ id }) => id));
    const strange = tests.filter((test) => test.rows.some((row) => !known.has(row)));
    expect(strange.map(({ file, title }) => `${file}: ${title}`)).toEqual([]);
  });
});

describe('docs/conformance.md', () => {
  it('is what `npm run conformance` writes', () => {
    const page = readFileSync(join(root, 'docs/conformance.md'), 'utf8');
    // Not `toBe`, which would print both pages.
    const isInStep = page === conformancePage(rows, tests);
    expect(isInStep, 'run `npm run conformance`').toBe(true);
  });
});

describe('the comments in src that name a row', () => {
  it('name every row at least once, and no other, with every written mutation in its place', () => {
    const named = new Set(readPlaces(root).map(({ row }) => row));
    expect([...named].toSorted()).toEqual(rows.map(({ id }) => id).toSorted());
  });

  it('stand above statements that can be taken out', () => {
    const fixed = readPlaces(root).filter(({ mutations }) => mutations.length === 0);
    expect(fixed.map(({ row, file, line }) => `${row} ${file}:${line}`)).toEqual([]);
  });
});
