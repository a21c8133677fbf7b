import type { Alarm } from '../traps/alarms/alarm.ts';
import type { AlarmFamily } from '../traps/alarms/condition.ts';
import { decodeNotification, encodeNotification } from '../traps/alarms/notification-json.ts';
import { maxSequence } from '../traps/alarms/react.ts';
import type { Notification } from '../traps/alarms/notification.ts';
import { integer, oneOf, optional, text, time } from './column.ts';
import type { Database } from './database.ts';
import type { Alarms, Look, Standing, Watched, WatchedKind } from './notifications-contract.ts';
import { enqueueIn } from './outbox.ts';
import type { Row, Sql } from './sql.ts';

const hourMs = 3_600_000;

/** Alarms in SQLite. */
export function sqliteAlarms(database: Database): Alarms {
  return {
    find: (kind, name) => database.read((sql) => findWatched(sql, kind, name)),
    async watched(kind, name) {
      const found = await database.read((sql) => findWatched(sql, kind, name));
      if (found !== undefined) return found;
      return database.write((sql) => {
        const known = findWatched(sql, kind, name);
        if (known !== undefined) return known;
        const { id } = sql.run(
          'INSERT INTO watched (kind, name, told_version) VALUES (?, ?, 0)',
          kind,
          name,
        );
        return { index: id, toldVersion: 0 };
      });
    },
    names: (kind) =>
      database.read((sql) =>
        sql
          .all('SELECT name FROM watched WHERE kind = ? ORDER BY name', kind)
          .map((row) => text(row, 'name')),
      ),
    forget: (kind, name) =>
      database.write((sql) => {
        sql.run('DELETE FROM watched WHERE kind = ? AND name = ?', kind, name);
      }),
    of: (subject) => database.read((sql) => alarmsOf(sql, subject)),
    sources: () =>
      database.read((sql) =>
        sql
          .all(
            `SELECT DISTINCT subject FROM alarms WHERE subject >= 'source ' AND subject < 'source!'
             ORDER BY subject`,
          )
          .map((row) => text(row, 'subject').slice('source '.length)),
      ),
    list: (limit) =>
      database.read((sql) =>
        sql.all('SELECT * FROM alarms ORDER BY raised_at, key LIMIT ?', limit).map(readAlarm),
      ),
    takeSequence: () =>
      database.write((sql) => {
        const sequence = nextSequenceIn(sql);
        putNextSequence(sql, sequence === maxSequence ? 1 : sequence + 1);
        return sequence;
      }),
    isWanted: () =>
      database.read((sql) =>
        ['alarms', 'destinations'].some(
          (table) => sql.get(`SELECT 1 FROM ${table} LIMIT 1`) !== undefined,
        ),
      ),
    async look(subject, now, work) {
      const before = await database.read((sql) => standingOf(sql, subject));
      const seen = work(before);
      if (!isChange(before, seen)) return seen;
      return database.write((sql) => {
        const standing = standingOf(sql, subject);
        const look = work(standing);
        write(sql, subject, standing, look, now);
        return look;
      });
    },
    async seen(now) {
      const before = await database.read(readSeen);
      const isNewer =
        before.newestAt === undefined || now.getTime() - before.newestAt.getTime() >= hourMs;
      const isBehind =
        before.newestAt !== undefined && before.newestAt.getTime() - now.getTime() >= hourMs;
      const isNewDoubt =
        isBehind && (before.doubtedSince === undefined || before.doubtedSince > now);
      const isDoubtOver = !isBehind && before.doubtedSince !== undefined;
      if (isNewer || isNewDoubt || isDoubtOver) {
        await database.write((sql) => {
          sql.run(
            'UPDATE notifier SET newest_at = coalesce(?, newest_at), doubted_since = ?',
            isNewer ? now : undefined,
            isBehind ? now : undefined,
          );
        });
      }
      const doubtedSince = isNewDoubt ? now : before.doubtedSince;
      return {
        newestAt: isNewer || before.newestAt === undefined ? now : before.newestAt,
        ...(isBehind && doubtedSince !== undefined && { doubtedSince }),
      };
    },
    believe: (now) =>
      database.write((sql) => {
        sql.run('UPDATE notifier SET newest_at = ?, doubted_since = NULL', now);
      }),
  };
}

function nextSequenceIn(sql: Sql): number {
  return integer(sql.get('SELECT next_sequence FROM notifier') ?? {}, 'next_sequence');
}

function putNextSequence(sql: Sql, next: number): void {
  sql.run('UPDATE notifier SET next_sequence = ?', next);
}

function standingOf(sql: Sql, subject: string): Standing {
  return { alarms: alarmsOf(sql, subject), nextSequence: nextSequenceIn(sql) };
}

function alarmsOf(sql: Sql, subject: string): readonly Alarm[] {
  return sql
    .all('SELECT * FROM alarms WHERE subject = ? ORDER BY raised_at, key', subject)
    .map(readAlarm);
}

function isChange(before: Standing, { alarms, notifications, told }: Look): boolean {
  if (notifications.length > 0 || told !== undefined) return true;
  return alarms.length !== before.alarms.length || alarms.some((alarm) => !isSame(alarm, before));
}

function isSame(alarm: Alarm, { alarms }: Standing): boolean {
  const other = alarms.find(({ key }) => key === alarm.key);
  return (
    other !== undefined &&
    other.heldBack === alarm.heldBack &&
    other.attempts === alarm.attempts &&
    other.lastSentAt.getTime() === alarm.lastSentAt.getTime()
  );
}

function write(sql: Sql, subject: string, before: Standing, look: Look, now: Date): void {
  const { alarms, nextSequence, notifications, notBefore, told } = look;
  sql.run('DELETE FROM alarms WHERE subject = ?', subject);
  for (const alarm of alarms) putAlarm(sql, alarm);
  if (nextSequence !== before.nextSequence) putNextSequence(sql, nextSequence);
  if (told !== undefined)
    sql.run('UPDATE watched SET told_version = ? WHERE id = ?', told.version, told.index);
  for (const notification of notifications) {
    for (const row of sql.all('SELECT name FROM destinations ORDER BY name'))
      enqueueIn(sql, text(row, 'name'), notification, now, notBefore);
  }
}

function putAlarm(sql: Sql, alarm: Alarm): void {
  sql.run(
    `INSERT OR REPLACE INTO alarms
       (key, subject, family, raised_at, last_sent_at, count, held_back, attempts, last)
     VALUES (@key, @subject, @family, @raisedAt, @lastSentAt, @count, @heldBack, @attempts, @last)`,
    { ...alarm, last: encodeNotification(alarm.last) },
  );
}

function findWatched(sql: Sql, kind: WatchedKind, name: string): Watched | undefined {
  const row = sql.get('SELECT * FROM watched WHERE kind = ? AND name = ?', kind, name);
  return row && { index: integer(row, 'id'), toldVersion: integer(row, 'told_version') };
}

function readSeen(sql: Sql): { readonly newestAt?: Date; readonly doubtedSince?: Date } {
  const row = sql.get('SELECT newest_at, doubted_since FROM notifier') ?? {};
  const newestAt = optional(row, 'newest_at', time);
  const doubtedSince = optional(row, 'doubted_since', time);
  return { ...(newestAt && { newestAt }), ...(doubtedSince && { doubtedSince }) };
}

const families = [
  'expiry',
  'renewal',
  'waiting',
  'revoked',
  'staple',
  'deploy',
  'source',
] as const satisfies readonly AlarmFamily[];

function readAlarm(row: Row): Alarm {
  return {
    key: text(row, 'key'),
    subject: text(row, 'subject'),
    family: oneOf(row, 'family', families),
    raisedAt: time(row, 'raised_at'),
    lastSentAt: time(row, 'last_sent_at'),
    count: integer(row, 'count'),
    heldBack: integer(row, 'held_back'),
    attempts: integer(row, 'attempts'),
    last: storedNotification(row, 'last'),
  };
}

function storedNotification(row: Row, column: string): Notification {
  return decodeNotification(text(row, column));
}
