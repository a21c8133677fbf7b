import Sqlite from 'better-sqlite3';

import { quoted } from '../base/quoted.ts';
import { registerFunctions } from './migrate.ts';
import { schema } from './schema.ts';
import { sqlOver, type Sql } from './sql.ts';

/** Whoever has more than these has no use for the others. */
const mostDifferences = 5;

/**
 * Compare the tables, indexes, triggers and views of a database with those of a new one of the same version: a
 * trigger more can keep the audit trail quiet, an index less lets two certificates be the current one.
 *
 * A database in use is not looked at in this way each time it is opened: who can write to the file can do anything to
 * it afterwards, and it would take several times as long as the opening itself.
 *
 * @param version one that there is
 * @param isAllowed tells of a statement that it may stand there beside those
 * @returns what differs, in words, by name; the first few
 */
export function schemaDifferences(
  sql: Pick<Sql, 'all'>,
  version: number,
  isAllowed: (statement: string) => boolean = () => false,
): readonly string[] {
  const [found, expected] = [objectsIn(sql), expectedOf(version)];
  return [...new Set([...found.keys(), ...expected.keys()])]
    .toSorted()
    .flatMap((name) => {
      const [is, should] = [found.get(name), expected.get(name)];
      if (is === should) return [];
      if (is === undefined) return [`${name} is missing`];
      if (should !== undefined) return [`${name} is not as certkeeper makes it`];
      return isAllowed(is) ? [] : [`${name} is not certkeeper's`];
    })
    .slice(0, mostDifferences);
}

function expectedOf(version: number): ReadonlyMap<string, string> {
  const connection = new Sqlite(':memory:');
  try {
    registerFunctions(connection);
    for (const step of schema) if (step.version <= version) connection.exec(step.sql);
    return objectsIn(sqlOver(connection));
  } finally {
    connection.close();
  }
}

/** Give what there is, by kind and name, each as the statement that made it and the table it is on. */
function objectsIn(sql: Pick<Sql, 'all'>): ReadonlyMap<string, string> {
  const rows = sql.all(
    // What ANALYZE counts is of no consequence but for speed.
    `SELECT type, name, tbl_name, sql FROM sqlite_schema
     WHERE NOT (type = 'table' AND name IN ('sqlite_stat1', 'sqlite_stat4'))`,
  );
  return new Map(
    rows.map(({ type, name, tbl_name: table, sql: statement }) => [
      `${String(type)} ${quoted(String(name))}`,
      // An index that a UNIQUE of its table brought has no statement.
      normalized(typeof statement === 'string' ? statement : `on ${String(table)}`),
    ]),
  );
}

/** There are no comments in ours, and no text in which the kind of white space matters. */
export function normalized(statement: string): string {
  return statement.replace(/\s+/g, ' ').trim();
}
