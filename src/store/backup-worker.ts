import { parentPort, workerData } from 'node:worker_threads';

import Sqlite from 'better-sqlite3';

import { fromHex } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { backUp } from './backup.ts';
import type { BackupAnswer, BackupTask } from './backup-thread.ts';
import { storeError } from './store-error.ts';

/** The other end of `backUpInThread`. */
async function work(task: BackupTask): Promise<BackupAnswer> {
  const { database: source, path, at, nonce } = task;
  let connection: Sqlite.Database | undefined;
  try {
    // Read only: what is damaged is left as it is.
    connection = new Sqlite(source, { readonly: true, fileMustExist: true, timeout: 5000 });
    // As the store itself has it: all pages are read once, and none is needed again.
    connection.pragma('cache_size = -2000');
    assertWhole(connection, source);
    const open = connection;
    const backup = await backUp(
      {
        database: { copyTo: async (copy) => void open.prepare('VACUUM INTO ?').run(copy) },
        keyring: { storeKey: () => Promise.reject(new TypeError('no key is asked for here')) },
        random: { bytes: (length) => fromHex(nonce).slice(0, length) },
      },
      { path, at: new Date(at), isReplacing: false, withKey: false },
    );
    return { type: 'done', backup };
  } catch (thrown) {
    const error = storeError(thrown, 'copy', source);
    if (error instanceof CertError) {
      const { code, message, hint } = error;
      return { type: 'failed', code, message, ...(hint !== undefined && { hint }) };
    }
    return { type: 'failed', message: error instanceof Error ? error.message : String(error) };
  } finally {
    connection?.close();
  }
}

/** A copy is built anew table by table, and would be whole where an index of the original is not. */
function assertWhole(connection: Sqlite.Database, source: string): void {
  const found: unknown = connection.pragma('quick_check(1)', { simple: true });
  if (found === 'ok') return;
  throw new CertError('STORE_CORRUPT', `Cannot copy "${source}": it is damaged (${String(found)})`);
}

// oxlint-disable-next-line typescript/no-unsafe-type-assertion -- as `backUpInThread` has written it
const task = workerData as BackupTask;
// oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has none
void work(task).then((answer) => parentPort?.postMessage(answer));
