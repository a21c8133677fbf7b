import { lstatSync } from 'node:fs';

import Sqlite from 'better-sqlite3';

import type { Clock } from '../base/clock.ts';
import { CertError } from '../base/errors.ts';
import { schemaVersion, type Migration } from './migration.ts';
import { assertPlainFile, closeToOthers, createPrivateFile } from './private-files.ts';
import { sqlOver, type Sql } from './sql.ts';
import { isBusy, storeError } from './store-error.ts';

/** What `openDatabase` needs. */
export interface DatabaseOptions {
  /** Absolute path of the file; its folder exists. */
  readonly path: string;
  /** The whole schema, by version; the last one is the version we write. */
  readonly migrations: readonly Migration[];
  /** Waits between tries when another process has the database locked. */
  readonly clock: Pick<Clock, 'sleep'>;
  /** Called after every committed write transaction with their number so far, migrations included. */
  readonly onWrite?: (count: number) => void;
  /** Limit of the file in pages of 4 KiB; beyond it a write fails as on a full disk. */
  readonly maxPages?: number;
  /** How long SQLite itself waits for a lock, blocking the process; 200 without it. */
  readonly busyTimeoutMs?: number;
}

/** One SQLite database, with work done in whole transactions. */
export interface Database {
  readonly path: string;
  /**
   * Do work that only reads, on one consistent state. `work` is synchronous and may run again when
   * another process was in the way.
   */
  read<T>(work: (sql: Sql) => T): Promise<T>;
  /** Do work in one write transaction; when it throws, nothing has changed. As synchronous as above. */
  write<T>(work: (sql: Sql) => T): Promise<T>;
  /**
   * Write the file anew, without anything that was deleted or replaced in it, and empty the write-ahead log.
   * As slow as the database is large.
   */
  compact(): Promise<void>;
  /** Write a copy of what is committed, without free pages, into an empty file; others may write meanwhile. */
  copyTo(path: string): Promise<void>;
  close(): Promise<void>;
}

/**
 * Thrown by `work` that needs something first which takes its time: the transaction is rolled back, `prepare`
 * is awaited, and the work is done again.
 */
export class NotReady extends Error {
  override readonly name = 'NotReady';
  readonly prepare: () => Promise<unknown>;

  constructor(prepare: () => Promise<unknown>) {
    super('Cannot do this work yet');
    this.prepare = prepare;
  }
}

/**
 * Open a database: WAL, every commit on the disk before it returns, files 0600, schema as new as ours.
 *
 * @throws {CertError} STORE_NEWER, STORE_LOCKED, STORE_CORRUPT, STORE_FULL, STORE_UNWRITABLE
 */
export async function openDatabase(options: DatabaseOptions): Promise<Database> {
  const { path, migrations, onWrite } = options;
  const found = await patiently(options, 'open', () => {
    return lstatSync(path, { throwIfNoEntry: false });
  });
  // Nearly never, and then the code is worth loading.
  if (found !== undefined && found.nlink > 1) {
    const { assertNotBeingReplaced } = await import('./kept-store.ts');
    assertNotBeingReplaced(path);
  }
  if (found === undefined || found.size === 0) {
    const { assertNotLost } = await import('./way-back.ts');
    assertNotLost(path);
  }
  const connection = await patiently(options, 'open', () => connect(options));
  let writes = 0;
  const wrote = (): void => {
    writes++;
    onWrite?.(writes);
  };
  try {
    const version = await patiently(options, 'open', () => schemaVersion(connection));
    const newest = migrations.at(-1)?.version ?? 0;
    if (version > newest) throw newerSchema(path, version, newest);
    if (version < newest) {
      const { migrate } = await import('./migrate.ts');
      for (let at = version; at < newest; at = schemaVersion(connection)) {
        const left = migrations.slice(at);
        const done = await patiently(options, 'upgrade', () => migrate(connection, path, left));
        if (done) wrote();
      }
    }
  } catch (thrown) {
    connection.close();
    throw thrown;
  }
  const sql = whileOpen(connection, sqlOver(connection));
  const transaction = transactionsOf(connection);
  let damage: CertError | undefined;
  const attempt = async <T>(doing: string, work: () => T): Promise<T> => {
    try {
      return await patiently(options, doing, work);
    } catch (error) {
      if (isDamage(error)) damage ??= error;
      throw error;
    }
  };
  return {
    path,
    read: (work) => attempt('read', () => transaction('BEGIN', () => work(sql))),
    async write(work) {
      // What has shown to be damaged is left as it is: more of it could be lost, or hidden.
      if (damage !== undefined) throw damage;
      const result = await attempt('write', () => transaction('BEGIN IMMEDIATE', () => work(sql)));
      wrote();
      return result;
    },
    async compact() {
      await attempt('compact', () => connection.exec('VACUUM'));
      await attempt('compact', () => connection.pragma('wal_checkpoint(TRUNCATE)'));
    },
    async copyTo(copy) {
      await attempt('copy', () => connection.prepare('VACUUM INTO ?').run(copy));
    },
    async close() {
      connection.close();
    },
  };
}

/** Do work in transactions: what the binding does too, which makes itself ready anew for each of them. */
function transactionsOf(
  connection: Sqlite.Database,
): <T>(begin: 'BEGIN' | 'BEGIN IMMEDIATE', work: () => T) => T {
  const statements = {
    BEGIN: connection.prepare('BEGIN'),
    'BEGIN IMMEDIATE': connection.prepare('BEGIN IMMEDIATE'),
  };
  const commit = connection.prepare('COMMIT');
  const rollBack = connection.prepare('ROLLBACK');
  return (begin, work) => {
    statements[begin].run();
    try {
      const result = work();
      // Its transaction would end before it does.
      if (result instanceof Promise) throw new TypeError('Work on a store cannot return a promise');
      commit.run();
      return result;
    } catch (error) {
      // Of some errors SQLite has done so itself.
      if (connection.inTransaction) rollBack.run();
      throw error;
    }
  };
}

/** Refuse to write after the end of a transaction: it would be a commit of its own. */
function whileOpen(connection: Sqlite.Database, sql: Sql): Sql {
  return {
    ...sql,
    run(text, ...values) {
      // Of some errors, as of a full disk, SQLite rolls back itself, whoever is told.
      if (!connection.inTransaction)
        throw new Error('the transaction has been rolled back already');
      return sql.run(text, ...values);
    },
  };
}

const suffixes = ['', '-wal', '-shm', '-journal'] as const;

function connect(options: DatabaseOptions): Sqlite.Database {
  const { path } = options;
  // SQLite gives its other files the mode of the database; those that exist may be from elsewhere.
  for (const suffix of suffixes) assertPlainFile(path + suffix);
  createPrivateFile(path);
  for (const suffix of suffixes) closeToOthers(path + suffix);
  const connection = new Sqlite(path, {
    timeout: options.busyTimeoutMs ?? 200,
    fileMustExist: true,
  });
  try {
    connection.pragma('journal_mode = WAL');
    connection.pragma('synchronous = FULL');
    connection.pragma('foreign_keys = ON');
    // 2 MB of pages as SQLite itself has it, not 16 as the binding does: a command looks at a few rows, and who goes
    // through all of them once gains nothing from keeping them.
    connection.pragma('cache_size = -2000');
    if (options.maxPages !== undefined) connection.pragma(`max_page_count = ${options.maxPages}`);
  } catch (thrown) {
    connection.close();
    throw thrown;
  }
  return connection;
}

// SQLite waits 200 ms for a lock and blocks the process meanwhile; between its waits others get their
// turn. Twenty of both make the 5 s after which an operator should hear of it.
const maxTries = 20;
const pauseMs = 50;

async function patiently<T>(options: DatabaseOptions, doing: string, work: () => T): Promise<T> {
  for (let tries = 1; ; tries++) {
    try {
      return work();
    } catch (thrown) {
      if (thrown instanceof NotReady && tries < maxTries) {
        await thrown.prepare();
        continue;
      }
      if (tries === maxTries || !isBusy(thrown)) throw await explained(thrown, doing, options.path);
    }
    await options.clock.sleep(pauseMs);
  }
}

async function explained(thrown: unknown, doing: string, path: string): Promise<unknown> {
  const error = storeError(thrown, doing, path);
  if (!(error instanceof CertError) || error.code !== 'STORE_CORRUPT') return error;
  const { withWayBack } = await import('./way-back.ts');
  return withWayBack(error, path);
}

/** Tell what SQLite itself finds from a single value that is not as written: that one may be mended by setting it anew. */
function isDamage(error: unknown): error is CertError {
  return (
    error instanceof CertError &&
    error.code === 'STORE_CORRUPT' &&
    error.cause instanceof Sqlite.SqliteError
  );
}

function newerSchema(path: string, version: number, newest: number): CertError {
  return new CertError(
    'STORE_NEWER',
    `Cannot open "${path}": its schema is version ${version}, this certkeeper knows up to ${newest}`,
    { hint: 'Use the certkeeper that wrote it, or a newer one' },
  );
}
