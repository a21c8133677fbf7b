import { integer, operation, optional, present, text, time } from './column.ts';
import type { Database } from './database.ts';
import { project } from './project.ts';
import type { HistoryRecord, Statistics } from './records-contract.ts';
import type { Sql } from './sql.ts';

/** Statistics in SQLite. */
export function sqliteStatistics(database: Database): Statistics {
  return {
    read: () =>
      database.read((sql) => {
        const since = sql.get('SELECT at FROM statistics_since');
        const counters = sql.all('SELECT * FROM statistics ORDER BY ca, counter').map((row) =>
          present({
            ca: text(row, 'ca'),
            counter: text(row, 'counter'),
            value: integer(row, 'value'),
            lastAt: optional(row, 'last_at', time),
          }),
        );
        const durations = sql.all('SELECT * FROM durations ORDER BY ca, operation').map((row) => ({
          ca: text(row, 'ca'),
          operation: operation(row, 'operation'),
          count: integer(row, 'count'),
          totalMs: integer(row, 'total_ms'),
          minMs: integer(row, 'min_ms'),
          maxMs: integer(row, 'max_ms'),
        }));
        return { ...(since && { since: time(since, 'at') }), counters, durations };
      }),
    record: (events) =>
      database.write((sql) => {
        for (const event of events) {
          for (const each of project(event)) {
            if (each.type === 'count') count(sql, each.ca, each.counter, event.at);
          }
        }
      }),
    clear: (at) =>
      database.write((sql) => {
        sql.run('DELETE FROM statistics');
        sql.run('DELETE FROM durations');
        sql.run('INSERT OR REPLACE INTO statistics_since (id, at) VALUES (1, ?)', at);
      }),
  };
}

/** Add one to a counter, and begin the period that is counted when none has. */
export function count(sql: Sql, ca: string, counter: string, at: Date): void {
  sql.run('INSERT OR IGNORE INTO statistics_since (id, at) VALUES (1, ?)', at);
  sql.run(
    `INSERT INTO statistics (ca, counter, value, last_at) VALUES (?, ?, 1, ?)
     ON CONFLICT (ca, counter) DO UPDATE SET value = value + 1, last_at = excluded.last_at`,
    ca,
    counter,
    at,
  );
}

/** Take in how long a transaction took; one that ended before it began, on a clock set back, took no time. */
export function countDuration(
  sql: Sql,
  { ca, operation: kind }: Pick<HistoryRecord, 'ca' | 'operation'>,
  lastedMs: number,
): void {
  sql.run(
    `INSERT INTO durations (ca, operation, count, total_ms, min_ms, max_ms)
     VALUES (@ca, @kind, 1, @ms, @ms, @ms)
     ON CONFLICT (ca, operation) DO UPDATE SET count = count + 1, total_ms = total_ms + @ms,
       min_ms = min(min_ms, @ms), max_ms = max(max_ms, @ms)`,
    { ca, kind, ms: Math.max(0, lastedMs) },
  );
}
