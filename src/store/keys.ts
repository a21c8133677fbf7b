import { CertError } from '../base/errors.ts';
import { integer, octets, optional, text, time } from './column.ts';
import type { Database } from './database.ts';
import type { Sealer } from './sealer.ts';
import type { Row, Sql } from './sql.ts';
import type { KeyRecord, Keys, NewKey } from './keys-contract.ts';

/** Key pairs in SQLite; a private key is sealed to its public key. */
export function sqliteKeys(database: Database, unlock: () => Promise<Sealer>): Keys {
  return {
    publicKey: (id) => database.read((sql) => readRecord(keyRow(sql, id))),
    async privateKey(id) {
      const row = await database.read((sql) => keyRow(sql, id));
      if (optional(row, 'token_uri', text) !== undefined) {
        throw new CertError('KEY_UNUSABLE', 'Cannot read a private key: it is in a token', {
          hint: 'A key in a token signs requests, and is used by services through the token',
        });
      }
      const sealer = await unlock();
      return database.read((sql) =>
        sealer.open(sql, 'keys.pkcs8', octets(row, 'spki'), octets(row, 'pkcs8')),
      );
    },
    findBySpki: (spki) =>
      database.read((sql) => {
        const row = sql.get(
          'SELECT id, spki, created_at, token_uri FROM keys WHERE spki = ?',
          spki,
        );
        return row === undefined ? undefined : readRecord(row);
      }),
  };
}

/** Store a key pair unless it is stored, and give its id. */
export function insertKey(sql: Sql, sealer: Sealer, key: NewKey, at: Date): number {
  const found = sql.get('SELECT id FROM keys WHERE spki = ?', key.spki);
  if (found !== undefined) {
    const id = integer(found, 'id');
    sql.run('UPDATE keys SET unused_since = NULL WHERE id = ?', id);
    return id;
  }
  return sql.run(
    'INSERT INTO keys (spki, pkcs8, created_at, token_uri) VALUES (?, ?, ?, ?)',
    key.spki,
    // Nothing to seal of a key that is in a token; version 1 of the schema wants octets.
    'pkcs8' in key ? sealer.seal(sql, 'keys.pkcs8', key.spki, key.pkcs8) : new Uint8Array(),
    at,
    'pkcs8' in key ? undefined : key.tokenUri,
  ).id;
}

/** Note that a key may be without use from now on; whoever drops it looks again. */
export function releaseKey(sql: Sql, id: number, at: Date): void {
  sql.run('UPDATE keys SET unused_since = ? WHERE id = ?', at, id);
}

const isUnused = `NOT EXISTS (SELECT 1 FROM certificates WHERE key_id = keys.id)
  AND NOT EXISTS (SELECT 1 FROM transactions WHERE key_id = keys.id)
  AND NOT EXISTS (SELECT 1 FROM key_requests WHERE key_id = keys.id)`;

/** Drop a key that nothing uses any more. */
export function dropKey(sql: Sql, id: number): void {
  sql.run(`DELETE FROM keys WHERE id = ? AND ${isUnused}`, id);
}

/** Drop the keys that have been without use since a moment. */
export function dropKeysUnusedSince(sql: Sql, since: Date): void {
  sql.run(`DELETE FROM keys WHERE unused_since < ? AND ${isUnused}`, since);
}

function keyRow(sql: Sql, id: number): Row {
  const row = sql.get('SELECT * FROM keys WHERE id = ?', id);
  if (row === undefined) throw new CertError('INTERNAL', `Cannot find key ${id} in the store`);
  return row;
}

function readRecord(row: Row): KeyRecord {
  const tokenUri = optional(row, 'token_uri', text);
  return {
    id: integer(row, 'id'),
    spki: octets(row, 'spki'),
    createdAt: time(row, 'created_at'),
    ...(tokenUri !== undefined && { tokenUri }),
  };
}
