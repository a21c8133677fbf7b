import { join } from 'node:path';
import { CertError } from '../base/errors.ts';
import type { DeliveryFs } from './delivery-fs.ts';

/**
 * The files of a set in one directory while they change, as a directory beside them whose name says how
 * far it got. Each step changes that name by one rename, so that a process killed anywhere leaves
 * something the next delivery can finish or take back:
 *
 * - `.NAME.delivery-prepare`: new files are being written; take away.
 * - `.NAME.delivery-trial`: the new files are complete and being moved in, and nobody has said yet that
 *   the service can use them; put the old ones back.
 * - `.NAME.delivery-commit`: the new set stands; finish.
 * - `.NAME.delivery-undo`: it does not; finish putting the old one back.
 *
 * In it are the new files that have not been moved yet and, in `previous/`, second names of those they
 * replace, or an empty `first/` when there were none. On success `previous/` becomes `NAME.previous/`,
 * the set an operator can go back to.
 */
export interface Staging {
  readonly fs: DeliveryFs;
  readonly directory: string;
  readonly name: string;
  /** The file names of the set in this directory. */
  readonly files: readonly string[];
}

type Phase = 'prepare' | 'trial' | 'commit' | 'undo';

/** Path of the staging directory in a phase. */
export function stagingPath(staging: Staging, phase: Phase): string {
  return join(staging.directory, `.${staging.name}.delivery-${phase}`);
}

/** Path of the directory with the set before the present one. */
export function previousPath(staging: Staging): string {
  return join(staging.directory, `${staging.name}.previous`);
}

/**
 * Finish or take back what a killed process left of one set, the same in all of its directories.
 *
 * @throws {CertError} DELIVERY_FAILED when it was not left by this user: nothing of it can be trusted
 */
export async function recover(stagings: readonly Staging[]): Promise<void> {
  const undone = await leftIn(stagings, 'undo');
  const committed = await leftIn(stagings, 'commit');
  const tried = await leftIn(stagings, 'trial');
  if (undone.length > 0 || (committed.length === 0 && tried.length > 0)) {
    for (const staging of committed) await turn(staging, 'commit', 'undo');
    for (const staging of tried) await turn(staging, 'trial', 'undo');
    await putBack([...undone, ...committed, ...tried]);
  } else if (committed.length > 0) {
    for (const staging of tried) await turn(staging, 'trial', 'commit');
    for (const staging of [...committed, ...tried]) await finish(staging);
  }
  for (const staging of await leftIn(stagings, 'prepare'))
    await staging.fs.removeAll(stagingPath(staging, 'prepare'));
}

async function leftIn(stagings: readonly Staging[], phase: Phase): Promise<readonly Staging[]> {
  const found: Staging[] = [];
  for (const staging of stagings) if (await isLeft(staging, phase)) found.push(staging);
  return found;
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
  const present: string[] = [];
  for (const file of files) {
    const status = await fs.status(join(directory, file));
    if (status === undefined) continue;
    if (status.kind !== 'file' && status.kind !== 'symlink') {
      throw new CertError(
        'DELIVERY_FAILED',
        `Cannot deliver "${staging.name}" to "${directory}": "${join(directory, file)}" is not a file`,
        { hint: 'Move it out of the way, or choose another place' },
      );
    }
    present.push(file);
  }
  // Nothing to replace: an older NAME.previous stays what it is.
  const kept = join(stagingPath(staging, 'prepare'), present.length === 0 ? 'first' : 'previous');
  await fs.makeDirectory(kept, 0o700, false);
  for (const file of present) await fs.duplicate(join(directory, file), join(kept, file));
  await fs.syncDirectory(kept);
}

/** Begin to move complete new files in. */
export async function beginTrial(staging: Staging): Promise<void> {
  await staging.fs.syncDirectory(stagingPath(staging, 'prepare'));
  await turn(staging, 'prepare', 'trial');
}

/** Move one new file over the old one. */
export async function moveIn(staging: Staging, file: string): Promise<void> {
  const from = join(stagingPath(staging, 'trial'), file);
  await staging.fs.rename(from, join(staging.directory, file));
}

/** From here on the new set is the one that will stand, in the first directory as in all others. */
export async function commit(staging: Staging): Promise<void> {
  await staging.fs.syncDirectory(staging.directory);
  await turn(staging, 'trial', 'commit');
}

/** Let what was replaced be `NAME.previous`. Can be done again. */
export async function settle(staging: Staging): Promise<void> {
  const { fs } = staging;
  const from = stagingPath(staging, 'commit');
  if ((await fs.status(join(from, 'previous'))) === undefined) return;
  const previous = previousPath(staging);
  if ((await fs.status(previous)) !== undefined) await fs.rename(previous, join(from, 'older'));
  await fs.rename(join(from, 'previous'), previous);
}

async function finish(staging: Staging): Promise<void> {
  await settle(staging);
  await takeAway(staging, 'commit');
}

/** Make the files what they were before, in every directory that was begun with. */
export async function backOut(stagings: readonly Staging[]): Promise<void> {
  const begun: Staging[] = [];
  for (const staging of stagings) {
    for (const phase of ['trial', 'commit'] as const) {
      if ((await staging.fs.status(stagingPath(staging, phase))) === undefined) continue;
      await turn(staging, phase, 'undo');
      begun.push(staging);
    }
  }
  await putBack(begun);
  // Where nothing was touched yet: what cannot be taken away now is at the next delivery.
  for (const staging of stagings)
    await staging.fs.removeAll(stagingPath(staging, 'prepare')).catch(() => {});
}

/** Put the old files back, and then no sooner than everywhere take the left-overs away. */
async function putBack(stagings: readonly Staging[]): Promise<void> {
  for (const staging of stagings) await putBackIn(staging);
  for (const staging of stagings) await takeAway(staging, 'undo');
}

async function putBackIn(staging: Staging): Promise<void> {
  const { fs, directory, files } = staging;
  const from = stagingPath(staging, 'undo');
  const kept = join(from, 'previous');
  const isFirst = (await fs.status(join(from, 'first'))) !== undefined;
  // It was `NAME.previous` already.
  if (!isFirst && (await fs.status(kept)) === undefined)
    await fs.rename(previousPath(staging), kept);
  for (const file of files) {
    if (isFirst || (await fs.status(join(kept, file))) === undefined) {
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

async function turn(staging: Staging, from: Phase, to: Phase): Promise<void> {
  const { fs, directory } = staging;
  await fs.rename(stagingPath(staging, from), stagingPath(staging, to));
  await fs.syncDirectory(directory);
}
