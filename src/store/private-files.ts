import {
  chmodSync,
  closeSync,
  constants,
  existsSync,
  fchmodSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readdirSync,
  statSync,
  writeSync,
} from 'node:fs';
import { dirname, join } from 'node:path';

import { CertError } from '../base/errors.ts';
import { storeError } from './store-error.ts';

/**
 * Make the state directory, 0700 whatever the umask says. One that exists and is open to others is
 * closed to them when it is ours (empty, or with a store in it), and else refused: it may be `/tmp`.
 *
 * @param marker file that shows that the directory is ours
 * @throws {CertError} CONFIG_INVALID, STORE_UNWRITABLE, STORE_FULL
 */
export function preparePrivateDirectory(path: string, marker: string): void {
  try {
    const found = statSync(path, { throwIfNoEntry: false });
    if (found === undefined) {
      makeDirectories(path);
      chmodSync(path, 0o700);
    } else if ((found.mode & 0o077) !== 0) {
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
