import Sqlite from 'better-sqlite3';

import { CertError } from '../base/errors.ts';
import type { StoreCounts } from './care-contract.ts';
import { integer, octets, optional, time } from './column.ts';
import { readWrapped, sealedUnder, type WrappedDataKey } from './data-key.ts';
import { migrate } from './migrate.ts';
import { schemaVersion } from './migration.ts';
import { normalized, schemaDifferences } from './schema-check.ts';
import { schema } from './schema.ts';
import { sqlOver, type Sql } from './sql.ts';
import { storeError } from './store-error.ts';
import type { SealedUnder } from './store-key.ts';

/** A copy of a store's database in a file of its own, which nobody else has open. */
export interface BackupFile {
  readonly sql: Sql;
  /** Write into it when it was made and, if it is to have one, the store key; what stood there goes. */
  mark(at: Date, storeKey: Uint8Array | undefined): void;
  /** Take out what only a backup has, and what only the processes of its time needed. */
  unmark(): void;
  /**
   * Refuse what is damaged, and what is not, table by table and trigger by trigger, a store of the version it says.
   *
   * @throws {CertError} STORE_CORRUPT, STORE_NEWER
   */
  assertWhole(): void;
  /** Bring it to the newest version, and to the pages that a store has. @throws {CertError} STORE_CORRUPT, STORE_FULL */
  upgrade(): void;
  counts(): StoreCounts;
  version(): number;
  /** When it was made; undefined when it was copied by other means. */
  madeAt(): Date | undefined;
  /** The store key in it. */
  storeKey(): Uint8Array | undefined;
  wrapped(): WrappedDataKey | undefined;
  sealedUnder(): SealedUnder;
  /** Copy it over a database. */
  copyOver(path: string, onLocked: () => void): Promise<void>;
  close(): void;
}

/**
 * Open a copy of a store's database.
 *
 * @param name how messages call it
 * @throws {CertError} STORE_CORRUPT when it is not a database at all
 */
export function openBackup(path: string, name: string): BackupFile {
  const inWords = <T>(work: () => T): T => {
    try {
      return work();
    } catch (thrown) {
      const said = storeError(thrown, 'use', name);
      // What no store of ours leads to: a statement that fails for what stands in the file.
      throw said instanceof Sqlite.SqliteError ? broken(name, said.message) : said;
    }
  };
  const connection = inWords(() => new Sqlite(path, { fileMustExist: true }));
  inWords(() => {
    // Nobody else has it open, and it is thrown away when this does not come to its end.
    connection.pragma('journal_mode = MEMORY');
    connection.pragma('cache_size = -2000');
    connection.pragma('secure_delete = ON');
    connection.pragma('trusted_schema = OFF');
  });
  const sql = sqlOver(connection);
  const backup = (): ReturnType<Sql['get']> =>
    sql.get("SELECT 1 FROM sqlite_schema WHERE name = 'backup'") && sql.get('SELECT * FROM backup');
  return {
    sql,
    mark: (at, storeKey) =>
      inWords(() => {
        connection.exec(`DROP TABLE IF EXISTS backup; ${backupTable}`);
        sql.run('INSERT INTO backup VALUES (1, ?, ?)', at, storeKey);
      }),
    unmark: () =>
      inWords(() => {
        connection.exec(`DROP TABLE IF EXISTS backup; UPDATE leases SET owner_id = NULL`);
      }),
    assertWhole: () => inWords(() => assertWhole(connection, sql, name)),
    upgrade: () =>
      inWords(() => {
        for (let at = schemaVersion(connection); at < newest; at = schemaVersion(connection)) {
          migrate(connection, path, schema.slice(at), false);
        }
        // A store in use cannot be written over with pages of another size.
        if (connection.pragma('page_size', { simple: true }) === pageOctets) return;
        connection.exec(`PRAGMA page_size = ${pageOctets}; VACUUM`);
      }),
    counts: () => inWords(() => counts(sql)),
    version: () => inWords(() => schemaVersion(connection)),
    madeAt: () => {
      const row = inWords(backup);
      return row && time(row, 'made_at');
    },
    storeKey: () => {
      const row = inWords(backup);
      return row && optional(row, 'store_key', octets);
    },
    wrapped: () => inWords(() => readWrapped(sql)),
    sealedUnder: () => sealedUnder(inWords(() => readWrapped(sql))),
    async copyOver(target, onLocked) {
      let isLocked = false;
      await connection.backup(target, {
        progress: () => {
          // Called first when the target is locked and nothing is written yet.
          if (!isLocked) onLocked();
          isLocked = true;
          return wholeAtOnce;
        },
      });
      // A target that is locked by another process counts as finished there.
      if (!isLocked) throw Object.assign(new Error('locked'), { code: 'SQLITE_BUSY' });
    },
    close: () => connection.close(),
  };
}

const wholeAtOnce = 0x7fff_ffff;

// In the backup only: a database in use has no such table.
const backupTable = `
CREATE TABLE backup (
  id        INTEGER PRIMARY KEY CHECK (id = 1),
  made_at   INTEGER NOT NULL,
  store_key BLOB
) STRICT;`;

/** As SQLite keeps it: without the end. */
const backupStatement = normalized(backupTable).slice(0, -1);

const newest = schema.at(-1)?.version ?? 0;

/** As SQLite makes them when nobody asks. */
const pageOctets = 4096;

/** Tables that every version has had. */
const ours = ['authorities', 'certificates', 'data_key', 'keys', 'leases', 'transactions'] as const;

function assertWhole(connection: Sqlite.Database, sql: Sql, name: string): void {
  const tables = new Set(
    sql.all("SELECT name FROM sqlite_schema WHERE type = 'table'").map((row) => row['name']),
  );
  if (!ours.some((table) => tables.has(table))) throw broken(name, 'it is not of certkeeper');
  const version = schemaVersion(connection);
  if (version > newest) {
    throw new CertError(
      'STORE_NEWER',
      `Cannot use "${name}": its schema is version ${version}, this certkeeper knows up to ${newest}`,
      { hint: 'Use the certkeeper that wrote it, or a newer one' },
    );
  }
  if (version < 1) {
    throw broken(name, `its schema is version ${version}, there are 1 to ${newest}`);
  }
  // First: what the rest looks at is evaluated for that, and is to be ours.
  const differences = schemaDifferences(sql, version, (statement) => statement === backupStatement);
  if (differences.length > 0) throw broken(name, differences.join('; '));
  const [found] = sql.all('PRAGMA integrity_check(1)');
  if (found?.['integrity_check'] !== 'ok') throw broken(name, 'it is damaged');
  if (sql.all('PRAGMA foreign_key_check').length > 0) {
    throw broken(name, 'rows in it refer to others that it does not have');
  }
}

function counts(sql: Sql): StoreCounts {
  const count = (table: 'certificates' | 'keys' | 'authorities' | 'transactions'): number =>
    integer(sql.get(`SELECT count(*) AS n FROM ${table}`) ?? {}, 'n');
  return {
    certificates: count('certificates'),
    keys: count('keys'),
    authorities: count('authorities'),
    transactions: count('transactions'),
  };
}

/** Say that a file is no backup. */
export function broken(name: string, why: string): CertError {
  return new CertError('STORE_CORRUPT', `Cannot use "${name}" as a backup: ${why}`, {
    hint: 'Name a file that "certkeeper store backup" has written',
  });
}
