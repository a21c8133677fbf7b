import { existsSync, linkSync, renameSync, rmSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

import Sqlite from 'better-sqlite3';

import { CertError } from '../base/errors.ts';
import { formatTime } from '../base/format-time.ts';
import type { BackupFile } from './backup-file.ts';
import { begunKept, nextKept, type KeptStore } from './kept-store.ts';
import { createPrivateFile, syncToDisk } from './private-files.ts';
import type { RestoreOptions } from './restore.ts';
import { heldLeases } from './leases.ts';
import { schemaVersion } from './migration.ts';
import { settleIn } from './sealer.ts';
import { sqlOver } from './sql.ts';
import { isBusy, storeError } from './store-error.ts';
import { isRekeyUnsettled, keepKeyFile, stageKeyFile } from './store-key.ts';

/** What takes the place of the store. */
export interface Incoming {
  /** The database. */
  readonly path: string;
  /** The copy of the backup beside it, and the connection to that. */
  readonly working: string;
  readonly copy: BackupFile;
  /** The store key, where it comes with the backup. */
  readonly key: Uint8Array | undefined;
}

type Swap = Pick<RestoreOptions, 'directory' | 'clock' | 'isDead' | 'onFileChange'>;

type KeyFilesOf = Pick<Swap, 'directory' | 'onFileChange'>;

/**
 * Refuse when another process has the store in use.
 *
 * @throws {CertError} STORE_LOCKED, IN_PROGRESS
 */
export function assertUnused(options: Swap, path: string): void {
  const live = openLive(path);
  if (live === 'damaged' || live === 'missing') return;
  try {
    assertFree(options, path, live);
  } finally {
    live.close();
  }
}

/**
 * Put a copy in the place of the store; the store as it was is then in `store.db.before-restore`, or in that with a
 * number when an earlier one is there.
 *
 * A store that can be opened is written over in one transaction of SQLite: a process that is ended leaves one
 * or the other, and no write-ahead log of the one can be applied to the other. One that is damaged, or gone,
 * is replaced by name; until the last step it is one file with the one that is kept, which is how a process that
 * was ended in between is noticed: nobody opens it then, and the next restore goes on.
 *
 * @returns the file with the store as it was, if there was one
 */
export async function swapIn(options: Swap, incoming: Incoming): Promise<string | undefined> {
  const { path } = incoming;
  try {
    const live = openLive(path);
    const kept =
      live === 'damaged' || live === 'missing'
        ? replace(options, incoming, live)
        : await writeOver(options, incoming, live);
    await settle(options, path);
    return kept;
  } catch (thrown) {
    throw storeError(thrown, 'restore', path);
  }
}

async function writeOver(
  options: Swap,
  { path, copy, key }: Incoming,
  live: Sqlite.Database,
): Promise<string> {
  const { directory, onFileChange } = options;
  try {
    assertFree(options, path, live);
    // Else the key of the store as it is may be the next one still, whose place is taken below.
    if (isRekeyUnsettled(directory)) await settleOn(options, live);
    const kept = nextKept(path);
    const version = (): unknown => live.pragma('data_version', { simple: true });
    const before = version();
    keepCopy(live, path, kept, onFileChange);
    await copy.copyOver(path, () => {
      // Locked now: nobody can have written since the copy was made, if nobody had until here.
      if (version() !== before) throw inUse(path);
      if (key === undefined) return;
      keepKeyFile(directory, kept.key, onFileChange);
      stageKeyFile(directory, key, onFileChange);
    });
    onFileChange?.();
    live.pragma('wal_checkpoint(TRUNCATE)');
    return kept.database;
  } finally {
    live.close();
  }
}

function keepCopy(
  live: Sqlite.Database,
  path: string,
  { database: kept }: KeptStore,
  onFileChange?: () => void,
): void {
  const unfinished = `${path}.before-restore.new`;
  rmSync(unfinished, { force: true });
  createPrivateFile(unfinished);
  live.prepare('VACUUM INTO ?').run(unfinished);
  syncToDisk(unfinished);
  onFileChange?.();
  // Unlike renaming, this never takes the place of another.
  linkSync(unfinished, kept);
  rmSync(unfinished);
  syncToDisk(dirname(kept));
  onFileChange?.();
}

function replace(
  { directory, onFileChange }: Swap,
  { path, working, copy, key }: Incoming,
  live: 'damaged' | 'missing',
): string | undefined {
  const { database: kept, key: keptKey } = nextKept(path);
  // The connection was for reading it; the file goes on without.
  copy.close();
  syncToDisk(working);
  if (live === 'damaged') {
    if (!existsSync(kept)) linkSync(path, kept);
    // Before anything is taken from it: this is what tells that it is not to be opened.
    syncToDisk(directory);
    onFileChange?.();
  }
  if (key) {
    keepKeyFile(directory, keptKey, onFileChange);
    stageKeyFile(directory, key, onFileChange);
  }
  // They belong to what goes; to a damaged store, until here.
  for (const suffix of ['-wal', '-journal']) {
    if (existsSync(path + suffix)) renameSync(path + suffix, kept + suffix);
    onFileChange?.();
  }
  rmSync(`${path}-shm`, { force: true });
  renameSync(working, path);
  onFileChange?.();
  syncToDisk(directory);
  return live === 'damaged' ? kept : undefined;
}

/** Let the key that came with a backup take the place of the other, as after a rekey. */
async function settle(options: KeyFilesOf, path: string): Promise<void> {
  const connection = new Sqlite(path, { fileMustExist: true });
  try {
    await settleOn(options, connection);
  } finally {
    connection.close();
  }
}

async function settleOn(
  { directory, onFileChange }: KeyFilesOf,
  connection: Sqlite.Database,
): Promise<void> {
  const crypto = await import('node:crypto');
  connection.transaction(() => settleIn(sqlOver(connection), crypto, directory)).immediate();
  onFileChange?.();
}

function openLive(path: string): Sqlite.Database | 'damaged' | 'missing' {
  if (!existsSync(path)) return 'missing';
  // SQLite takes what is empty for new, and throws a write-ahead log beside it away.
  if (begunKept(path) || statSync(path).size === 0 || !isWhole(path)) return 'damaged';
  return new Sqlite(path, { timeout: lockTimeoutMs, fileMustExist: true });
}

const lockTimeoutMs = 200;

function isWhole(path: string): boolean {
  const connection = new Sqlite(path, {
    // The last one to close the others writes a write-ahead log that may be the damage into the database.
    readonly: true,
    timeout: lockTimeoutMs,
    fileMustExist: true,
  });
  try {
    const [found] = connection.prepare('PRAGMA quick_check(1)').raw().all();
    return Array.isArray(found) && found[0] === 'ok';
  } catch (thrown) {
    if (isBusy(thrown)) throw inUse(path);
    return false;
  } finally {
    connection.close();
  }
}

function assertFree({ clock, isDead }: Swap, path: string, live: Sqlite.Database): void {
  const now = clock.now();
  const held = leasesIn(live).find(({ expiresAt, owner }) => expiresAt > now && !isDead(owner));
  if (held) {
    const { pid, host } = held.owner;
    throw new CertError(
      'IN_PROGRESS',
      `Cannot restore "${path}" now: process ${pid} on ${host} has been at work on "${held.name}" since ${formatTime(held.since)}`,
      { hint: 'Wait until it has ended, or end it, the agent with "certkeeper agent stop"' },
    );
  }
  try {
    // Only who is alone can leave the write-ahead log; SQLite tells in no other way.
    live.pragma('journal_mode = DELETE');
    live.pragma('journal_mode = WAL');
  } catch (thrown) {
    throw isBusy(thrown) ? inUse(path) : thrown;
  }
}

function leasesIn(live: Sqlite.Database): ReturnType<typeof heldLeases> {
  try {
    // Version 1 did not write down enough of a process to tell whether it lives.
    return schemaVersion(live) < 2 ? [] : heldLeases(sqlOver(live));
  } catch (thrown) {
    // It has no such table or column: certkeeper can be at work on no name in it.
    if (thrown instanceof Sqlite.SqliteError && thrown.code === 'SQLITE_ERROR') return [];
    if (thrown instanceof CertError && thrown.code === 'STORE_CORRUPT') return [];
    throw thrown;
  }
}

function inUse(path: string): CertError {
  return new CertError('STORE_LOCKED', `Cannot restore "${path}": another process has it open`, {
    hint: 'End every other certkeeper that works in this state directory, then try again',
  });
}
