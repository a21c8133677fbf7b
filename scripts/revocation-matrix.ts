/**
 * Write docs/revocation-matrix.md: the lists that the tests of OCSP responses, CRLs and tunnels go through.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { matrixPage } from '../test/interop/revocation/matrix-page.ts';

writeFileSync(join(import.meta.dirname, '../docs/revocation-matrix.md'), matrixPage());
