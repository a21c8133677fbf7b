/**
 * Write what is generated in docs/: the reference of commands, and the manual pages, which package.json
 * lists for npm to install.
 */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { manualFiles, manualPages } from '../src/cli/manual-files.ts';

const docs = join(import.meta.dirname, '../docs');
const files = manualFiles();

mkdirSync(join(docs, 'man'), { recursive: true });
for (const name of readdirSync(join(docs, 'man'))) {
  // A page of a command that went.
  if (!files.has(`man/${name}`)) rmSync(join(docs, 'man', name));
}
for (const [path, text] of files) writeFileSync(join(docs, path), text);

const path = join(docs, '../package.json');
const text = readFileSync(path, 'utf8');
const manifest: Readonly<Record<string, unknown>> = JSON.parse(text);
const listed = `${JSON.stringify({ ...manifest, man: manualPages(files) }, null, 2)}\n`;
if (listed !== text) writeFileSync(path, listed);
