import { label, text } from './column.ts';
import type { Database } from './database.ts';
import type { NameSetting, NameSettings } from './entries-contract.ts';
import type { Sql } from './sql.ts';

/** Settings of single names in SQLite. */
export function sqliteNameSettings(database: Database): NameSettings {
  return {
    get: (name, key) =>
      database.read((sql) => {
        const row = sql.get(
          'SELECT value FROM name_settings WHERE name = ? AND key = ?',
          name,
          key,
        );
        return row === undefined ? undefined : text(row, 'value');
      }),
    of: (name) =>
      database.read(
        (sql) =>
          new Map(
            sql
              .all('SELECT key, value FROM name_settings WHERE name = ?', name)
              .map((row) => [text(row, 'key'), text(row, 'value')]),
          ),
      ),
    set: (name, key, value) =>
      database.write((sql) => {
        putNameSetting(sql, name, key, value);
      }),
    remove: (name, key) => database.write((sql) => putNameSetting(sql, name, key, undefined)),
    names: () =>
      database.read((sql) =>
        sql
          .all('SELECT DISTINCT name FROM name_settings ORDER BY name')
          .map((row) => label(row, 'name')),
      ),
    having: (key, limit = -1) =>
      database.read(
        (sql) =>
          new Map(
            sql
              .all(
                'SELECT name, value FROM name_settings WHERE key = ? ORDER BY name LIMIT ?',
                key,
                limit,
              )
              .map((row) => [label(row, 'name'), text(row, 'value')]),
          ),
      ),
  };
}

/** Set it within another write, or take it away. @returns whether anything was changed */
export function putNameSetting(
  sql: Sql,
  name: string,
  key: NameSetting,
  value: string | undefined,
): boolean {
  const { changes } =
    value === undefined
      ? sql.run('DELETE FROM name_settings WHERE name = ? AND key = ?', name, key)
      : sql.run(
          'INSERT OR REPLACE INTO name_settings (name, key, value) VALUES (?, ?, ?)',
          name,
          key,
          value,
        );
  return changes > 0;
}
