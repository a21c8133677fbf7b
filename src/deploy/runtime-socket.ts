import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { CertError } from '../base/errors.ts';
import { nodeDeliveryFs, type FileStatus } from './delivery-fs.ts';

/**
 * Refuse a socket that any user of this machine could have put there, or what leads to it: a key would be theirs, and what
 * it says a lie.
 *
 * @param hint how its server is to make it instead
 * @throws {CertError} DELIVERY_FAILED
 */
export async function refuseStrangeSocket(socket: string, hint: string): Promise<void> {
  const real = await realpath(socket).catch(() => undefined);
  // Where nobody is there, connecting says so.
  if (real === undefined) return;
  for (const path of new Set([socket, real])) {
    const strange = await strangeAt(path, nodeDeliveryFs, process.geteuid?.() ?? 0);
    if (strange === undefined) continue;
    const which = strange.path === socket ? 'it' : `"${strange.path}"`;
    throw new CertError(
      'DELIVERY_FAILED',
      `Cannot trust the socket "${socket}": every user of this machine can put files there, and ${which} belongs to uid ${strange.uid}`,
      { hint },
    );
  }
}

/**
 * Find what anybody could have made on the way to a socket: the socket itself, a directory, or a symbolic link.
 *
 * @param own user id
 */
export async function strangeAt(
  socket: string,
  fs: Parameters<typeof statusesAt>[1],
  own: number,
): Promise<{ readonly path: string; readonly uid: number } | undefined> {
  for (const { path, directory, found } of await statusesAt(socket, fs))
    if (isStrange(directory, found, own)) return { path, uid: found.uid };
  return undefined;
}

/**
 * Tell whether anybody could have made it.
 *
 * @param directory that it is in
 * @param found what is of root or of our own user: those could take the key anyhow
 */
export function isStrange(
  directory: Pick<FileStatus, 'mode'>,
  found: Pick<FileStatus, 'uid'>,
  own: number,
): boolean {
  return (directory.mode & 0o002) !== 0 && found.uid !== 0 && found.uid !== own;
}

interface Step {
  readonly path: string;
  readonly directory: Pick<FileStatus, 'mode'>;
  readonly found: Pick<FileStatus, 'uid'>;
}

async function statusesAt(
  socket: string,
  fs: {
    status(path: string): Promise<Pick<FileStatus, 'uid'> | undefined>;
    targetStatus(path: string): Promise<Pick<FileStatus, 'mode'> | undefined>;
  },
): Promise<readonly Step[]> {
  const steps: Step[] = [];
  for (let path = socket; dirname(path) !== path; path = dirname(path)) {
    const directory = await fs.targetStatus(dirname(path));
    const found = await fs.status(path);
    if (directory && found) steps.push({ path, directory, found });
  }
  return steps;
}
