import { basename, dirname, join } from 'node:path';
import { CertError } from '../base/errors.ts';
import { silentLog, type Log } from '../base/log.ts';
import { dangerAbove } from './above.ts';
import { codeOf, reasonOf } from './delivery-error.ts';
import { nodeDeliveryFs, type DeliveryFs, type FileStatus } from './delivery-fs.ts';
import { dangerOf } from './directories.ts';

/** A file that an operator takes something out of the store with. */
export interface ExportFile {
  /** Absolute. */
  readonly path: string;
  readonly content: Uint8Array;
  /** With a private key in it, also an encrypted one, it is 0600 and goes only where nobody else has a say. */
  readonly holdsKey: boolean;
  /** Put it in the place of a file that is there. */
  readonly replace: boolean;
  readonly log?: Log;
  readonly fs?: DeliveryFs;
}

/**
 * Write a file whole or not at all: beside its place, brought to the disk, and moved there. Symbolic links are never
 * followed, and a file that is there is replaced only when that is said.
 *
 * With a private key in it, refused are: a directory that every user may write to, one of another user or reached by a
 * symbolic link; the place of a file that group or others may read, or of another user; and a file system that does
 * not keep permissions, before the key is written.
 *
 * @throws {CertError} FILE_UNWRITABLE; nothing was changed
 */
export async function writeExport(file: ExportFile): Promise<void> {
  const { path, fs = nodeDeliveryFs } = file;
  // One name for all, so that what a killed process left is found.
  const temporary = join(dirname(path), `.${basename(path)}.certkeeper-new`);
  try {
    await checkDirectory(fs, file);
    // Even where this one is refused: it may be that the killed one was done but for that, and it may hold a key.
    await removeLeftOver(fs, path, temporary);
    const mode = modeOf(file, await fs.status(path));
    try {
      if (file.holdsKey) await checkFileSystem(fs, path, temporary);
      await fs.writeNew(temporary, file.content, { mode });
      if (file.replace) {
        await fs.rename(temporary, path);
      } else {
        // A second name is given only where there is none yet, however late that came to be.
        await fs.duplicate(temporary, path);
      }
    } finally {
      await fs.remove(temporary);
    }
    await fs.syncDirectory(dirname(path));
  } catch (error) {
    if (error instanceof CertError) throw error;
    throw codeOf(error) === 'EEXIST'
      ? exists(path)
      : unwritable(path, reasonOf(error), 'Let this user write there, or name another file', error);
  }
}

async function checkDirectory(
  fs: DeliveryFs,
  { path, holdsKey, log = silentLog }: ExportFile,
): Promise<void> {
  const directory = dirname(path);
  const found = await fs.status(directory);
  if (found === undefined)
    throw unwritable(path, `there is no directory "${directory}"`, 'Make it first');
  if (!holdsKey) return;
  const elsewhere = 'Name a file in a directory of this user';
  if (found.kind === 'symlink') {
    throw unwritable(
      path,
      `"${directory}" is a symbolic link, which can be turned elsewhere`,
      'Name the directory it leads to',
    );
  }
  const danger = dangerOf(found, directory) ?? dangerAbove(directory);
  if (danger !== undefined) throw unwritable(path, danger.text, elsewhere);
  // The sticky bit keeps others from replacing the file; that everybody looks into /tmp it does not change.
  if ((found.mode & 0o002) !== 0) {
    throw unwritable(
      path,
      `every user of this machine can put files into "${directory}"`,
      elsewhere,
    );
  }
  if ((found.mode & 0o020) !== 0)
    log.warn(`its whole group can replace the files in "${directory}"; take its g+w away`);
}

/** Say which permissions a file is to have, from what stands in its place. @throws {CertError} FILE_UNWRITABLE */
function modeOf({ path, holdsKey, replace }: ExportFile, present: FileStatus | undefined): number {
  const usual = holdsKey ? 0o600 : 0o644;
  if (present === undefined) return usual;
  if (present.kind === 'symlink')
    throw unwritable(path, 'it is a symbolic link', 'Name the file it leads to, or remove it');
  if (present.kind !== 'file') throw unwritable(path, 'it is not a file', 'Name another file');
  if (!replace) throw exists(path);
  if (!holdsKey) return present.mode & 0o777;
  if ((present.mode & 0o077) !== 0) {
    throw unwritable(
      path,
      `others than its owner have rights to the file that is there (mode ${present.mode.toString(8)})`,
      `Remove it, or take them away: chmod 600 ${path}`,
    );
  }
  if (present.uid !== (process.geteuid?.() ?? present.uid))
    throw unwritable(path, `the file that is there belongs to uid ${present.uid}`, 'Remove it');
  return usual;
}

async function removeLeftOver(fs: DeliveryFs, path: string, temporary: string): Promise<void> {
  const left = await fs.status(temporary);
  if (left === undefined) return;
  if (left.kind !== 'file' || left.uid !== (process.geteuid?.() ?? left.uid))
    throw unwritable(path, `"${temporary}" is in the way`, 'See who made it, and remove it');
  await fs.remove(temporary);
}

/** FAT and some network file systems show what their mount says, whatever a file was made with. */
async function checkFileSystem(fs: DeliveryFs, path: string, temporary: string): Promise<void> {
  await fs.writeNew(temporary, new Uint8Array(), { mode: 0o600 });
  const made = await fs.status(temporary);
  await fs.remove(temporary);
  if (made !== undefined && (made.mode & 0o077) === 0) return;
  throw unwritable(
    path,
    'its file system keeps no permissions, and others could read the key',
    'Name a file on another file system',
  );
}

function exists(path: string): CertError {
  return unwritable(path, 'there is such a file', 'Add replace to put this one in its place');
}

function unwritable(path: string, why: string, hint: string, cause?: unknown): CertError {
  return new CertError('FILE_UNWRITABLE', `Cannot write "${path}": ${why}`, { hint, cause });
}
