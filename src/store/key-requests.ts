import { CertError } from '../base/errors.ts';
import { integer, label, octets, time } from './column.ts';
import type { Database } from './database.ts';
import type { KeyRequestRecord, KeyRequests } from './entries-contract.ts';
import { insertKey, releaseKey } from './keys.ts';
import { pruneKeys } from './pruning.ts';
import type { Sealer } from './sealer.ts';
import type { Row, Sql } from './sql.ts';

/** Key requests in SQLite. */
export function sqliteKeyRequests(database: Database, unlock: () => Promise<Sealer>): KeyRequests {
  return {
    async put({ name, key, request, at }, replace) {
      const sealer = await unlock();
      return database.write((sql) => {
        const before = find(sql, name);
        if (before !== undefined && !replace) {
          throw new CertError(
            'STORE_CONFLICT',
            `Cannot make a request for "${name}": one waits for its answer already`,
            {
              hint: `Import the answer with "certkeeper cert import cert-name ${name} file …", or add replace`,
            },
          );
        }
        pruneKeys(sql, at);
        const keyId = insertKey(sql, sealer, key, at);
        sql.run(
          'INSERT OR REPLACE INTO key_requests (name, key_id, request, created_at) VALUES (?, ?, ?, ?)',
          name,
          keyId,
          request,
          at,
        );
        if (before !== undefined && before.keyId !== keyId) releaseKey(sql, before.keyId, at);
        return { name, keyId, request, createdAt: at };
      });
    },
    get: (name) => database.read((sql) => find(sql, name)),
    list: () =>
      database.read((sql) => sql.all('SELECT * FROM key_requests ORDER BY name').map(readRecord)),
    remove: (name, at) =>
      database.write((sql) => {
        const request = find(sql, name);
        if (request === undefined) return false;
        sql.run('DELETE FROM key_requests WHERE name = ?', name);
        releaseKey(sql, request.keyId, at);
        return true;
      }),
  };
}

function find(sql: Sql, name: string): KeyRequestRecord | undefined {
  const row = sql.get('SELECT * FROM key_requests WHERE name = ?', name);
  return row === undefined ? undefined : readRecord(row);
}

function readRecord(row: Row): KeyRequestRecord {
  return {
    name: label(row, 'name'),
    keyId: integer(row, 'key_id'),
    request: octets(row, 'request'),
    createdAt: time(row, 'created_at'),
  };
}
