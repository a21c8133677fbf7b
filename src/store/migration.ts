import type Sqlite from 'better-sqlite3';

/**
 * One numbered step of a database's schema. The SQL lives in `.ts` files because the compiler copies
 * nothing else into the package. A step that was ever released is never changed again.
 */
export interface Migration {
  /** 1, 2, …, without a gap. */
  readonly version: number;
  /** Statements, run in one transaction; `migrate` names the functions they may call beside those of SQLite. */
  readonly sql: string;
}

/** Read the schema's version; 0 in a new database. */
export function schemaVersion(connection: Sqlite.Database): number {
  return Number(connection.pragma('user_version', { simple: true }));
}
