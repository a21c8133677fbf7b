import { existsSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';

import { CertError } from '../base/errors.ts';

/** Where a restore keeps the store as it was, and its key. */
export interface KeptStore {
  readonly database: string;
  readonly key: string;
}

/** Each is as large as the store, and more of them help nobody to find the right one. */
const mostKept = 9;

/**
 * Choose where a store as it is will be kept: nothing that an earlier restore has kept is ever written over, since it
 * may be all there is of a store. Where one was interrupted that had begun to keep this store, its place.
 *
 * @param path of the database
 * @throws {CertError} STORE_UNWRITABLE when so many are kept already
 */
export function nextKept(path: string): KeptStore {
  const begun = begunKept(path);
  if (begun) return begun;
  const free = places(path).find(
    ({ database, key }) =>
      ![database, `${database}-wal`, `${database}-journal`, key].some((each) => existsSync(each)),
  );
  if (free) return free;
  const { database: first } = place(path, 1);
  throw new CertError(
    'STORE_UNWRITABLE',
    `Cannot keep "${path}" as it is: ${mostKept} earlier ones are kept beside it already`,
    {
      hint: `Remove those you need no more, "${first}" to "${place(path, mostKept).database}", each with the store.key… of its number`,
    },
  );
}

/**
 * Refuse a store that a restore has begun to replace because it was damaged: parts of it may be at another place, its
 * write-ahead log among them, and it could open without what was committed last.
 *
 * @throws {CertError} STORE_CORRUPT
 */
export function assertNotBeingReplaced(path: string): void {
  const begun = begunKept(path);
  if (begun === undefined) return;
  throw new CertError(
    'STORE_CORRUPT',
    `Cannot open "${path}": it was damaged, and the restore that was to replace it was interrupted; it is kept in "${begun.database}"`,
    { hint: 'Run "certkeeper store restore" with the same backup again' },
  );
}

/** Give the place that was made for a store by a restore which did not get to its end; the two are one file then. */
export function begunKept(path: string): KeptStore | undefined {
  const store = statSync(path, { throwIfNoEntry: false });
  if (store === undefined) return undefined;
  return places(path).find(({ database }) => {
    const kept = statSync(database, { throwIfNoEntry: false });
    return kept !== undefined && kept.dev === store.dev && kept.ino === store.ino;
  });
}

function places(path: string): readonly KeptStore[] {
  return Array.from({ length: mostKept }, (_, n) => place(path, n + 1));
}

function place(path: string, number: number): KeptStore {
  const end = `.before-restore${number === 1 ? '' : `.${number}`}`;
  return { database: path + end, key: join(dirname(path), `store.key${end}`) };
}
