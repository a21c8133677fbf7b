import { constants } from 'node:fs';
import {
  copyFile,
  link,
  lstat,
  mkdir,
  open,
  readFile,
  readlink,
  rename,
  rm,
  stat,
  symlink,
  unlink,
} from 'node:fs/promises';
import { dirname } from 'node:path';

/** Make a directory and those above it. Node's own way to do that never ends below /proc. */
async function makeDirectories(path: string, mode: number): Promise<void> {
  const above = dirname(path);
  if (above !== path && (await stat(above).catch(() => undefined)) === undefined)
    await makeDirectories(above, mode);
  try {
    await mkdir(path, { mode });
  } catch (error) {
    // Another process was faster.
    if (!(await stat(path).catch(() => undefined))?.isDirectory()) throw error;
  }
}

/** What is at a path, without following a symbolic link there. */
export interface FileStatus {
  readonly kind: 'file' | 'directory' | 'symlink' | 'other';
  /** Permission bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

/** What a new file is to be from its first moment. */
export interface FileAttributes {
  /** Permission bits. */
  readonly mode: number;
  /** Absent: whoever writes it. */
  readonly uid?: number;
  readonly gid?: number;
}

/** The file operations a delivery is made of. Tests put one in between that fails. */
export interface DeliveryFs {
  status(path: string): Promise<FileStatus | undefined>;
  /** As `status`, of what a symbolic link leads to. */
  targetStatus(path: string): Promise<FileStatus | undefined>;
  read(path: string): Promise<Uint8Array>;
  /** Create a directory, and with `parents` those above it; only then may it exist already. */
  makeDirectory(path: string, mode: number, parents: boolean): Promise<void>;
  /** Create a file that must not exist, with exactly these attributes before its content, and have it on the disk. */
  writeNew(path: string, content: Uint8Array, attributes: FileAttributes): Promise<void>;
  /** Give a file or symbolic link a second name, or make a copy where that is impossible. */
  duplicate(from: string, to: string): Promise<void>;
  rename(from: string, to: string): Promise<void>;
  /** Remove a file or symbolic link; none is fine. */
  remove(path: string): Promise<void>;
  /** Remove a directory and what is in it; none is fine. */
  removeAll(path: string): Promise<void>;
  /** Have the names in a directory on the disk. */
  syncDirectory(path: string): Promise<void>;
}

/** The real file system. */
export const nodeDeliveryFs: DeliveryFs = {
  status: (path) => statusBy(lstat, path),
  targetStatus: (path) => statusBy(stat, path),
  read: async (path) => new Uint8Array(await readFile(path)),
  async makeDirectory(path, mode, parents) {
    if (parents) await makeDirectories(path, mode);
    else await mkdir(path, { mode });
  },
  async writeNew(path, content, { mode, uid, gid }) {
    // O_EXCL does not follow a symbolic link somebody put there. Nobody else may open it before it has
    // its owner: whoever has it open keeps it.
    const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL, 0o600);
    try {
      if (uid !== undefined || gid !== undefined) {
        const made = await file.stat();
        if ((uid ?? made.uid) !== made.uid || (gid ?? made.gid) !== made.gid)
          await file.chown(uid ?? made.uid, gid ?? made.gid);
      }
      // After chown(), which takes bits away; and the umask may have.
      await file.chmod(mode);
      await file.writeFile(content);
      await file.sync();
    } catch (error) {
      // Errors of an open file do not say which file.
      throw error instanceof Error ? Object.assign(error, { path }) : error;
    } finally {
      await file.close();
    }
  },
  async duplicate(from, to) {
    if ((await lstat(from)).isSymbolicLink()) {
      await symlink(await readlink(from), to);
      return;
    }
    try {
      await link(from, to);
    } catch {
      // No hard links on this file system, or not for a file of another user.
      await copyFile(from, to, constants.COPYFILE_EXCL);
    }
  },
  rename,
  async remove(path) {
    await unlink(path).catch(unlessMissing);
  },
  removeAll: (path) => rm(path, { recursive: true, force: true }),
  async syncDirectory(path) {
    const directory = await open(path, constants.O_RDONLY | constants.O_DIRECTORY);
    try {
      await directory.sync();
    } finally {
      await directory.close();
    }
  },
};

async function statusBy(
  ask: typeof lstat | typeof stat,
  path: string,
): Promise<FileStatus | undefined> {
  const found = await ask(path).catch(unlessMissing);
  if (found === undefined) return undefined;
  const kind = found.isFile()
    ? 'file'
    : found.isDirectory()
      ? 'directory'
      : found.isSymbolicLink()
        ? 'symlink'
        : 'other';
  return { kind, mode: found.mode & 0o7777, uid: found.uid, gid: found.gid };
}

function unlessMissing(error: unknown): undefined {
  if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
  throw error;
}
