import { lstatSync, readdirSync, rmSync, statfsSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { CertError } from '../base/errors.ts';
import { removeLeftovers } from './backup-leftovers.ts';
import { preparePrivateDirectory, syncToDisk } from './private-files.ts';
import { storeError } from './store-error.ts';

/** A backup that was made of a day. */
export interface DailyBackup {
  /** Absolute. */
  readonly path: string;
  /** Of UTC, as in 2026-11-21. */
  readonly day: string;
}

/** Where the daily backups of the store in a state directory are. */
export function dailyBackupFolder(directory: string): string {
  return join(directory, 'backups');
}

/** Name the day of a moment, in UTC: what a day is must not change with the seasons. */
export function dayOf(at: Date): string {
  return at.toISOString().slice(0, 10);
}

/** Tell where the backup of a day is, or will be. */
export function dailyBackupPath(directory: string, day: string): string {
  return join(dailyBackupFolder(directory), `daily-${day}.db`);
}

/**
 * List the daily backups, the newest first.
 *
 * @param now what is of a day that has not come yet was made while the clock was wrong, and before all that was made
 *   since: it comes last; absent where nobody knows the time
 */
export function listDailyBackups(directory: string, now?: Date): readonly DailyBackup[] {
  const today = now && dayOf(now);
  const isAhead = ({ day }: DailyBackup): boolean => today !== undefined && day > today;
  return namesIn(dailyBackupFolder(directory))
    .flatMap((name) => {
      const [, day] = /^daily-([0-9]{4}-[0-9]{2}-[0-9]{2})\.db$/.exec(name) ?? [];
      if (day === undefined) return [];
      const path = dailyBackupPath(directory, day);
      return isFile(path) ? [{ path, day }] : [];
    })
    .toSorted(
      (a, b) =>
        Number(isAhead(a)) - Number(isAhead(b)) || (a.day < b.day ? 1 : a.day > b.day ? -1 : 0),
    );
}

/**
 * Tell whether the backup of a day is there. It has its name when it is whole, and not before; what has that name and is
 * no file is nobody's backup.
 */
export function hasDailyBackup(directory: string, day: string): boolean {
  return isFile(dailyBackupPath(directory, day));
}

function isFile(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false })?.isFile() === true;
}

const mebibyte = 1024 * 1024;

/** What a backup must leave for everybody else: the store itself is on the same disk as a rule. */
const roomLeft = 16 * mebibyte;

/** Gives the octets that are free where a path is; undefined where nobody knows. */
export type FreeOctets = (path: string) => number | undefined;

const freeOctetsAt: FreeOctets = (path) => {
  const { bavail, bsize, blocks } = statfsSync(path);
  return blocks === 0 ? undefined : bavail * bsize;
};

/**
 * Make the folder for daily backups ready, closed to others, and look whether there is room for one more: one that
 * fills the disk would keep certificates from being stored.
 *
 * @throws {CertError} STORE_FULL, STORE_UNWRITABLE, CONFIG_INVALID
 */
export function prepareDailyBackups(
  directory: string,
  now: Date,
  freeOctets: FreeOctets = freeOctetsAt,
): void {
  const folder = dailyBackupFolder(directory);
  // It may be a link to a folder on another disk.
  preparePrivateDirectory(folder, 'daily');
  try {
    removeLeftovers(folder, now, (name) => /^\.daily-.*\.new/.test(name));
    const free = freeOctets(folder);
    const database = join(directory, 'store.db');
    const needed = sizeOf(database) + sizeOf(`${database}-wal`) + roomLeft;
    if (free !== undefined && free < needed) {
      throw new CertError(
        'STORE_FULL',
        `Cannot make a backup in "${folder}": ${Math.floor(free / mebibyte)} MiB are free, and ${Math.ceil(needed / mebibyte)} are needed`,
        { hint: 'Make room, or keep fewer with "certkeeper retention backups N"' },
      );
    }
  } catch (thrown) {
    throw storeError(thrown, 'use', folder);
  }
}

function sizeOf(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.size ?? 0;
}

/**
 * Remove the oldest daily backups beyond a number.
 *
 * @param kept at least 1
 * @returns those that were removed
 */
export function pruneDailyBackups(
  directory: string,
  kept: number,
  now: Date,
): readonly DailyBackup[] {
  const old = listDailyBackups(directory, now).slice(kept);
  for (const { path } of old) rmSync(path);
  if (old.length > 0) syncToDisk(dailyBackupFolder(directory));
  return old;
}

function namesIn(folder: string): readonly string[] {
  try {
    return readdirSync(folder);
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return [];
    throw thrown;
  }
}
