import { decodeNotification, encodeNotification } from '../traps/alarms/notification-json.ts';
import type { Notification } from '../traps/alarms/notification.ts';
import { begun, enqueue, type NewOutboxEntry, type OutboxEntry } from '../traps/alarms/outbox.ts';
import { integer, text, time } from './column.ts';
import type { Database } from './database.ts';
import type { Outbox } from './notifications-contract.ts';
import type { Row, Sql } from './sql.ts';
import { storedText } from './stored-text.ts';

/** The outbox in SQLite. */
export function sqliteOutbox(database: Database): Outbox {
  return {
    of: (destination) => database.read((sql) => queueOf(sql, destination)),
    sizes: () =>
      database.read(
        (sql) =>
          new Map(
            sql
              .all('SELECT destination, count(*) AS count FROM outbox GROUP BY destination')
              .map((row) => [text(row, 'destination'), integer(row, 'count')]),
          ),
      ),
    add: (destination, notification, now) =>
      database.write((sql) =>
        insert(sql, {
          destination,
          notification,
          createdAt: now,
          attempts: 0,
          nextAttemptAt: now,
        }),
      ),
    begin: (entry) =>
      database.write((sql) => {
        const { changes } = sql.run(
          'UPDATE outbox SET attempts = attempts + 1 WHERE id = ? AND attempts = ?',
          entry.id,
          entry.attempts,
        );
        return changes > 0 ? begun(entry) : undefined;
      }),
    sent: (entry, at) =>
      database.write((sql) => {
        remove(sql, entry);
        sql.run(
          'UPDATE destinations SET sent_at = ?, failed_at = NULL, failure = NULL WHERE name = ?',
          at,
          entry.destination,
        );
      }),
    failed: (entry, next, failure) =>
      database.write((sql) => {
        const { id, attempts, destination } = entry;
        let dropped = 0;
        if (next === undefined) dropped = remove(sql, entry);
        else {
          sql.run(
            'UPDATE outbox SET created_at = ?, next_attempt_at = ? WHERE id = ? AND attempts = ?',
            next.createdAt,
            next.nextAttemptAt,
            id,
            attempts,
          );
        }
        sql.run(
          'UPDATE destinations SET failed_at = ?, failure = ?, dropped = dropped + ? WHERE name = ?',
          failure.at,
          storedText(failure.text),
          dropped,
          destination,
        );
      }),
  };
}

/** Put a notification into the queue of a destination, inside a transaction. */
export function enqueueIn(
  sql: Sql,
  destination: string,
  notification: Notification,
  now: Date,
  notBefore: Date,
): void {
  const queue = queueOf(sql, destination);
  const {
    remove: gone,
    add,
    place,
    dropped,
  } = enqueue(queue, notification, destination, now, undefined, notBefore);
  for (const id of gone) sql.run('DELETE FROM outbox WHERE id = ?', id);
  if (add !== undefined) insert(sql, add, place);
  if (dropped > 0)
    sql.run('UPDATE destinations SET dropped = dropped + ? WHERE name = ?', dropped, destination);
}

function insert(sql: Sql, entry: NewOutboxEntry, place?: number): number {
  return sql.run(
    `INSERT INTO outbox (id, destination, notification, created_at, attempts, next_attempt_at)
     VALUES (@place, @destination, @notification, @createdAt, @attempts, @nextAttemptAt)`,
    { ...entry, place, notification: encodeNotification(entry.notification) },
  ).id;
}

function remove(sql: Sql, { id, attempts }: OutboxEntry): number {
  return sql.run('DELETE FROM outbox WHERE id = ? AND attempts = ?', id, attempts).changes;
}

function queueOf(sql: Sql, destination: string): readonly OutboxEntry[] {
  return sql
    .all('SELECT * FROM outbox WHERE destination = ? ORDER BY id', destination)
    .map(readEntry);
}

function readEntry(row: Row): OutboxEntry {
  return {
    id: integer(row, 'id'),
    destination: text(row, 'destination'),
    notification: decodeNotification(text(row, 'notification')),
    createdAt: time(row, 'created_at'),
    attempts: integer(row, 'attempts'),
    nextAttemptAt: time(row, 'next_attempt_at'),
  };
}
