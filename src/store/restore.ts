import { copyFileSync, existsSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';

import { toHex } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import type { Clock } from '../base/clock.ts';
import type { Random } from '../base/random.ts';
import { removeLeftovers } from './backup-leftovers.ts';
import { broken, openBackup, type BackupFile } from './backup-file.ts';
import type { StoreCounts } from './care-contract.ts';
import { unwrap, wrappingFor } from './data-key.ts';
import { closeToOthers, createPrivateFile, preparePrivateDirectory } from './private-files.ts';
import { nextKept } from './kept-store.ts';
import { assertUnused, swapIn } from './restore-swap.ts';
import { eachSealedValue, isStoredClear } from './sealed-columns.ts';
import { openValue } from './sealed-value.ts';
import { rowContext } from './sealer.ts';
import { storeError } from './store-error.ts';
import { storeKeyFile, type StoreKeySource } from './store-key.ts';
import type { LeaseOwner } from './leases-contract.ts';

/** What a restore needs; the store is not open, and may be damaged or not be there. */
export interface RestoreOptions {
  /** The state directory, absolute; made when it does not exist. */
  readonly directory: string;
  /** The backup, absolute. */
  readonly file: string;
  /** Where the store key comes from, when it was said; else it is `store.key`, or the one in the backup. */
  readonly storeKey?: StoreKeySource;
  readonly clock: Clock;
  readonly random: Random;
  /** Tells whether a process is surely no more. */
  readonly isDead: (owner: LeaseOwner) => boolean;
  /** Called after each change to a file of the store. */
  readonly onFileChange?: () => void;
}

/** A backup that was read and found good; nothing of the store is changed yet. */
export interface PreparedRestore {
  /** Of the backup; what takes the place of the store is of the newest. */
  readonly version: number;
  /** When it was made; absent when it was copied by other means. */
  readonly madeAt?: Date;
  readonly counts: StoreCounts;
  /** Whether the store key in the backup will be `store.key`. */
  readonly bringsKey: boolean;
  /** Whether there is a store that this one takes the place of. */
  readonly isReplacing: boolean;
  /** Where the store as it is will be kept. */
  readonly kept: string;
  /** Put it in the place of the store. @returns the file with the store as it was, if there was one */
  commit(): Promise<string | undefined>;
  /** Throw the working copy away; after `commit`, too. */
  close(): void;
}

/**
 * Read a backup, and find out whether it can take the place of the store: it is ours and whole, the store key
 * opens everything that is sealed in it, and nobody has the store in use.
 *
 * @throws {CertError} FILE_UNREADABLE, STORE_CORRUPT, STORE_NEWER, STORE_KEY_MISSING, STORE_KEY_WRONG,
 *   STORE_LOCKED, IN_PROGRESS, STORE_FULL, STORE_UNWRITABLE, CONFIG_INVALID
 */
export async function prepareRestore(options: RestoreOptions): Promise<PreparedRestore> {
  const { directory, file, random } = options;
  const path = join(directory, 'store.db');
  const working = `${path}.${toHex(random.bytes(8))}.restore`;
  assertReadable(file, path);
  preparePrivateDirectory(directory, 'store.db');
  removeLeftovers(directory, options.clock.now(), (name) =>
    /^store\.db\.[0-9a-f]{16}\.restore/.test(name),
  );
  let copy: BackupFile | undefined;
  const close = (): void => {
    copy?.close();
    for (const suffix of ['', '-journal', '-wal', '-shm'])
      rmSync(working + suffix, { force: true });
  };
  try {
    try {
      createPrivateFile(working);
      copyFileSync(file, working);
      closeToOthers(working);
    } catch (thrown) {
      throw storeError(thrown, 'copy the backup to', working);
    }
    const opened = (copy = openBackup(working, file));
    opened.assertWhole();
    const [madeAt, version, contained] = [opened.madeAt(), opened.version(), opened.storeKey()];
    opened.unmark();
    // Now, while nothing is lost: afterwards it is the store, and has to open.
    opened.upgrade();
    opened.assertWhole();
    const key = await keyOf(options, opened, contained);
    assertUnused(options, path);
    return {
      version,
      ...(madeAt && { madeAt }),
      counts: opened.counts(),
      bringsKey: key !== undefined,
      isReplacing: existsSync(path),
      kept: nextKept(path).database,
      commit: () => swapIn(options, { path, working, copy: opened, key }),
      close,
    };
  } catch (thrown) {
    close();
    throw thrown;
  }
}

function assertReadable(file: string, path: string): void {
  const refuse = (why: string, hint: string): never => {
    throw new CertError('FILE_UNREADABLE', `Cannot read backup "${file}": ${why}`, { hint });
  };
  if (!existsSync(file)) refuse('no such file', 'Name a file written by "certkeeper store backup"');
  if (isSameFile(file, path)) refuse('it is the store itself', 'Name another file');
  // What is committed stands in there, too, and would be lost.
  if (existsSync(`${file}-wal`)) {
    refuse(
      'it is a database in use, and not whole without its "-wal"',
      'Make a backup of it with "certkeeper store backup"',
    );
  }
}

function isSameFile(a: string, b: string): boolean {
  const [left, right] = [statSync(a), statSync(b, { throwIfNoEntry: false })];
  return right !== undefined && left.dev === right.dev && left.ino === right.ino;
}

/** Open all that is sealed, by the key that the operator has. @returns the one in the backup, if it takes that */
async function keyOf(
  { storeKey, directory, random, file }: RestoreOptions,
  copy: BackupFile,
  contained: Uint8Array | undefined,
): Promise<Uint8Array | undefined> {
  const found = copy.wrapped();
  if (found === undefined) {
    eachSealedValue(copy.sql, (column, _identity, stored) => {
      if (isStoredClear(column, stored)) return undefined;
      throw broken(file, 'what is sealed in it has no data key');
    });
    return undefined;
  }
  const crypto = await import('node:crypto');
  const under = copy.sealedUnder();
  const ownKey = async (): Promise<ReturnType<typeof wrappingFor>> => {
    const source = storeKey ?? storeKeyFile(directory, random);
    return await wrappingFor(crypto, random, await source(under), found, file);
  };
  let brought: Uint8Array | undefined;
  const wrapping = await ownKey().catch(async (thrown: unknown) => {
    if (storeKey !== undefined || contained === undefined) throw thrown;
    brought = contained;
    return await wrappingFor(crypto, random, contained, found, file);
  });
  const clear = unwrap(crypto, wrapping, found);
  const key = crypto.createSecretKey(clear ?? new Uint8Array());
  eachSealedValue(copy.sql, (column, identity, stored) => {
    if (isStoredClear(column, stored)) return undefined;
    if (openValue(crypto, key, rowContext(column, identity), stored) === undefined) {
      throw new CertError(
        'STORE_CORRUPT',
        `Cannot use "${file}" as a backup: a value of ${column} was altered`,
        { hint: 'Use another backup' },
      );
    }
    return undefined;
  });
  return brought;
}
