import { dirname, join } from 'node:path';
import { codeOf, deliveryError, reasonOf, type Place } from './delivery-error.ts';
import type { DeliveryFs, FileAttributes, FileStatus } from './delivery-fs.ts';
import {
  backOut,
  beginTrial,
  commit,
  keepPrevious,
  moveIn,
  recover,
  settle,
  stagingPath,
  takeAway,
  type Staging,
} from './staging.ts';
import { CertError } from '../base/errors.ts';

/** One file of a set. */
export interface PlacedFile {
  /** Absolute. */
  readonly path: string;
  /** Make the octets to write; called only when they are to be written. */
  content(): Uint8Array;
  /** Tell whether these octets are as good as what `content` makes. */
  isContent(octets: Uint8Array): boolean;
  /** Say what the file is to be, from what stands in its place now. */
  attributes(present: FileStatus | undefined): FileAttributes;
  /** Tell whether what stands there may stay when its content is the right one. */
  isFit(present: FileStatus, wanted: FileAttributes): boolean;
}

/** Files that change together. */
export interface Placement {
  readonly fs: DeliveryFs;
  readonly place: Place;
  /** What the staging directories are named after: one set at a time per name and directory. */
  readonly name: string;
  /** In the order in which they are moved in: key first, certificate last. */
  readonly files: readonly PlacedFile[];
  /** Called before anything is written, when nothing of a killed delivery is left: whoever throws here keeps the old ones. */
  check?(): Promise<void>;
  /**
   * Called when the new files stand, before the old ones are given up: whoever throws here gets the old
   * ones back.
   */
  confirm?(): Promise<void>;
}

/**
 * Put the files of a set where they belong: all of them, or none, over several directories too. Each is
 * written in a directory beside its place, brought to the disk, and renamed over the old one, so that a
 * reader sees whole files. What a killed delivery left is finished or taken back first; files that
 * already are what is to be delivered are left alone.
 *
 * @returns the stagings, by directory
 * @throws {CertError} DELIVERY_FAILED, naming path and cause; the old files are then in place again
 */
export async function placeFiles(placement: Placement): Promise<readonly Staging[]> {
  const stagings = stagingsOf(placement);
  await untilAlone(placement.place, async () => {
    await recover(stagings);
    await placement.check?.();
    const wanted = await wantedFiles(placement);
    if (await isPlaced(placement, wanted)) await placement.confirm?.();
    else await replace(placement, stagings, wanted);
  });
  return stagings;
}

/**
 * Finish or take back what a killed delivery left, and do nothing else: nobody will deliver to these files
 * any more.
 *
 * @throws {CertError} DELIVERY_FAILED
 */
export async function tidyUp(
  placement: Pick<Placement, 'fs' | 'place' | 'name'> & {
    readonly files: readonly Pick<PlacedFile, 'path'>[];
  },
): Promise<void> {
  await untilAlone(placement.place, () => recover(stagingsOf(placement)));
}

// More than twice is bad luck already: whoever comes last in a round finds the files delivered.
const maxRounds = 5;

async function untilAlone(place: Place, deliver: () => Promise<void>): Promise<void> {
  for (let round = 1; ; round++) {
    try {
      await deliver();
      return;
    } catch (error) {
      if (round === maxRounds || !isDisturbed(error)) throw deliveryError(error, place);
    }
  }
}

/** Tell whether something came or went that only another delivery could have made or taken away. */
function isDisturbed(error: unknown): boolean {
  return ['ENOENT', 'EEXIST', 'ENOTEMPTY'].includes(codeOf(error));
}

function stagingsOf({
  fs,
  name,
  files,
}: Pick<Placement, 'fs' | 'name'> & {
  readonly files: readonly Pick<PlacedFile, 'path'>[];
}): readonly Staging[] {
  const byDirectory = Map.groupBy(files, ({ path }) => dirname(path));
  return [...byDirectory].map(([directory, inIt]) => ({
    fs,
    directory,
    name,
    files: inIt.map(({ path }) => path.slice(join(directory, '/').length)),
  }));
}

/** A file with what it is to be. */
interface Wanted {
  readonly file: PlacedFile;
  readonly present: FileStatus | undefined;
  readonly attributes: FileAttributes;
}

async function wantedFiles({ fs, files }: Placement): Promise<readonly Wanted[]> {
  const wanted: Wanted[] = [];
  for (const file of files) {
    const present = await fs.status(file.path);
    wanted.push({ file, present, attributes: file.attributes(present) });
  }
  return wanted;
}

async function isPlaced({ fs }: Placement, wanted: readonly Wanted[]): Promise<boolean> {
  for (const { file, present, attributes } of wanted) {
    if (present?.kind !== 'file' || !file.isFit(present, attributes)) return false;
    if (!file.isContent(await fs.read(file.path))) return false;
  }
  return true;
}

async function replace(
  placement: Placement,
  stagings: readonly Staging[],
  wanted: readonly Wanted[],
): Promise<void> {
  const { fs, place } = placement;
  const inOrder = wanted.flatMap(({ file, attributes }) => {
    const directory = dirname(file.path);
    const staging = stagings.find((each) => each.directory === directory);
    const name = file.path.slice(join(directory, '/').length);
    return staging === undefined ? [] : [{ staging, name, content: file.content(), attributes }];
  });
  try {
    for (const staging of stagings)
      await fs.makeDirectory(stagingPath(staging, 'prepare'), 0o700, false);
    for (const { staging, name, content, attributes } of inOrder)
      await fs.writeNew(join(stagingPath(staging, 'prepare'), name), content, attributes);
    for (const staging of stagings) await keepPrevious(staging);
    for (const staging of stagings) await beginTrial(staging);
    for (const { staging, name } of inOrder) await moveIn(staging, name);
    await placement.confirm?.();
    for (const staging of stagings) await commit(staging);
    for (const staging of stagings) await settle(staging);
  } catch (error) {
    // What is there may be the other one's, who goes on with it; else the next round, or delivery, does.
    if (!isDisturbed(error)) await backOutOf(stagings, place, error);
    throw error;
  }
  // The new files stand; what cannot be tidied up now is at the next delivery.
  for (const staging of stagings) await takeAway(staging, 'commit').catch(() => {});
}

async function backOutOf(
  stagings: readonly Staging[],
  place: Place,
  error: unknown,
): Promise<void> {
  try {
    await backOut(stagings);
  } catch (second) {
    throw new CertError(
      'DELIVERY_FAILED',
      `${deliveryError(error, place).message}; nor can the old files be put back: ${reasonOf(second)}`,
      {
        cause: new AggregateError([error, second]),
        hint: 'Set that right: the next delivery goes on from there',
      },
    );
  }
}
