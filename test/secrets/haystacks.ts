import { lstatSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import type { Haystack } from './scan.ts';

/** Read every file below a directory, by its path. */
export function filesBelow(directory: string): readonly Haystack[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .map((entry) => join(entry.parentPath, entry.name))
    .filter((path) => lstatSync(path).isFile())
    .map((place) => ({ place, octets: readFileSync(place) }))
    .toSorted((a, b) => (a.place < b.place ? -1 : 1));
}

/**
 * Read every value of a database as SQLite puts it together: in the file, a long one lies in pieces, and a row that
 * was deleted in none.
 */
export function valuesOf(path: string): readonly Haystack[] {
  const database = new Sqlite(path, { readonly: true });
  try {
    const tables = database
      .prepare<[], { name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'")
      .all();
    return tables.flatMap(({ name: table }) =>
      database
        .prepare<[], Readonly<Record<string, unknown>>>(`SELECT * FROM "${table}"`)
        .all()
        .flatMap((row) =>
          Object.entries(row).flatMap(([column, value]) => {
            const place = `${path}: ${table}.${column}`;
            if (typeof value === 'string') return [{ place, octets: Buffer.from(value) }];
            return value instanceof Uint8Array ? [{ place, octets: value }] : [];
          }),
        ),
    );
  } finally {
    database.close();
  }
}
