import { lstat, readFile, rmdir, unlink } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { codeOf, reasonOf } from './delivery-error.ts';

/** A file that may have been written here. */
export interface WrittenFile {
  /** Absolute. */
  readonly path: string;
  /** What the set it belongs to is called: the one it replaced is in `SET.previous` beside it. */
  readonly set: string;
  /** Tell whether octets are what was written there. */
  isOurs(octets: Uint8Array): boolean;
}

/** What became of files that were to go. */
export interface Withdrawn {
  readonly removed: readonly string[];
  /** What stays, and why. */
  readonly left: readonly { readonly path: string; readonly why: string }[];
}

/**
 * Remove files whose content is still what was written here, with those they replaced; a link is neither followed nor
 * removed, and what somebody changed is theirs. A file that is not there is passed over.
 */
export async function withdrawFiles(files: readonly WrittenFile[]): Promise<Withdrawn> {
  const removed: string[] = [];
  const left: { path: string; why: string }[] = [];
  for (const file of withReplaced(files)) {
    const { path } = file;
    try {
      const why = await whyNot(file);
      if (why === undefined) {
        await unlink(path);
        removed.push(path);
      } else left.push({ path, why });
    } catch (error) {
      // Nor is there anything below what is a file, or a socket.
      if (!['ENOENT', 'ENOTDIR'].includes(codeOf(error))) left.push({ path, why: reasonOf(error) });
    }
  }
  for (const directory of new Set(files.map(previousOf))) {
    // One that is not there, or not empty, is none of ours any more.
    await rmdir(directory).catch(() => undefined);
  }
  return { removed, left };
}

/** List the files that are there with the content that was written here: those that `withdrawFiles` would remove. */
export async function standingFiles(files: readonly WrittenFile[]): Promise<readonly string[]> {
  const standing: string[] = [];
  for (const file of withReplaced(files)) {
    // Neither is one that is not there, or cannot be read.
    const why = await whyNot(file).catch(reasonOf);
    if (why === undefined) standing.push(file.path);
  }
  return standing;
}

function withReplaced(files: readonly WrittenFile[]): readonly WrittenFile[] {
  const replaced = files.map((file) => ({
    ...file,
    path: join(previousOf(file), basename(file.path)),
  }));
  return [...files, ...replaced];
}

function previousOf({ path, set }: WrittenFile): string {
  return join(dirname(path), `${set}.previous`);
}

async function whyNot({ path, isOurs }: WrittenFile): Promise<string | undefined> {
  const found = await lstat(path);
  if (found.isSymbolicLink()) return 'it is a symbolic link';
  if (!found.isFile()) return 'it is not a file';
  if (!(await lstat(dirname(path))).isDirectory()) return 'its directory is a symbolic link';
  return isOurs(new Uint8Array(await readFile(path))) ? undefined : 'its content is another one';
}
