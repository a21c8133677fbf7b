import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { Worker } from 'node:worker_threads';

import { toHex } from '../base/bytes.ts';
import { CertError, isErrorCode } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import type { Backup } from './care-contract.ts';

/** What the thread is told. */
export interface BackupTask {
  /** Of the database. */
  readonly database: string;
  /** Of the backup; there is no such file yet. */
  readonly path: string;
  /** In epoch milliseconds. */
  readonly at: number;
  /** Hexadecimal: what nobody can guess of the name it has while it is written. */
  readonly nonce: string;
}

/** What it answers. */
export type BackupAnswer =
  | { readonly type: 'done'; readonly backup: Backup }
  | {
      readonly type: 'failed';
      /** Absent: a bug. */
      readonly code?: string;
      readonly message: string;
      readonly hint?: string;
    };

/**
 * Make a backup as `StoreCare.backUp` does, without the key, in a thread of its own: reading and checking a million
 * certificates takes seconds, in which whoever serves others has to answer. The database itself is looked at first; one
 * that is damaged is not copied.
 *
 * @throws {CertError} STORE_CORRUPT when database or copy are not whole; as `StoreCare.backUp`
 */
export async function backUpInThread(
  database: string,
  { path, at }: { readonly path: string; readonly at: Date },
  random: Random,
): Promise<Backup> {
  const task: BackupTask = { database, path, at: at.getTime(), nonce: toHex(random.bytes(16)) };
  const worker = new Worker(workerFile(), {
    workerData: task,
    // It reads no words of the command line, and no environment.
    argv: [],
    env: {},
    // It calls SQLite and little else; without limits it may grow as large as whoever started it.
    resourceLimits: { maxYoungGenerationSizeMb: 4, maxOldGenerationSizeMb: 64 },
  });
  // Whoever ends need not wait for it: what it leaves is removed by the next one.
  worker.unref();
  const answer = await new Promise<BackupAnswer>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', (code) => {
      resolve({ type: 'failed', message: `the thread ended with ${code} and said nothing` });
    });
  });
  if (answer.type === 'done') return answer.backup;
  const { code, message, hint } = answer;
  throw new CertError(
    code !== undefined && isErrorCode(code) ? code : 'INTERNAL',
    message,
    hint === undefined ? {} : { hint },
  );
}

/** Beside this file: as it was written, compiled for the library, or beside the one file of the command line. */
const workerFiles = ['backup-worker.ts', 'backup-worker.js', 'backup-worker.cjs'] as const;

function workerFile(): string {
  const files = workerFiles.map((name) => join(import.meta.dirname, name));
  const file = files.find((each) => existsSync(each));
  if (file === undefined) throw new TypeError(`there is no ${files.join(' and no ')}`);
  return file;
}
