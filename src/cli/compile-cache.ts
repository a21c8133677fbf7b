// Not by `import`, which loads all that node:fs has, streams included, before it gives a name of it.
const { lstatSync, mkdirSync } = process.getBuiltinModule('node:fs');
const { enableCompileCache } = process.getBuiltinModule('node:module');
const { isAbsolute, join } = process.getBuiltinModule('node:path');

/**
 * Keep compiled code in the user's cache directory, so that the next start is quicker.
 *
 * Code from there is run, so the directory has to be ours and writable by nobody else: root under a
 * user's HOME gets no cache. That there is none is never an error.
 */
export function useCompileCache(env: Readonly<Record<string, string | undefined>>): void {
  try {
    const { XDG_CACHE_HOME: cache = '', HOME: home = '' } = env;
    // The XDG specification has a relative path ignored.
    const parent = isAbsolute(cache) ? cache : home;
    if (!isAbsolute(parent) || !isOurs(parent)) return;
    const base = parent === cache ? cache : join(home, '.cache');
    const directory = join(base, 'certkeeper', 'compiled');
    mkdirSync(directory, { recursive: true, mode: 0o700 });
    if ([base, join(base, 'certkeeper'), directory].every(isOurs)) enableCompileCache(directory);
  } catch {
    // A start without the cache is only slower.
  }
}

function isOurs(directory: string): boolean {
  const stats = lstatSync(directory);
  return stats.isDirectory() && stats.uid === process.geteuid?.() && (stats.mode & 0o022) === 0;
}
