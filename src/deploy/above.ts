import { lstatSync, realpathSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/**
 * Say why a directory that is safe itself is not where it seems to be: whoever may rename one above it can put another
 * in its place, or a link, at any moment between a look and a write. Root and this user are trusted; of a directory with
 * the sticky bit, as /tmp is one, everybody may be the owner of what is theirs, and of nothing else.
 *
 * @param directory absolute; there is one
 * @returns undefined when nobody else has a say
 * @throws {Error} of the system
 */
export function dangerAbove(
  directory: string,
): { readonly text: string; readonly hint: string } | undefined {
  const self = process.geteuid?.();
  if (self === undefined) return undefined;
  // Where it is said to be, with the links on the way there, and where it is.
  for (const path of new Set([...above(directory), ...above(realpathSync(directory))])) {
    const found = lstatSync(path);
    const owners = found.isSymbolicLink() ? [found, statSync(path)] : [found];
    const stranger = owners.find(({ uid }) => uid !== 0 && uid !== self);
    if (stranger) {
      return {
        text: `the owner of "${path}" (uid ${stranger.uid}) can put another directory in the place of "${directory}"`,
        hint: 'Choose a directory below none of other users',
      };
    }
    const mode = owners.at(-1)?.mode ?? 0;
    if ((mode & 0o002) !== 0 && (mode & 0o1000) === 0) {
      return {
        text: `every user of this machine can put another directory in the place of "${directory}"`,
        hint: `Take that away: chmod o-w ${path}`,
      };
    }
  }
  return undefined;
}

function above(path: string): readonly string[] {
  const parent = dirname(path);
  return parent === path ? [] : [parent, ...above(parent)];
}
