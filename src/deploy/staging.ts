import { join } from 'node:path';
import { CertError } from '../base/errors.ts';
import type { DeliveryFs } from './delivery-fs.ts';

/**
 * The three files of a certificate while they change, as a directory beside them whose name says how far
 * it got. Each step changes that name by one rename, so that a process killed anywhere leaves something
 * the next delivery can finish or take back:
 *
 * - `.NAME.delivery-prepare`: new files are being written; take away.
 * - `.NAME.delivery-commit`: all new files are complete and on the disk; finish moving them in.
 * - `.NAME.delivery-undo`: moving them in failed; finish putting the previous ones back.
 *
 * In it are the new files that have not been moved yet and, in `previous/`, second names of those they
 * replace. On success `previous/` becomes `NAME.previous/`, the set an operator can go back to.
 */
export interface Staging {
  readonly fs: DeliveryFs;
  readonly directory: string;
  readonly name: string;
  /** The file names, in the order in which they are moved in: key first, certificate last. */
  readonly files: readonly string[];
}

type Phase = 'prepare' | 'commit' | 'undo';

/** Path of the staging directory in a phase. */
export function stagingPath(staging: Staging, phase: Phase): string {
  return join(staging.directory, `.${staging.name}.delivery-${phase}`);
}

/** Path of the directory with the set before the present one. */
export function previousPath(staging: Staging): string {
  return join(staging.directory, `${staging.name}.previous`);
}

/**
 * Finish or take back what a killed process left.
 *
 * @throws {CertError} DELIVERY_FAILED when it was not left by this user: nothing of it can be trusted
 */
export async function recover(staging: Staging): Promise<void> {
  if (await isLeft(staging, 'undo')) await putBack(staging);
  if (await isLeft(staging, 'commit')) {
    await moveIn(staging);
    await takeAway(staging, 'commit');
  }
  if (await isLeft(staging, 'prepare')) await staging.fs.removeAll(stagingPath(staging, 'prepare'));
}

async function isLeft(staging: Staging, phase: Phase): Promise<boolean> {
  const path = stagingPath(staging, phase);
  const found = await staging.fs.status(path);
  if (found === undefined) return false;
  if (found.kind === 'directory' && found.uid === (process.geteuid?.() ?? found.uid)) return true;
  throw new CertError(
    'DELIVERY_FAILED',
    `Cannot deliver "${staging.name}" to "${staging.directory}": "${path}" is not a directory of this user`,
    { hint: 'See who made it, and remove it' },
  );
}

/** Keep a second name of each present file, for `previous/`. */
export async function keepPrevious(staging: Staging): Promise<void> {
  const { fs, directory, files } = staging;
  const kept = join(stagingPath(staging, 'prepare'), 'previous');
  const present: string[] = [];
  for (const file of files) {
    const status = await fs.status(join(directory, file));
    if (status === undefined) continue;
    if (status.kind !== 'file' && status.kind !== 'symlink') {
      throw new CertError(
        'DELIVERY_FAILED',
        `Cannot deliver "${staging.name}" to "${directory}": "${join(directory, file)}" is not a file`,
        { hint: 'Move it out of the way, or choose another place with "cmp cert-store location"' },
      );
    }
    present.push(file);
  }
  // Nothing to replace: an older NAME.previous stays what it is.
  if (present.length === 0) return;
  await fs.makeDirectory(kept, 0o700, false);
  for (const file of present) await fs.duplicate(join(directory, file), join(kept, file));
  await fs.syncDirectory(kept);
}

/** From here on the new set is the one that will stand. */
export async function commit(staging: Staging): Promise<void> {
  const { fs, directory } = staging;
  await fs.syncDirectory(stagingPath(staging, 'prepare'));
  await fs.rename(stagingPath(staging, 'prepare'), stagingPath(staging, 'commit'));
  await fs.syncDirectory(directory);
}

/** Move the new files in, in order, then the replaced ones to `NAME.previous`. Can be done again. */
export async function moveIn(staging: Staging): Promise<void> {
  const { fs, directory, files } = staging;
  const from = stagingPath(staging, 'commit');
  for (const file of files) {
    if ((await fs.status(join(from, file))) === undefined) continue;
    await fs.rename(join(from, file), join(directory, file));
  }
  await fs.syncDirectory(directory);
  if ((await fs.status(join(from, 'previous'))) !== undefined) {
    const previous = previousPath(staging);
    if ((await fs.status(previous)) !== undefined) await fs.rename(previous, join(from, 'older'));
    await fs.rename(join(from, 'previous'), previous);
  }
}

/** Begin to put the previous files back. */
export async function abandon(staging: Staging): Promise<void> {
  const { fs, directory } = staging;
  await fs.rename(stagingPath(staging, 'commit'), stagingPath(staging, 'undo'));
  await fs.syncDirectory(directory);
  await putBack(staging);
}

/** Make the files what they were before the delivery. Can be done again. */
async function putBack(staging: Staging): Promise<void> {
  const { fs, directory, files } = staging;
  const from = stagingPath(staging, 'undo');
  const kept = join(from, 'previous');
  for (const file of files) {
    if ((await fs.status(join(kept, file))) === undefined) {
      await fs.remove(join(directory, file));
      continue;
    }
    // A second name first: `previous/` must stay whole until everything is back.
    const again = join(from, `${file}.again`);
    await fs.remove(again);
    await fs.duplicate(join(kept, file), again);
    await fs.rename(again, join(directory, file));
  }
  const older = join(from, 'older');
  if ((await fs.status(older)) !== undefined) await fs.rename(older, previousPath(staging));
  await fs.syncDirectory(directory);
  await takeAway(staging, 'undo');
}

/**
 * Take away what is left in a phase that came to its end. Renamed first: half taken away under its own
 * name, it would be half of the work to do again.
 */
export async function takeAway(staging: Staging, phase: 'commit' | 'undo'): Promise<void> {
  const { fs } = staging;
  await fs.rename(stagingPath(staging, phase), stagingPath(staging, 'prepare'));
  await fs.removeAll(stagingPath(staging, 'prepare'));
}
