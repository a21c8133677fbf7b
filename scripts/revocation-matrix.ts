/**
 * Write docs/revocation-matrix.md and docs/ipsec-matrix.md: the lists that the tests of OCSP responses, CRLs and tunnels go
 * through, and those of IKE gateways.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ipsecMatrixPage } from '../test/interop/ipsec/matrix-page.ts';
import { matrixPage } from '../test/interop/revocation/matrix-page.ts';

writeFileSync(join(import.meta.dirname, '../docs/revocation-matrix.md'), matrixPage());
writeFileSync(join(import.meta.dirname, '../docs/ipsec-matrix.md'), ipsecMatrixPage());
