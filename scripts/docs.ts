/** Write what is generated in docs/: the reference of commands, and the manual pages. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { manualFiles } from '../src/cli/manual-files.ts';

const docs = join(import.meta.dirname, '../docs');
const files = manualFiles();

mkdirSync(join(docs, 'man'), { recursive: true });
for (const name of readdirSync(join(docs, 'man'))) {
  // A page of a command that went.
  if (!files.has(`man/${name}`)) rmSync(join(docs, 'man', name));
}
for (const [path, text] of files) writeFileSync(join(docs, path), text);
