import { renameSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';

import Sqlite from 'better-sqlite3';

import { CertError, invariant } from '../base/errors.ts';
import { schemaVersion, type Migration } from './migration.ts';
import { notAfterOf } from './not-after.ts';
import { createPrivateFile, syncToDisk } from './private-files.ts';

/** Give a connection the functions that migrations may call beside those of SQLite. */
export function registerFunctions(connection: Sqlite.Database): void {
  // For migration 5, which asks every certificate that is stored.
  connection.function('certificate_not_after', { deterministic: true }, (der) =>
    der instanceof Uint8Array ? (notAfterOf(der)?.getTime() ?? null) : null,
  );
}

/**
 * Bring a database one version further, in one transaction, after a copy of it was put beside it as
 * `<path>.v<old version>`. A new database gets the whole schema at once and needs no copy.
 *
 * @param migrations those that are left to do, in order
 * @param isCopied whether the copy is made; not of a database that is one itself
 * @returns `false` when another process has done it meanwhile
 * @throws {CertError} STORE_CORRUPT for a database that is not ours
 */
export function migrate(
  connection: Sqlite.Database,
  path: string,
  migrations: readonly Migration[],
  isCopied = true,
): boolean {
  registerFunctions(connection);
  return connection
    .transaction(() => {
      const version = schemaVersion(connection);
      const [next] = migrations;
      if (next === undefined || version >= next.version) return false;
      invariant(version === next.version - 1, 'that migrations follow each other');
      if (version === 0) assertEmpty(connection, path);
      else if (isCopied) backUp(path, version);
      for (const { version: reached, sql } of version === 0 ? migrations : [next]) {
        connection.exec(sql);
        connection.pragma(`user_version = ${reached}`);
      }
      return true;
    })
    .immediate();
}

/** The copy made before a database of this version was changed. */
export function backupPath(path: string, version: number): string {
  return `${path}.v${version}`;
}

// Called while the write lock is held, through a connection of its own: the copy cannot be of another
// version, and VACUUM does not run inside a transaction.
function backUp(path: string, version: number): void {
  const target = backupPath(path, version);
  const unfinished = `${target}.new`;
  rmSync(unfinished, { force: true });
  createPrivateFile(unfinished);
  const reader = new Sqlite(path, { readonly: true, fileMustExist: true });
  try {
    reader.prepare('VACUUM INTO ?').run(unfinished);
  } finally {
    reader.close();
  }
  syncToDisk(unfinished);
  renameSync(unfinished, target);
  syncToDisk(dirname(target));
}

function assertEmpty(connection: Sqlite.Database, path: string): void {
  const tables = connection.prepare('SELECT name FROM sqlite_schema').all();
  if (tables.length > 0) {
    throw new CertError(
      'STORE_CORRUPT',
      `Cannot open "${path}": it is a database of something else`,
      {
        hint: 'Name another state directory with --state',
      },
    );
  }
}
