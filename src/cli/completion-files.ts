import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** More files than this help nobody, and would fill the screen. */
const maxFiles = 500;

/**
 * List the paths that a path typed so far may become: directories with a slash at their end, and hidden
 * files only once their dot was typed. A directory that cannot be read has none.
 */
export function completeFile(typed: string, kind: 'file' | 'directory'): readonly string[] {
  const slash = typed.lastIndexOf('/') + 1;
  const folder = typed.slice(0, slash);
  const name = typed.slice(slash);
  const found: string[] = [];
  for (const entry of entriesOf(folder === '' ? '.' : folder)) {
    if (!entry.name.startsWith(name) || (entry.name.startsWith('.') && name === '')) continue;
    // What a terminal would obey instead of showing it cannot be typed either.
    if (/\p{C}/u.test(entry.name)) continue;
    const { isFolder } = entry;
    if (kind === 'directory' && !isFolder) continue;
    found.push(`${folder}${entry.name}${isFolder ? '/' : ''}`);
    if (found.length === maxFiles) break;
  }
  return found.toSorted();
}

interface Entry {
  readonly name: string;
  readonly isFolder: boolean;
}

function entriesOf(folder: string): readonly Entry[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).map((entry) => ({
      name: entry.name,
      isFolder: entry.isSymbolicLink()
        ? leadsToFolder(join(folder, entry.name))
        : entry.isDirectory(),
    }));
  } catch {
    return [];
  }
}

function leadsToFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
