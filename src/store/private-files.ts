import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fstatSync,
  fsyncSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readSync,
  statSync,
  writeSync,
  type Stats,
} from 'node:fs';
import { dirname, join } from 'node:path';

import { CertError } from '../base/errors.ts';
import { storeError } from './store-error.ts';

/**
 * Make the state directory, 0700 whatever the umask says. One that exists must be of this user: whoever
 * owns it can read and replace all that will be in it, whatever its mode says now. One that is open to
 * others is closed to them when it is ours (empty, or with a store in it), and else refused: it may be
 * `/tmp`.
 *
 * The directories above may be other people's: what they put in its place does not belong to this user.
 *
 * @param marker file that shows that the directory is ours
 * @param uid this user; undefined where the platform has no such thing
 * @throws {CertError} CONFIG_INVALID, STORE_UNWRITABLE, STORE_FULL
 */
export function preparePrivateDirectory(
  path: string,
  marker: string,
  uid: number | undefined = process.geteuid?.(),
): void {
  try {
    const isNew = lstatSync(path, { throwIfNoEntry: false }) === undefined;
    if (isNew) makeDirectories(path);
    // Whoever owns a link to it can lead us elsewhere the next time.
    assertOurs(path, lstatSync(path), uid, true);
    const found = statSync(path);
    assertOurs(path, found, uid);
    if (isNew) chmodSync(path, 0o700);
    else if ((found.mode & 0o077) !== 0) {
      if (!existsSync(join(path, marker)) && readdirSync(path).length > 0) {
        throw new CertError(
          'CONFIG_INVALID',
          `Cannot keep private keys in "${path}": others have access to it, and it holds other files`,
          { hint: 'Name a directory of its own with --state, or close this one with chmod 700' },
        );
      }
      chmodSync(path, 0o700);
    }
  } catch (thrown) {
    throw storeError(thrown, 'use', path);
  }
}

/**
 * Refuse what belongs to another user.
 *
 * @param uid this user; undefined where the platform has no such thing
 * @param isRootFine whether root may own it, too
 * @throws {CertError} CONFIG_INVALID
 */
export function assertOurs(
  path: string,
  found: Pick<Stats, 'uid'>,
  uid: number | undefined = process.geteuid?.(),
  isRootFine = false,
): void {
  if (uid === undefined || found.uid === uid || (isRootFine && found.uid === 0)) return;
  throw new CertError(
    'CONFIG_INVALID',
    `Cannot use "${path}": it belongs to another user (uid ${found.uid}), this one is uid ${uid}`,
    {
      hint: 'See who put it there; then run as that user, or name another directory, one of your own',
    },
  );
}

/**
 * Refuse a symbolic link, a device, and the file of another user. Looked at, never opened, for the reason
 * given at `createPrivateFile`.
 *
 * @throws {CertError} CONFIG_INVALID
 */
export function assertPlainFile(path: string): void {
  const found = lstatSync(path, { throwIfNoEntry: false });
  // What fails on a directory says so itself.
  if (found === undefined || found.isDirectory()) return;
  if (!found.isFile()) throw noPlainFile(path, found.isSymbolicLink());
  assertOurs(path, found);
}

/**
 * Read a small file that must be plain, of this user, and closed to all others.
 *
 * @returns at most `limit` octets, and one more when there are more; undefined when there is no file
 * @throws {CertError} CONFIG_INVALID
 */
export function readPrivateFile(path: string, limit: number): Uint8Array | undefined {
  let descriptor: number;
  try {
    // Looked at first for the sake of the message: the opening itself follows no link, but cannot say so.
    assertPlainFile(path);
    descriptor = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'ENOENT') return undefined;
    throw thrown;
  }
  try {
    const found = fstatSync(descriptor);
    if (!found.isFile()) throw noPlainFile(path, false);
    assertOurs(path, found);
    if (process.geteuid !== undefined && (found.mode & 0o077) !== 0)
      throw mayBeKnown(path, found.mode);
    const octets = new Uint8Array(limit + 1);
    let length = 0;
    for (let read = -1; read !== 0 && length < octets.length; length += read) {
      read = readSync(descriptor, octets, length, octets.length - length, null);
    }
    return octets.slice(0, length);
  } finally {
    closeSync(descriptor);
  }
}

function noPlainFile(path: string, isLink: boolean): CertError {
  return new CertError(
    'CONFIG_INVALID',
    `Cannot use "${path}": it is ${isLink ? 'a symbolic link' : 'not a file'}`,
    { hint: 'See who put it there; then put the file itself in its place, or remove it' },
  );
}

function mayBeKnown(path: string, mode: number): CertError {
  return new CertError(
    'CONFIG_INVALID',
    `Cannot use "${path}": others have access to it (mode 0${(mode & 0o777).toString(8)}) and may know the key`,
    { hint: `If nobody has read it, close it with "chmod 600 ${path}"` },
  );
}

/** Make a directory and those above it. Node's own way to do that never ends below /proc. */
function makeDirectories(path: string): void {
  const above = dirname(path);
  if (!existsSync(above)) makeDirectories(above);
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (thrown) {
    // Another process was faster.
    if (statSync(path, { throwIfNoEntry: false })?.isDirectory() !== true) throw thrown;
  }
}

/**
 * Make an empty file that is 0600 whatever the umask says, or leave the one that exists.
 *
 * An existing file is never opened here: closing any descriptor of a file drops every POSIX lock that
 * the process, and with it SQLite, has on it.
 */
export function createPrivateFile(path: string): void {
  let descriptor: number;
  try {
    descriptor = openSync(path, exclusive, 0o600);
  } catch (thrown) {
    if (thrown instanceof Error && 'code' in thrown && thrown.code === 'EEXIST') return;
    throw thrown;
  }
  try {
    fchmodSync(descriptor, 0o600);
  } finally {
    closeSync(descriptor);
  }
}

/** Write a new file, 0600 whatever the umask says, and wait until it is on the disk. */
export function writePrivateFile(path: string, bytes: Uint8Array): void {
  const descriptor = openSync(path, exclusive, 0o600);
  try {
    fchmodSync(descriptor, 0o600);
    let written = 0;
    while (written < bytes.length) written += writeSync(descriptor, bytes, written);
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

/** Take a file, if it exists, from everyone but its owner. */
export function closeToOthers(path: string): void {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.isFile() === true && (found.mode & 0o077) !== 0) chmodSync(path, 0o600);
}

/** Wait until a file, or the names in a folder, are on the disk. */
export function syncToDisk(path: string): void {
  const descriptor = openSync(path, 'r');
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}

const exclusive = constants.O_CREAT | constants.O_EXCL | constants.O_WRONLY | constants.O_NOFOLLOW;
