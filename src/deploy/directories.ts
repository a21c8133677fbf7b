import { dirname } from 'node:path';
import { CertError } from '../base/errors.ts';
import type { Log } from '../base/log.ts';
import { dangerAbove } from './above.ts';
import type { Place } from './delivery-error.ts';
import type { DeliveryFs, FileStatus } from './delivery-fs.ts';

/**
 * Make the directory of a set unless it is there, and refuse one in which others could replace the files.
 *
 * @returns whether others can put files there: who owns one then says nothing about who is to
 * @throws {CertError} DELIVERY_FAILED
 */
export async function prepareDirectory(
  fs: DeliveryFs,
  place: Place,
  directory: string,
  log: Log,
): Promise<boolean> {
  const found = await fs.targetStatus(directory);
  if (found === undefined) {
    await fs.makeDirectory(directory, 0o700, true);
    await fs.syncDirectory(dirname(directory));
    return false;
  }
  assertSafe(found, place, directory, log);
  return (found.mode & 0o022) !== 0;
}

/**
 * Refuse a directory that an operator named for a service unless it is there, and nobody else can replace
 * what is in it, or lead it elsewhere.
 *
 * @returns whether its group can put files there: who owns one then says nothing about who is to
 * @throws {CertError} DELIVERY_FAILED
 */
export async function checkDirectory(
  fs: DeliveryFs,
  place: Place,
  directory: string,
  log: Log,
): Promise<boolean> {
  const found = await fs.status(directory);
  if (found === undefined)
    throw refusal(place, `there is no directory "${directory}"`, 'Make it first');
  if (found.kind === 'symlink') {
    throw refusal(
      place,
      `"${directory}" is a symbolic link`,
      'Name the directory it leads to: a link can be turned elsewhere',
    );
  }
  // A new file gets the owner of the one it replaces; with the sticky bit, too, anybody could put one there.
  if ((found.mode & 0o002) !== 0) {
    throw refusal(
      place,
      `every user of this machine can put files into "${directory}"`,
      // One with the sticky bit is meant for everybody, as /tmp is: the machine needs it so.
      isSticky(found)
        ? 'Choose a directory of this user'
        : `Take that away: chmod o-w ${directory}`,
    );
  }
  assertSafe(found, place, directory, log);
  return (found.mode & 0o020) !== 0;
}

function assertSafe(found: FileStatus, place: Place, directory: string, log: Log): void {
  if (found.kind !== 'directory')
    throw Object.assign(new Error('not a directory'), { code: 'ENOTDIR', path: directory });
  const reason = dangerOf(found, directory) ?? dangerAbove(directory);
  if (reason !== undefined) throw refusal(place, reason.text, reason.hint);
  // Groups are made for sharing; whoever is in one is for the machine's operator to decide.
  if ((found.mode & 0o020) !== 0 && !isSticky(found))
    log.warn(`its whole group can replace the files in "${directory}"; take its g+w away`);
}

/** Say why files in a directory are not safe from others; absent when they are. */
export function dangerOf(
  found: Pick<FileStatus, 'mode' | 'uid'>,
  directory: string,
): { readonly text: string; readonly hint: string } | undefined {
  const self = process.geteuid?.() ?? found.uid;
  // Root can replace files everywhere.
  if (found.uid !== 0 && found.uid !== self) {
    return {
      text: `the owner of "${directory}" (uid ${found.uid}) can replace the files in it`,
      hint: `Choose a directory of this user, or make it one: chown ${self} ${directory}`,
    };
  }
  // In a sticky directory, as /tmp is one, nobody can rename or remove what another put there.
  if ((found.mode & 0o002) !== 0 && !isSticky(found)) {
    return {
      text: `every user of this machine can replace the files in "${directory}"`,
      hint: `Take that away: chmod o-w ${directory}`,
    };
  }
  return undefined;
}

function isSticky({ mode }: Pick<FileStatus, 'mode'>): boolean {
  return (mode & 0o1000) !== 0;
}

function refusal({ name, where }: Place, why: string, hint: string): CertError {
  return new CertError('DELIVERY_FAILED', `Cannot deliver "${name}" to "${where}": ${why}`, {
    hint,
  });
}
