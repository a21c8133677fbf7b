import { CertError } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import type { Rekey, Rekeyed } from './care-contract.ts';
import { wrappingFor, writeWrapped, type Wrapping } from './data-key.ts';
import type { Database } from './database.ts';
import { eachSealedValue, isStoredClear } from './sealed-columns.ts';
import { sealValue, type Crypto } from './sealed-value.ts';
import { fitsIn, rowContext, settleIn, type Keyring, type Sealer } from './sealer.ts';
import type { Sql } from './sql.ts';
import { keyPath, removeKeyFile, stageKeyFile, storeKeyLength } from './store-key.ts';
import { storeError } from './store-error.ts';

/** What a rekey works on. */
export interface RekeyContext {
  readonly database: Database;
  readonly keyring: Keyring;
  readonly random: Random;
  /** The state directory. */
  readonly directory: string;
  /** Called after each change to a file beside the database. */
  readonly onFileChange?: () => void;
}

/**
 * Change the store key, as `StoreCare.rekey` says. A generated key is in `store.key.next`, on the disk, before
 * the transaction that needs it is committed, and takes the place of `store.key` after that: whoever opens the
 * store in between finds the one that fits, and finishes.
 */
export async function rekey(context: RekeyContext, change: Rekey): Promise<Rekeyed> {
  const { database, keyring, random, directory, onFileChange } = context;
  const crypto = await import('node:crypto');
  const sealer = await keyring.unlock();
  const generated = change.newKey === undefined ? random.bytes(storeKeyLength) : undefined;
  const given = generated ?? (await change.newKey?.('nothing')) ?? new Uint8Array();
  const wrapping = await wrappingFor(crypto, random, given, undefined, database.path);

  const settle = (sql: Sql): void =>
    onDisk(directory, () => {
      settleIn(sql, crypto, directory);
      onFileChange?.();
    });
  let resealed: number;
  try {
    resealed = await database.write((sql) => {
      // What is replaced is overwritten, so that nothing under the old key is left in the file.
      sql.get('PRAGMA secure_delete = ON');
      settle(sql);
      if (generated) onDisk(directory, () => stageKeyFile(directory, generated, onFileChange));
      return wrapAnew(sql, context, crypto, sealer, wrapping, change);
    });
  } catch (thrown) {
    // The old key fits, and what was put beside it goes; if not now, then when the store is next opened.
    await database.write(settle).catch(() => undefined);
    throw thrown;
  }
  if (generated) await database.write(settle);
  const isRemoved =
    generated === undefined &&
    (await database.write((sql) => {
      const isGone = onDisk(directory, () => removeKeyFile(directory, fitsIn(sql, crypto)));
      onFileChange?.();
      return isGone;
    }));
  const keyFile = keyPath(directory);
  return {
    resealed,
    isOldWiped: await wiped(database),
    ...(generated && { keyFile }),
    ...(isRemoved && { removedKeyFile: keyFile }),
  };
}

function wrapAnew(
  sql: Sql,
  { keyring, random }: RekeyContext,
  crypto: Crypto,
  sealer: Sealer,
  wrapping: Wrapping,
  { isDataKeyNew }: Rekey,
): number {
  const old = keyring.dataKey(sql);
  const clear = isDataKeyNew || old === undefined ? random.bytes(storeKeyLength) : old;
  let resealed = 0;
  if (isDataKeyNew) {
    const key = crypto.createSecretKey(clear);
    resealed = eachSealedValue(sql, (column, identity, stored) => {
      const value = isStoredClear(column, stored)
        ? stored
        : sealer.open(sql, column, identity, stored);
      return sealValue(crypto, key, random, rowContext(column, identity), value);
    });
  }
  // Last: until here the sealer opens with what is stored.
  writeWrapped(sql, crypto, random, wrapping, clear);
  return resealed;
}

/** What stood in free pages and in the write-ahead log is under the old data key still. */
async function wiped(database: Database): Promise<boolean> {
  try {
    await database.compact();
    return true;
  } catch (thrown) {
    // The key is changed; that is not undone because the disk is too full for a second copy.
    if (thrown instanceof CertError) return false;
    throw thrown;
  }
}

function onDisk<T>(directory: string, work: () => T): T {
  try {
    return work();
  } catch (thrown) {
    throw storeError(thrown, 'change', keyPath(directory));
  }
}
