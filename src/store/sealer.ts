import type { KeyObject } from 'node:crypto';

import { concatBytes, utf8 } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import { octets } from './column.ts';
import type { Database } from './database.ts';
import type { Sql } from './sql.ts';
import { storeKeyLength, type StoreKeySource } from './store-key.ts';

type Crypto = typeof import('node:crypto');

/** A column that holds sealed values. */
export type SealedColumn =
  | 'authorities.secret'
  | 'authorities.proxy_password'
  | 'keys.pkcs8'
  | 'transactions.secret';

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

/**
 * Prepare sealing for one store: AES-256-GCM under a random data key, which is itself sealed under the
 * store key, so that changing the store key rewrites one row.
 *
 * node:crypto is loaded, and the store key asked for, at the first use: what only shows needs neither.
 * A failure is not remembered, so that a key that was put back is found.
 */
export function sealerFor(
  database: Database,
  random: Random,
  source: StoreKeySource,
): () => Promise<Sealer> {
  let storeKey: Promise<Uint8Array> | undefined;
  let dataKey: KeyObject | undefined;

  return async () => {
    const crypto = await import('node:crypto');
    const wrapped = await database.read(readWrapped);
    storeKey ??= source(wrapped === undefined).then(assertLength);
    let wrapping: KeyObject;
    try {
      wrapping = crypto.createSecretKey(await storeKey);
      if (wrapped !== undefined) dataKey ??= unwrap(crypto, wrapping, wrapped, database.path);
    } catch (thrown) {
      storeKey = undefined;
      throw thrown;
    }
    // A data key made in a transaction counts only once that is committed: until `unlock` has read it
    // back, each transaction reads the row again.
    const stored = (sql: Sql): KeyObject | undefined => {
      if (dataKey !== undefined) return dataKey;
      const row = readWrapped(sql);
      return row === undefined ? undefined : unwrap(crypto, wrapping, row, database.path);
    };
    const create = (sql: Sql): KeyObject => {
      const clear = random.bytes(storeKeyLength);
      const sealed = encrypt(crypto, wrapping, random, wrappingContext, clear);
      sql.run('INSERT INTO data_key (id, wrapped) VALUES (1, ?)', sealed);
      return crypto.createSecretKey(clear);
    };
    return {
      seal(sql, column, identity, clear) {
        const key = stored(sql) ?? create(sql);
        return encrypt(crypto, key, random, rowContext(column, identity), clear);
      },
      open(sql, column, identity, sealed) {
        const key = stored(sql);
        const clear = key && decrypt(crypto, key, rowContext(column, identity), sealed);
        if (clear === undefined) throw altered(column, database.path);
        return clear;
      },
    };
  };
}

// A sealed value: one octet for the format, the nonce, the ciphertext, the tag.
const format = 1;
const nonceLength = 12;
const tagLength = 16;

const wrappingContext = utf8('certkeeper data_key.wrapped\0');

function rowContext(column: SealedColumn, identity: Uint8Array): Uint8Array {
  return concatBytes(utf8(`certkeeper ${column}\0`), identity);
}

function encrypt(
  crypto: Crypto,
  key: KeyObject,
  random: Random,
  context: Uint8Array,
  clear: Uint8Array,
): Uint8Array {
  const nonce = random.bytes(nonceLength);
  const cipher = crypto.createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagLength });
  cipher.setAAD(context);
  const body = cipher.update(clear);
  const rest = cipher.final();
  return concatBytes(Uint8Array.of(format), nonce, body, rest, cipher.getAuthTag());
}

function decrypt(
  crypto: Crypto,
  key: KeyObject,
  context: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | undefined {
  const bodyAt = 1 + nonceLength;
  const tagAt = sealed.length - tagLength;
  if (sealed[0] !== format || tagAt < bodyAt) return undefined;
  const nonce = sealed.subarray(1, bodyAt);
  const decipher = crypto.createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagLength });
  decipher.setAAD(context);
  decipher.setAuthTag(sealed.subarray(tagAt));
  try {
    return concatBytes(decipher.update(sealed.subarray(bodyAt, tagAt)), decipher.final());
  } catch {
    return undefined;
  }
}

function unwrap(crypto: Crypto, wrapping: KeyObject, wrapped: Uint8Array, path: string): KeyObject {
  const clear = decrypt(crypto, wrapping, wrappingContext, wrapped);
  if (clear === undefined) {
    throw new CertError(
      'STORE_KEY_WRONG',
      `Cannot open the private keys in "${path}": the store key is not the one they were sealed with`,
      { hint: 'Give the store key that belongs to this store, or put its store.key back' },
    );
  }
  return crypto.createSecretKey(clear);
}

function readWrapped(sql: Sql): Uint8Array | undefined {
  const row = sql.get('SELECT wrapped FROM data_key');
  return row === undefined ? undefined : octets(row, 'wrapped');
}

function assertLength(key: Uint8Array): Uint8Array {
  if (key.length === storeKeyLength) return key;
  throw new CertError(
    'STORE_KEY_WRONG',
    `Cannot use the store key: it has ${key.length} octets, expected ${storeKeyLength}`,
    { hint: 'Give 32 random octets, or leave the choice to certkeeper' },
  );
}

function altered(column: SealedColumn, path: string): CertError {
  return new CertError(
    'STORE_CORRUPT',
    `Cannot open a sealed value in "${path}": ${column} was altered, or belongs to another row`,
    { hint: 'Put a backup of the store in its place' },
  );
}
