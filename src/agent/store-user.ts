import { readdir, readlink } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';

/** Who has a store in use, as far as can be told without its database. */
export type StoreUser =
  /** An agent: somebody listens there. */
  | { readonly type: 'agent'; readonly socket: string }
  /** Another process has the file open. */
  | { readonly type: 'process'; readonly pid: number };

/**
 * Find who has a store in use without reading it: a database that is damaged says nothing of its leases, and is
 * replaced by name, which no lock of SQLite hinders.
 *
 * @param directory the state directory, absolute
 */
export async function storeUser(directory: string): Promise<StoreUser | undefined> {
  const socket = join(directory, 'agent.sock');
  if (await isListening(socket)) return { type: 'agent', socket };
  const pid = await whoHasOpen(join(directory, 'store.db'));
  return pid === undefined ? undefined : { type: 'process', pid };
}

/** Tell whether somebody listens on a socket: the system takes the connection, also of an agent that is stopped. */
export function isListening(path: string): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const connection = connect(path);
  connection.on('connect', () => {
    connection.destroy();
    resolve(true);
  });
  // A queue that is full is that of somebody who listens.
  connection.on('error', (error: Error & { readonly code?: string }) =>
    resolve(error.code === 'EAGAIN'),
  );
  return promise;
}

/** @returns the first other process that shows us so; undefined also on systems without /proc */
async function whoHasOpen(path: string): Promise<number | undefined> {
  for (const entry of await entriesOf('/proc')) {
    const pid = Number(entry);
    if (!Number.isInteger(pid) || pid === process.pid) continue;
    const descriptors = join('/proc', entry, 'fd');
    for (const descriptor of await entriesOf(descriptors)) {
      const target = await readlink(join(descriptors, descriptor)).catch(() => undefined);
      if (target === path) return pid;
    }
  }
  return undefined;
}

/** Of what is gone, or not ours to read, there are none. */
function entriesOf(directory: string): Promise<readonly string[]> {
  return readdir(directory).catch(() => []);
}
