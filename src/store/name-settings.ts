import { text } from './column.ts';
import type { Database } from './database.ts';
import type { NameSettings } from './entries-contract.ts';

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
    set: (name, key, value) =>
      database.write((sql) => {
        sql.run(
          'INSERT OR REPLACE INTO name_settings (name, key, value) VALUES (?, ?, ?)',
          name,
          key,
          value,
        );
      }),
    remove: (name, key) =>
      database.write(
        (sql) =>
          sql.run('DELETE FROM name_settings WHERE name = ? AND key = ?', name, key).changes > 0,
      ),
  };
}
