import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ipsecMatrixPage } from '../interop/ipsec/matrix-page.ts';
import { listMatrixRows } from '../interop/ipsec/matrix-rows.ts';

describe('docs/ipsec-matrix.md', () => {
  it('is what `npm run revocation-matrix` writes', () => {
    const page = readFileSync(join(import.meta.dirname, '../../docs/ipsec-matrix.md'), 'utf8');
    // Not shown: a diff of the page says nothing that the command would not do.
    expect(page === ipsecMatrixPage(), 'run `npm run revocation-matrix`').toBe(true);
  });

  it('gives a reason wherever it is another with us, and nowhere else', () => {
    for (const [name, { alone, together, why }] of listMatrixRows()) {
      const isOther = together?.some((verdict, i) => verdict !== alone[i]) ?? false;
      expect([name, why !== undefined]).toEqual([name, isOther]);
    }
  });

  it('accepts with us what charon alone refuses only by a CRL that we are set up with', () => {
    for (const [name, { alone, together = alone, by }] of listMatrixRows()) {
      const isLaxer = together.some((verdict, i) => verdict === 'accepts' && alone[i] !== verdict);
      expect([name, isLaxer]).toEqual([name, isLaxer && by === 'ca-crl']);
    }
  });
});
