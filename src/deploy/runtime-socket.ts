import { dirname } from 'node:path';
import { CertError } from '../base/errors.ts';
import { nodeDeliveryFs, type FileStatus } from './delivery-fs.ts';

/**
 * Refuse a socket that any user of this machine could have put there: a key would be theirs, and what it says a lie.
 *
 * @param hint how its server is to make it instead
 * @throws {CertError} DELIVERY_FAILED
 */
export async function refuseStrangeSocket(socket: string, hint: string): Promise<void> {
  const directory = await nodeDeliveryFs.targetStatus(dirname(socket));
  const found = await nodeDeliveryFs.targetStatus(socket);
  // Where nobody is there, connecting says so.
  if (directory === undefined || found === undefined) return;
  if (!isStrange(directory, found, process.geteuid?.() ?? 0)) return;
  throw new CertError(
    'DELIVERY_FAILED',
    `Cannot trust the socket "${socket}": every user of this machine can put files there, and it belongs to uid ${found.uid}`,
    { hint },
  );
}

/**
 * Tell whether anybody could have made it.
 *
 * @param directory that it is in
 * @param socket of root or of our own user: those could take the key anyhow
 */
export function isStrange(
  directory: Pick<FileStatus, 'mode'>,
  socket: Pick<FileStatus, 'uid'>,
  own: number,
): boolean {
  return (directory.mode & 0o002) !== 0 && socket.uid !== 0 && socket.uid !== own;
}
