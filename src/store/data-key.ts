import type { KeyObject } from 'node:crypto';

import { bytesEqual, utf8 } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import { octets, optional, text } from './column.ts';
import { deriveStoreKey, newPassphraseCost, type PassphraseCost } from './data-key-passphrase.ts';
import { openValue, sealValue, type Crypto } from './sealed-value.ts';
import type { Sql } from './sql.ts';
import { storeKeyLength, type SealedUnder, type StoreKey } from './store-key.ts';

/** The data key as it is stored: sealed under the store key. */
export interface WrappedDataKey {
  readonly wrapped: Uint8Array;
  /** When the store key is a passphrase. */
  readonly cost?: PassphraseCost;
}

/** A store key that is ready to wrap and to unwrap. */
export interface Wrapping {
  readonly key: KeyObject;
  /** When it was made of a passphrase. */
  readonly cost?: PassphraseCost;
}

/** Read the data key of a store, of whatever version. @returns undefined while nothing is sealed */
export function readWrapped(sql: Pick<Sql, 'get'>): WrappedDataKey | undefined {
  const row = sql.get('SELECT * FROM data_key');
  if (row === undefined) return undefined;
  const wrapped = octets(row, 'wrapped');
  // Before version 5 there were no passphrases.
  const kdf = 'kdf' in row ? optional(row, 'kdf', text) : undefined;
  return kdf === undefined ? { wrapped } : { wrapped, cost: { kdf, salt: octets(row, 'salt') } };
}

/** Tell whether a data key is still the one that was read before, under the same store key. */
export function isSameWrapped(
  a: WrappedDataKey | undefined,
  b: WrappedDataKey | undefined,
): boolean {
  return a === b || (a !== undefined && b !== undefined && bytesEqual(a.wrapped, b.wrapped));
}

/** Say what opens a data key. */
export function sealedUnder(found: WrappedDataKey | undefined): SealedUnder {
  if (found === undefined) return 'nothing';
  return found.cost === undefined ? 'key' : 'passphrase';
}

/** Write the data key of a store, in place of the one it had. */
export function writeWrapped(
  sql: Sql,
  crypto: Crypto,
  random: Random,
  wrapping: Wrapping,
  dataKey: Uint8Array,
): void {
  sql.run(
    `INSERT INTO data_key (id, wrapped, kdf, salt) VALUES (1, @wrapped, @kdf, @salt)
     ON CONFLICT (id) DO UPDATE SET wrapped = @wrapped, kdf = @kdf, salt = @salt`,
    {
      wrapped: sealValue(crypto, wrapping.key, random, wrappingContext, dataKey),
      kdf: wrapping.cost?.kdf,
      salt: wrapping.cost?.salt,
    },
  );
}

/** Open a data key. @returns undefined when the store key is another one */
export function unwrap(
  crypto: Crypto,
  { key }: Pick<Wrapping, 'key'>,
  { wrapped }: WrappedDataKey,
): Uint8Array | undefined {
  return openValue(crypto, key, wrappingContext, wrapped);
}

/**
 * Make what a source gave ready to unwrap the data key that was found, or to wrap one that is new.
 *
 * @param path of the database, for messages
 * @throws {CertError} STORE_KEY_WRONG; STORE_CORRUPT for a cost of a passphrase beyond our limits
 */
export async function wrappingFor(
  crypto: Crypto,
  random: Random,
  given: StoreKey,
  found: WrappedDataKey | undefined,
  path: string,
): Promise<Wrapping> {
  const under = sealedUnder(found);
  if ('passphrase' in given) {
    if (under === 'key') throw otherKind(path, 'a key', 'a passphrase', '--store-key file:PATH');
    const cost = found?.cost ?? newPassphraseCost(random);
    const key = await deriveStoreKey(crypto, given.passphrase, cost, path);
    return fitting({ key: crypto.createSecretKey(key), cost }, crypto, found, path);
  }
  if (under === 'passphrase') throw otherKind(path, 'a passphrase', 'a key', '--store-key prompt');
  const keys = 'files' in given ? wholeOf(given.files) : [given];
  const wrappings = keys.map((key) => ({ key: crypto.createSecretKey(assertLength(key)) }));
  const fits = wrappings.find((each) => found !== undefined && unwrap(crypto, each, found));
  return fits ?? fitting(wrappings[0], crypto, found, path);
}

const wrappingContext = utf8('certkeeper data_key.wrapped\0');

function fitting(
  wrapping: Wrapping | undefined,
  crypto: Crypto,
  found: WrappedDataKey | undefined,
  path: string,
): Wrapping {
  if (wrapping !== undefined && (found === undefined || unwrap(crypto, wrapping, found))) {
    return wrapping;
  }
  const what = wrapping?.cost === undefined ? 'store key' : 'passphrase';
  throw new CertError(
    'STORE_KEY_WRONG',
    `Cannot open the private keys in "${path}": the ${what} is not the one they were sealed with`,
    {
      hint:
        what === 'passphrase'
          ? 'Give the passphrase that belongs to this store; "store rekey" is how it is changed'
          : 'Give the store key that belongs to this store with --store-key, or put its store.key back',
    },
  );
}

/** A rekey that was killed may have left half a key, or none, in `store.key.next`: no data key is under that. */
function wholeOf(files: readonly Uint8Array[]): readonly Uint8Array[] {
  const whole = files.filter(({ length }) => length === storeKeyLength);
  return whole.length === 0 ? files : whole;
}

function otherKind(path: string, sealed: string, given: string, hint: string): CertError {
  return new CertError(
    'STORE_KEY_WRONG',
    `Cannot open the private keys in "${path}": they are sealed under ${sealed}, and ${given} was given`,
    { hint: `Use ${hint}` },
  );
}

function assertLength(key: Uint8Array): Uint8Array {
  if (key.length === storeKeyLength) return key;
  throw new CertError(
    'STORE_KEY_WRONG',
    `Cannot use the store key: it has ${key.length} octets, expected ${storeKeyLength}`,
    { hint: 'Give 32 random octets, or leave the choice to certkeeper' },
  );
}
