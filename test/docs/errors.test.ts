import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { exitCodeOf } from '../../src/base/errors.ts';

const page = readFileSync(join(import.meta.dirname, '../../docs/errors.md'), 'utf8');

describe('docs/errors.md', () => {
  it('lists exactly the codes of src/base/errors.ts, each with its exit code', () => {
    const rows = [...page.matchAll(/^\| `([A-Z_]+)` \| (\d+) \|/gm)];
    const documented = rows.map(([, code, exitCode]) => `${code} ${exitCode}`);
    const thrown = Object.entries(exitCodeOf).map(([code, exitCode]) => `${code} ${exitCode}`);
    expect(documented.toSorted()).toEqual(thrown.toSorted());
  });

  it('says of each code what it means and what to do', () => {
    for (const row of page.split('\n').filter((line) => /^\| `[A-Z]/.test(line))) {
      expect(row).toMatch(/^\| `[A-Z_]+` \| \d+ \| [^|]+\. \| [^|]+\. \|$/);
    }
  });

  it('explains every exit code', () => {
    for (const exitCode of new Set([0, ...Object.values(exitCodeOf)])) {
      expect(page).toMatch(new RegExp(`^\\| ${exitCode} \\| [a-z\`]`, 'm'));
    }
  });
});
