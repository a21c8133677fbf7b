import { readdirSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** No backup and no restore takes as long; whoever is at one now keeps its files. */
const leftoverAgeMs = 3_600_000;

/** Remove the unfinished files of processes that were killed: whole copies of the store, which nobody would look for. */
export function removeLeftovers(
  folder: string,
  now: Date,
  isUnfinished: (name: string) => boolean,
): void {
  for (const each of readdirSync(folder)) {
    if (!isUnfinished(each)) continue;
    const path = join(folder, each);
    const found = statSync(path, { throwIfNoEntry: false });
    if (found?.isFile() === true && found.mtimeMs < now.getTime() - leftoverAgeMs) {
      rmSync(path, { force: true });
    }
  }
}
