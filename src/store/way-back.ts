import { lstatSync } from 'node:fs';
import { dirname } from 'node:path';

import { CertError } from '../base/errors.ts';
import { formatTime } from '../base/format-time.ts';
import { openBackup } from './backup-file.ts';
import { listDailyBackups } from './daily-backups.ts';

/**
 * Find the newest daily backup that is whole: each is looked through for that, for a disk that has damaged the one may
 * have damaged the other.
 *
 * @param path of the database
 * @returns what to do, as a hint; undefined when there is no such backup
 */
export function wayBack(path: string): string | undefined {
  for (const { path: file } of listDailyBackups(dirname(path))) {
    const at = madeAt(file);
    if (at === undefined) continue;
    return `Restore the last good backup, of ${formatTime(at)}: certkeeper store restore ${file}`;
  }
  return undefined;
}

/** @returns undefined for what is no whole backup */
function madeAt(file: string): Date | undefined {
  try {
    const backup = openBackup(file, file);
    try {
      backup.assertWhole();
      return backup.madeAt();
    } finally {
      backup.close();
    }
  } catch (thrown) {
    if (thrown instanceof CertError) return undefined;
    throw thrown;
  }
}

/** Say of a damaged store what to do about it, where there is a backup to go back to. */
export function withWayBack(error: CertError, path: string): CertError {
  const hint = wayBack(path);
  if (hint === undefined) return error;
  return new CertError(error.code, error.message, { cause: error.cause ?? error, hint });
}

/**
 * Refuse a database that is empty or not there, where there was one: SQLite would take that for a new one and begin with
 * nothing, throw the write-ahead log away, and in a week the last backup of what there was would be gone.
 *
 * @param path of the database
 * @throws {CertError} STORE_CORRUPT
 */
export function assertNotLost(path: string): void {
  const [size, log] = [sizeOf(path), sizeOf(`${path}-wal`)];
  if (size !== undefined && size > 0) return;
  const [backup] = listDailyBackups(dirname(path));
  const trace = log !== undefined && log > 0 ? `${path}-wal` : backup?.path;
  if (trace === undefined) return;
  throw new CertError(
    'STORE_CORRUPT',
    `Cannot open "${path}": it is ${size === undefined ? 'not there' : 'empty'}, and "${trace}" is of a store that was`,
    {
      hint:
        wayBack(path) ??
        `Restore a backup: certkeeper store restore FILE; to begin with an empty store, put "${trace}" elsewhere first`,
    },
  );
}

/** @returns undefined for what is not there, or not a plain file: that is refused where it is opened */
function sizeOf(path: string): number | undefined {
  const found = lstatSync(path, { throwIfNoEntry: false });
  return found?.isFile() === true ? found.size : undefined;
}
