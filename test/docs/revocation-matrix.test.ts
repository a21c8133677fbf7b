import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { matrixPage } from '../interop/revocation/matrix-page.ts';
import { decisionRows } from '../interop/revocation/decision-rows.ts';

describe('docs/revocation-matrix.md', () => {
  it('is what `npm run revocation-matrix` writes', () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/revocation-matrix.md'), 'utf8');
    // Not `toBe`, which would print both pages.
    expect(page === matrixPage(), 'run `npm run revocation-matrix`').toBe(true);
  });

  it('has every cell of the table of docs/validation.md, and a reason for every refusal', () => {
    const rows = decisionRows();
    expect(rows).toHaveLength(3 * 7 * 5 + 5);
    const wrong = rows.filter(
      ({ decision, reason }) =>
        !/^(?:accept(?:, `[a-z-]+`)?|reject)$/.test(decision) ||
        (decision === 'reject') !== (reason !== undefined && reason !== 'never'),
    );
    expect(wrong).toEqual([]);
  });
});
