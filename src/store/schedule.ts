import { isErrorCode } from '../base/errors.ts';
import { integer, label, oneOf, optional, text, time } from './column.ts';
import type { Database } from './database.ts';
import type { TransactionOutcome } from './records-contract.ts';
import type { CaHealth, FailingRecord, Schedule, ScheduleEntry } from './schedule-contract.ts';
import type { Row, Sql } from './sql.ts';
import { storedText } from './stored-text.ts';

/** The schedule in SQLite; triggers of the schema make a name due when it changes. */
export function sqliteSchedule(database: Database): Schedule {
  return {
    due: (now, limit, after) =>
      database.read((sql) =>
        sql
          .all(
            `SELECT * FROM schedule WHERE next_at <= ? AND (next_at, name) > (?, ?)
             ORDER BY next_at, name LIMIT ?`,
            now,
            after?.at ?? Number.MIN_SAFE_INTEGER,
            after?.name ?? '',
            limit,
          )
          .map((row) => ({ ...readEntry(row), at: time(row, 'next_at') })),
      ),
    entry: (name) =>
      database.read((sql) => {
        const row = sql.get('SELECT name, revision FROM schedule WHERE name = ?', name);
        return row && readEntry(row);
      }),
    all: (limit = -1) =>
      database.read((sql) =>
        sql.all('SELECT name, revision FROM schedule ORDER BY name LIMIT ?', limit).map(readEntry),
      ),
    count: () =>
      database.read((sql) =>
        integer(sql.get('SELECT count(*) AS count FROM schedule') ?? {}, 'count'),
      ),
    next: (after) =>
      database.read((sql) => {
        const row = sql.get(
          'SELECT min(next_at) AS at FROM schedule WHERE next_at > ?',
          after ?? Number.MIN_SAFE_INTEGER,
        );
        return row && optional(row, 'at', time);
      }),
    plan: (plans) =>
      database.write((sql) =>
        plans.flatMap(({ entry, at }) => {
          const { name, revision } = entry;
          const { changes } = sql.run(
            'UPDATE schedule SET next_at = ? WHERE name = ? AND revision = ?',
            at,
            name,
            revision,
          );
          return changes === 0 ? [entry] : [];
        }),
      ),
    forget: ({ name, revision }) =>
      database.write((sql) => {
        const { changes } = sql.run(
          'DELETE FROM schedule WHERE name = ? AND revision = ?',
          name,
          revision,
        );
        if (changes === 0) return false;
        sql.run('DELETE FROM failing WHERE name = ?', name);
        sql.run('DELETE FROM issuances WHERE name = ?', name);
        return true;
      }),
    wake: () =>
      database.write((sql) => {
        sql.run('UPDATE schedule SET next_at = 0, revision = revision + 1');
      }),
    failing: (name) =>
      database.read((sql) =>
        sql.all('SELECT * FROM failing WHERE name = ? ORDER BY job', name).map(readFailing),
      ),
    failures: (limit) =>
      database.read((sql) =>
        sql
          .all('SELECT * FROM failing ORDER BY first_at, name, job LIMIT ?', limit)
          .map((row) => ({ name: label(row, 'name'), ...readFailing(row) })),
      ),
    failed: (name, { job, kind, at, code, text: why }) =>
      database.write((sql) => {
        sql.run(
          `INSERT INTO failing (name, job, kind, count, first_at, last_at, code, text)
           VALUES (@name, @job, @kind, 1, @at, @at, @code, @text)
           ON CONFLICT (name, job) DO UPDATE SET kind = @kind, count = count + 1, last_at = @at,
             code = @code, text = @text`,
          { name, job, kind, at, code, text: storedText(why) },
        );
        return readFailing(
          sql.get('SELECT * FROM failing WHERE name = ? AND job = ?', name, job) ?? {},
        );
      }),
    recovered: (name, job) =>
      database.write((sql) => {
        sql.run('DELETE FROM failing WHERE name = ? AND job = coalesce(?, job)', name, job);
      }),
    issuedSince: (name, since) =>
      database.read((sql) =>
        sql
          .all('SELECT at FROM issuances WHERE name = ? AND at > ? ORDER BY at', name, since)
          .map((row) => time(row, 'at')),
      ),
    silentCas: () =>
      database.read((sql) => sql.all('SELECT * FROM silent_cas ORDER BY ca').map(readHealth)),
    caSilent: (ca, at) =>
      database.write((sql) => {
        sql.run(
          `INSERT INTO silent_cas (ca, count, last_at) VALUES (@ca, 1, @at)
           ON CONFLICT (ca) DO UPDATE SET count = count + 1, last_at = @at`,
          { ca, at },
        );
        return readHealth(sql.get('SELECT * FROM silent_cas WHERE ca = ?', ca) ?? {});
      }),
    caAnswered: (ca) =>
      database.write((sql) => {
        sql.run('DELETE FROM silent_cas WHERE ca = ?', ca);
      }),
  };
}

const dayMs = 86_400_000;

/** Tell whether a transaction that came to nothing here may have come to a certificate at the CA. */
export function mayHaveIssued(outcome: TransactionOutcome): boolean {
  switch (outcome.type) {
    case 'refused':
    case 'unconfirmed':
      return true;
    case 'failed':
      return outcome.mayHaveIssued ?? false;
    case 'granted':
    case 'revoked':
    case 'rejected':
    case 'cleared':
      return false;
  }
}

/** Count a certificate that a name has got, and drop those of more than a day before. */
export function recordIssuance(sql: Sql, name: string, at: Date): void {
  sql.run('INSERT INTO issuances (name, at) VALUES (?, ?)', name, at);
  sql.run(
    'DELETE FROM issuances WHERE name = ? AND at < ?',
    name,
    new Date(at.getTime() - 2 * dayMs),
  );
}

function readEntry(row: Row): ScheduleEntry {
  return { name: label(row, 'name'), revision: integer(row, 'revision') };
}

function readFailing(row: Row): FailingRecord {
  const code = text(row, 'code');
  return {
    job: text(row, 'job'),
    kind: oneOf(row, 'kind', ['failing', 'blocked']),
    count: integer(row, 'count'),
    firstAt: time(row, 'first_at'),
    lastAt: time(row, 'last_at'),
    // One of a certkeeper that knew others.
    code: isErrorCode(code) ? code : 'INTERNAL',
    text: text(row, 'text'),
  };
}

function readHealth(row: Row): CaHealth {
  return { ca: label(row, 'ca'), count: integer(row, 'count'), lastAt: time(row, 'last_at') };
}
