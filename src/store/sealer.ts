import type { KeyObject } from 'node:crypto';

import { concatBytes, utf8 } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import {
  isSameWrapped,
  readWrapped,
  sealedUnder,
  unwrap,
  wrappingFor,
  writeWrapped,
  type WrappedDataKey,
  type Wrapping,
} from './data-key.ts';
import { NotReady, type Database } from './database.ts';
import { openValue, sealValue, type Crypto } from './sealed-value.ts';
import type { Sql } from './sql.ts';
import { settleKeyFiles, storeKeyLength, type StoreKey, type StoreKeySource } from './store-key.ts';

/** A column that holds sealed values. */
export type SealedColumn =
  | 'authorities.secret'
  | 'authorities.proxy_password'
  | 'destinations.secrets'
  | 'keys.pkcs8'
  | 'transactions.outgoing'
  | 'transactions.secret'
  | 'transactions.state'
  | 'validation_objects.secrets';

/** Seals and opens single values; got from `unlock`, which is where a missing or wrong key is told. */
export interface Sealer {
  /**
   * Seal a value for one row.
   *
   * @param sql the write transaction it is stored in; a new store's data key is stored with it
   * @param identity what only this row has, and has for ever, so that rows cannot be exchanged
   */
  seal(sql: Sql, column: SealedColumn, identity: Uint8Array, clear: Uint8Array): Uint8Array;
  /** @throws {CertError} STORE_CORRUPT when it was altered, or sealed for another row or column */
  open(sql: Sql, column: SealedColumn, identity: Uint8Array, sealed: Uint8Array): Uint8Array;
}

/** The data key of one store, as one process holds it. */
export interface Keyring {
  /** Get ready to seal and to open. @throws {CertError} STORE_KEY_MISSING, STORE_KEY_WRONG */
  unlock(): Promise<Sealer>;
  /** Do the same if something is sealed: a new store has no key that could be wrong. */
  check(): Promise<void>;
  /**
   * Give the data key itself, for who is to wrap it anew: inside a transaction that began after `unlock`.
   *
   * @returns undefined while nothing is sealed
   */
  dataKey(sql: Sql): Uint8Array | undefined;
  /** Give the store key itself, unless it is a passphrase. @returns undefined while nothing is sealed */
  storeKey(): Promise<Uint8Array | 'passphrase' | undefined>;
}

/**
 * Prepare sealing for one store: AES-256-GCM under a random data key, which is itself sealed under the
 * store key, so that changing the store key rewrites one row.
 *
 * node:crypto is loaded, and the store key asked for, at the first use: what only shows needs neither.
 * A failure is not remembered, so that a key that was put back is found. Each value is sealed and opened
 * under the data key that the transaction sees: another process may have changed it since the last one.
 */
export function keyringFor(
  database: Database,
  random: Random,
  source: StoreKeySource,
  directory: string,
): Keyring {
  let held: Held | undefined;
  let unlocking: Promise<Sealer> | undefined;

  const gain = async (): Promise<Sealer> => {
    const crypto = await import('node:crypto');
    const found = await database.read(readWrapped);
    // What this process has made itself, or another one under the same store key, needs no new one.
    const known = held && openIn(crypto, held.wrapping, found);
    if (held !== undefined && (known?.open !== undefined || held.found === found)) {
      held = { ...held, ...known };
    } else {
      const given = await source(sealedUnder(found));
      const wrapping = await wrappingFor(crypto, random, given, found, database.path);
      held = { crypto, wrapping, ...openIn(crypto, wrapping, found) };
      await settle(crypto, given);
    }
    return sealer;
  };

  const settle = async (crypto: Crypto, given: StoreKey): Promise<void> => {
    if (!('files' in given && given.isUnsettled)) return;
    try {
      await database.write((sql) => settleIn(sql, crypto, directory));
    } catch (thrown) {
      // It is only tidying up: what was asked for can be done with the key that was found.
      if (!(thrown instanceof CertError)) throw thrown;
    }
  };

  const unlock = (): Promise<Sealer> =>
    (unlocking ??= gain().finally(() => (unlocking = undefined)));

  // Octets that are the same are the same key, whether they are committed or not.
  const current = (sql: Sql): Open | undefined => {
    const found = readWrapped(sql);
    if (found === undefined) return undefined;
    if (held?.open !== undefined && isSameWrapped(held.found, found)) return held.open;
    const opened = held && openIn(held.crypto, held.wrapping, found);
    if (held === undefined || opened?.open === undefined) throw new NotReady(unlock);
    held = { ...held, ...opened };
    return opened.open;
  };

  const create = (sql: Sql): Open => {
    if (held === undefined) throw new NotReady(unlock);
    const clear = random.bytes(storeKeyLength);
    writeWrapped(sql, held.crypto, random, held.wrapping, clear);
    return { crypto: held.crypto, clear, key: held.crypto.createSecretKey(clear) };
  };

  const sealer: Sealer = {
    seal(sql, column, identity, clear) {
      const { crypto, key } = current(sql) ?? create(sql);
      return sealValue(crypto, key, random, rowContext(column, identity), clear);
    },
    open(sql, column, identity, sealed) {
      const opened = current(sql);
      const clear =
        opened && openValue(opened.crypto, opened.key, rowContext(column, identity), sealed);
      if (clear === undefined) throw altered(column, database.path);
      return clear;
    },
  };

  return {
    unlock,
    async check() {
      if ((await database.read(readWrapped)) !== undefined) await unlock();
    },
    dataKey: (sql) => current(sql)?.clear,
    async storeKey() {
      const found = await database.read(readWrapped);
      if (found?.cost !== undefined) return 'passphrase';
      if (found === undefined) return undefined;
      await unlock();
      return held && new Uint8Array(held.wrapping.key.export());
    },
  };
}

/** A data key in clear. */
interface Open {
  readonly crypto: Crypto;
  readonly clear: Uint8Array;
  readonly key: KeyObject;
}

/** What is known of the store key, and of the data key that was read last. */
interface Held {
  readonly crypto: Crypto;
  readonly wrapping: Wrapping;
  readonly found?: WrappedDataKey;
  readonly open?: Open;
}

function openIn(
  crypto: Crypto,
  wrapping: Wrapping,
  found: WrappedDataKey | undefined,
): Pick<Held, 'found' | 'open'> {
  const clear = found && unwrap(crypto, wrapping, found);
  if (found === undefined || clear === undefined) return {};
  return { found, open: { crypto, clear, key: crypto.createSecretKey(clear) } };
}

/** Finish what an interrupted rekey left of key files, by what the transaction sees of the data key. */
export function settleIn(sql: Sql, crypto: Crypto, directory: string): void {
  settleKeyFiles(directory, fitsIn(sql, crypto));
}

/** Tell of a key whether the data key, as the transaction sees it, is wrapped under it. */
export function fitsIn(sql: Sql, crypto: Crypto): (key: Uint8Array) => boolean {
  const found = readWrapped(sql);
  return (key) =>
    found !== undefined &&
    found.cost === undefined &&
    key.length === storeKeyLength &&
    unwrap(crypto, { key: crypto.createSecretKey(key) }, found) !== undefined;
}

/** What a value is sealed to, beside the key: nothing else opens it. */
export function rowContext(column: SealedColumn, identity: Uint8Array): Uint8Array {
  return concatBytes(utf8(`certkeeper ${column}\0`), identity);
}

function altered(column: SealedColumn, path: string): CertError {
  return new CertError(
    'STORE_CORRUPT',
    `Cannot open a sealed value in "${path}": ${column} was altered, or belongs to another row`,
    { hint: 'Put a backup of the store in its place' },
  );
}
