import { CertError } from '../base/errors.ts';
import type { Database } from './database.ts';
import { schemaDifferences } from './schema-check.ts';
import { schema } from './schema.ts';

/** Whoever has more than these has no use for the others. */
const mostFindings = 5;

/** What an open store is of. */
const newest = schema.at(-1)?.version ?? 0;

/**
 * Look through the whole database for damage, for rows that refer to others that are not there, and for triggers,
 * indexes, views and tables that are not certkeeper's.
 */
export async function findDamage(database: Database): Promise<readonly string[]> {
  try {
    return await database.read((sql) => {
      const damage = sql
        .all(`PRAGMA integrity_check(${mostFindings})`)
        .map((row) => String(row['integrity_check']))
        .filter((text) => text !== 'ok');
      const lost = sql
        .all('PRAGMA foreign_key_check')
        .map(
          (row) =>
            `a row of ${String(row['table'])} refers to one of ${String(row['parent'])} that is gone`,
        );
      return [...damage, ...lost, ...schemaDifferences(sql, newest)].slice(0, mostFindings);
    });
  } catch (error) {
    // Some damage is worse than the check expects.
    if (error instanceof CertError && error.code === 'STORE_CORRUPT') return [error.message];
    throw error;
  }
}
