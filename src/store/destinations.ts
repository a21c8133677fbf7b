import { utf8 } from '../base/bytes.ts';
import { integer, octets, optional, text, time } from './column.ts';
import type { Database } from './database.ts';
import type {
  DestinationRecord,
  Destinations,
  SnmpEngines,
  StoredEngine,
} from './notifications-contract.ts';
import type { Sealer } from './sealer.ts';
import { decodeSecrets, encodeSecrets } from './secret-map.ts';
import type { Row, Sql } from './sql.ts';

/** Destinations in SQLite: their secrets are one sealed value each. */
export function sqliteDestinations(
  database: Database,
  unlock: () => Promise<Sealer>,
): Destinations {
  return {
    list: () =>
      database.read((sql) => sql.all('SELECT * FROM destinations ORDER BY name').map(readRecord)),
    get: (name) =>
      database.read((sql) => {
        const row = find(sql, name);
        return row && readRecord(row);
      }),
    async secrets(name) {
      const sealed = await database.read((sql) => {
        const row = find(sql, name);
        return row && optional(row, 'secrets', octets);
      });
      if (sealed === undefined) return new Map();
      const sealer = await unlock();
      return database.read((sql) =>
        decodeSecrets(sealer.open(sql, 'destinations.secrets', utf8(name), sealed)),
      );
    },
    async put(name, settings, secrets) {
      const sealer = secrets.size > 0 ? await unlock() : undefined;
      await database.write((sql) => {
        const sealed = sealer?.seal(
          sql,
          'destinations.secrets',
          utf8(name),
          encodeSecrets(secrets),
        );
        sql.run(
          `INSERT INTO destinations (name, settings, secrets, dropped)
           VALUES (@name, @settings, @sealed, 0)
           ON CONFLICT (name) DO UPDATE SET settings = @settings, secrets = @sealed,
             failed_at = NULL, failure = NULL`,
          { name, settings, sealed },
        );
      });
    },
    remove: (name) =>
      database.write((sql) => sql.run('DELETE FROM destinations WHERE name = ?', name).changes > 0),
  };
}

/** The engine in SQLite. */
export function sqliteSnmpEngines(database: Database): SnmpEngines {
  return {
    get: () => database.read(readEngine),
    change: (change) =>
      database.write((sql) => {
        const engine = change(readEngine(sql));
        sql.run(
          'UPDATE notifier SET engine_id = ?, engine_boots = ?',
          engine.engineID,
          engine.boots,
        );
        return engine;
      }),
  };
}

function readEngine(sql: Sql): StoredEngine | undefined {
  const row = sql.get('SELECT engine_id, engine_boots FROM notifier') ?? {};
  const engineID = optional(row, 'engine_id', text);
  return engineID === undefined ? undefined : { engineID, boots: integer(row, 'engine_boots') };
}

function find(sql: Sql, name: string): Row | undefined {
  return sql.get('SELECT * FROM destinations WHERE name = ?', name);
}

function readRecord(row: Row): DestinationRecord {
  const sentAt = optional(row, 'sent_at', time);
  const failedAt = optional(row, 'failed_at', time);
  return {
    name: text(row, 'name'),
    settings: text(row, 'settings'),
    dropped: integer(row, 'dropped'),
    ...(sentAt && { sentAt }),
    ...(failedAt && { failure: { text: text(row, 'failure'), at: failedAt } }),
  };
}
