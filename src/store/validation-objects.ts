import { octets, oneOf, optional, text } from './column.ts';
import type { Database } from './database.ts';
import { restartPeersOfPolicy } from './ipsec-restart.ts';
import { validationIdentity } from './sealed-columns.ts';
import type { Sealer } from './sealer.ts';
import { decodeSecrets, encodeSecrets } from './secret-map.ts';
import type { Row, Sql } from './sql.ts';
import type { ValidationKind, ValidationObject, ValidationObjects } from './validation-contract.ts';

const kinds = ['ocsp', 'crl', 'policy'] as const satisfies readonly ValidationKind[];

/** What is set up for judging peers, in SQLite: the secrets of one object are one sealed value. */
export function sqliteValidationObjects(
  database: Database,
  unlock: () => Promise<Sealer>,
): ValidationObjects {
  return {
    list: (kind) =>
      database.read((sql) =>
        sql
          .all(
            'SELECT kind, name, settings FROM validation_objects WHERE kind = ? ORDER BY name',
            kind,
          )
          .map(readObject),
      ),
    get: (kind, name) =>
      database.read((sql) => {
        const row = find(sql, kind, name);
        return row && readObject(row);
      }),
    async secrets(kind, name) {
      const sealed = await database.read((sql) => {
        const row = find(sql, kind, name);
        return row && optional(row, 'secrets', octets);
      });
      if (sealed === undefined) return new Map();
      const sealer = await unlock();
      const identity = validationIdentity(kind, name);
      return database.read((sql) =>
        decodeSecrets(sealer.open(sql, 'validation_objects.secrets', identity, sealed)),
      );
    },
    async put({ kind, name, settings }, secrets) {
      const sealer = secrets.size > 0 ? await unlock() : undefined;
      const identity = validationIdentity(kind, name);
      await database.write((sql) => {
        const sealed = sealer?.seal(
          sql,
          'validation_objects.secrets',
          identity,
          encodeSecrets(secrets),
        );
        sql.run(
          `INSERT INTO validation_objects (kind, name, settings, secrets)
           VALUES (@kind, @name, @settings, @sealed)
           ON CONFLICT (kind, name) DO UPDATE SET settings = @settings, secrets = @sealed`,
          { kind, name, settings, sealed },
        );
        if (kind === 'policy') restartPeersOfPolicy(sql, name);
      });
    },
    remove: (kind, name) =>
      database.write(
        (sql) =>
          sql.run('DELETE FROM validation_objects WHERE kind = ? AND name = ?', kind, name)
            .changes > 0,
      ),
  };
}

function find(sql: Sql, kind: ValidationKind, name: string): Row | undefined {
  return sql.get('SELECT * FROM validation_objects WHERE kind = ? AND name = ?', kind, name);
}

function readObject(row: Row): ValidationObject {
  return {
    kind: oneOf(row, 'kind', kinds),
    name: text(row, 'name'),
    settings: text(row, 'settings'),
  };
}
