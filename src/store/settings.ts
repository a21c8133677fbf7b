import { text } from './column.ts';
import type { Database } from './database.ts';
import type { Settings } from './settings-contract.ts';
import type { Sql } from './sql.ts';

/** Settings in SQLite. */
export function sqliteSettings(database: Database): Settings {
  return {
    get: (key) => database.read((sql) => readSetting(sql, key)),
    set: (key, value) =>
      database.write((sql) => {
        sql.run('INSERT OR REPLACE INTO settings (key, value) VALUES (?, ?)', key, value);
      }),
    remove: (key) =>
      database.write((sql) => sql.run('DELETE FROM settings WHERE key = ?', key).changes > 0),
    list: () =>
      database.read(
        (sql) =>
          new Map(
            sql
              .all('SELECT key, value FROM settings ORDER BY key')
              .map((row) => [text(row, 'key'), text(row, 'value')]),
          ),
      ),
  };
}

/** Read a setting inside a transaction. */
export function readSetting(sql: Sql, key: string): string | undefined {
  const row = sql.get('SELECT value FROM settings WHERE key = ?', key);
  return row === undefined ? undefined : text(row, 'value');
}
