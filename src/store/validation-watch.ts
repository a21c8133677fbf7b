import { integer, oneOf, optional, present, text, time } from './column.ts';
import type { Database } from './database.ts';
import type { Row } from './sql.ts';
import { storedText } from './stored-text.ts';
import type {
  OwnRevocation,
  OwnRevocations,
  OwnWord,
  TroubledResponders,
  ValidationStatistics,
} from './validation-watch-contract.ts';

/** How peers were judged, in SQLite. */
export function sqliteValidationStatistics(database: Database): ValidationStatistics {
  return {
    read: () =>
      database.read((sql) => {
        const since = sql.get('SELECT at FROM validation_statistics_since');
        const counters = sql
          .all('SELECT * FROM validation_statistics ORDER BY counter')
          .map((row) => ({
            counter: text(row, 'counter'),
            value: integer(row, 'value'),
            lastAt: time(row, 'last_at'),
          }));
        return { ...(since && { since: time(since, 'at') }), counters };
      }),
    async add(gains, at) {
      if (gains.size === 0) return;
      await database.write((sql) => {
        sql.run('INSERT OR IGNORE INTO validation_statistics_since (id, at) VALUES (1, ?)', at);
        for (const [counter, value] of gains) {
          sql.run(
            `INSERT INTO validation_statistics (counter, value, last_at) VALUES (?, ?, ?)
             ON CONFLICT (counter) DO UPDATE
               SET value = value + excluded.value, last_at = excluded.last_at`,
            counter,
            value,
            at,
          );
        }
      });
    },
    clear: (at) =>
      database.write((sql) => {
        sql.run('DELETE FROM validation_statistics');
        sql.run('INSERT OR REPLACE INTO validation_statistics_since (id, at) VALUES (1, ?)', at);
      }),
  };
}

/** Responders that have no word, in SQLite. */
export function sqliteTroubledResponders(database: Database): TroubledResponders {
  return {
    list: () =>
      database.read((sql) =>
        sql.all('SELECT * FROM troubled_responders ORDER BY url').map((row) => ({
          url: text(row, 'url'),
          code: text(row, 'code'),
          failures: integer(row, 'failures'),
          firstAt: time(row, 'first_at'),
          lastAt: time(row, 'last_at'),
        })),
      ),
    put: (responder) =>
      database.write((sql) => {
        sql.run(
          `INSERT OR REPLACE INTO troubled_responders (url, code, failures, first_at, last_at)
           VALUES (@url, @code, @failures, @firstAt, @lastAt)`,
          { ...responder },
        );
      }),
    remove: (url) =>
      database.write(
        (sql) => sql.run('DELETE FROM troubled_responders WHERE url = ?', url).changes > 0,
      ),
  };
}

/** Whether certificates of ours are revoked, in SQLite. */
export function sqliteOwnRevocations(database: Database): OwnRevocations {
  return {
    list: () =>
      database.read((sql) => sql.all('SELECT * FROM own_revocations ORDER BY name').map(readOwn)),
    get: (name) =>
      database.read((sql) => {
        const row = sql.get('SELECT * FROM own_revocations WHERE name = ?', name);
        return row && readOwn(row);
      }),
    put: ({ word, failure, ...own }) =>
      database.write((sql) => {
        sql.run(
          `INSERT INTO own_revocations
             (name, fingerprint, policy, checked_at, next_at, status, this_update, next_update,
              reason, revoked_at, above, code, error)
           VALUES (@name, @fingerprint, @policy, @checkedAt, @nextAt, @status, @thisUpdate, @nextUpdate,
              @reason, @revokedAt, @above, @code, @error)
           ON CONFLICT (name) DO UPDATE SET fingerprint = @fingerprint, policy = @policy,
             checked_at = @checkedAt, next_at = @nextAt, status = @status, this_update = @thisUpdate,
             next_update = @nextUpdate, reason = @reason, revoked_at = @revokedAt, above = @above,
             code = @code, error = @error`,
          {
            ...own,
            status: word?.status,
            thisUpdate: word?.thisUpdate,
            nextUpdate: word?.nextUpdate,
            reason: word?.reason,
            revokedAt: word?.revokedAt,
            above: word?.above,
            code: failure?.code,
            error: failure && storedText(failure.text),
          },
        );
      }),
    remove: (name) =>
      database.write(
        (sql) => sql.run('DELETE FROM own_revocations WHERE name = ?', name).changes > 0,
      ),
  };
}

const statuses = ['good', 'revoked', 'unknown'] as const satisfies readonly OwnWord['status'][];

function readOwn(row: Row): OwnRevocation {
  const code = optional(row, 'code', text);
  const word = readWord(row);
  return {
    name: text(row, 'name'),
    fingerprint: text(row, 'fingerprint'),
    policy: text(row, 'policy'),
    checkedAt: time(row, 'checked_at'),
    nextAt: time(row, 'next_at'),
    ...(word && { word }),
    ...(code !== undefined && { failure: { code, text: text(row, 'error') } }),
  };
}

function readWord(row: Row): OwnWord | undefined {
  const status = optional(row, 'status', (each, column) => oneOf(each, column, statuses));
  if (status === undefined) return undefined;
  return present({
    status,
    thisUpdate: time(row, 'this_update'),
    nextUpdate: optional(row, 'next_update', time),
    reason: optional(row, 'reason', text),
    revokedAt: optional(row, 'revoked_at', time),
    above: optional(row, 'above', text),
  });
}
