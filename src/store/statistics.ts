import { integer, text, time } from './column.ts';
import type { Database } from './database.ts';
import type { Sql } from './sql.ts';
import type { Statistics } from './store.ts';

/** Statistics in SQLite. */
export function sqliteStatistics(database: Database): Statistics {
  return {
    read: () =>
      database.read((sql) => {
        const since = sql.get('SELECT at FROM statistics_since');
        const counters = sql
          .all('SELECT ca, counter, value FROM statistics ORDER BY ca, counter')
          .map((row) => ({
            ca: text(row, 'ca'),
            counter: text(row, 'counter'),
            value: integer(row, 'value'),
          }));
        return since === undefined ? { counters } : { since: time(since, 'at'), counters };
      }),
    clear: (at) =>
      database.write((sql) => {
        sql.run('DELETE FROM statistics');
        sql.run('INSERT OR REPLACE INTO statistics_since (id, at) VALUES (1, ?)', at);
      }),
  };
}

/** Add one to a counter, and begin the period that is counted when none has. */
export function count(sql: Sql, ca: string, counter: string, at: Date): void {
  sql.run('INSERT OR IGNORE INTO statistics_since (id, at) VALUES (1, ?)', at);
  sql.run(
    `INSERT INTO statistics (ca, counter, value) VALUES (?, ?, 1)
     ON CONFLICT (ca, counter) DO UPDATE SET value = value + 1`,
    ca,
    counter,
  );
}
