/**
 * Write docs/conformance.md: the rows of docs/conformance-rows.md with the tests that name them.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readRows } from '../test/conformance/rows.ts';
import { conformancePage } from '../test/conformance/table.ts';
import { readNamedTests } from '../test/conformance/titles.ts';

const root = join(import.meta.dirname, '..');
const rows = readRows(root);
const tests = readNamedTests(root);
writeFileSync(join(root, 'docs/conformance.md'), conformancePage(rows, tests));
const bare = rows.filter(({ id }) => !tests.some((test) => test.rows.includes(id)));
if (bare.length > 0) console.log(`no test names ${bare.map(({ id }) => id).join(', ')}`);
