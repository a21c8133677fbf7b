/**
 * Read what `show cert` reads of each certificate, in the same order, with nothing but the database, and hash it.
 *
 * usage: read-rows.ts DATABASE
 */
import { hash } from 'node:crypto';
import Sqlite from 'better-sqlite3';

const database = new Sqlite(process.argv[2], { readonly: true });
const rows = database
  .prepare<[], { name: string; der: Buffer }>(
    "SELECT name, der FROM certificates WHERE status = 'current' ORDER BY name",
  )
  .iterate();
for (const { name, der } of rows) {
  process.stdout.write(`${hash('sha256', der).slice(0, 8)}  ${name}\n`);
}
database.close();
