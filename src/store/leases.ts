import { integer, optional, text, time } from './column.ts';
import type { Database } from './database.ts';
import type { Row, Sql } from './sql.ts';
import type { LeaseOwner, Leases } from './leases-contract.ts';

/** Leases in SQLite. The row of a name outlives its holders: it remembers the last fence. */
export function sqliteLeases(database: Database): Leases {
  return {
    acquire: (name, owner, now, expiresAt, isAlive) =>
      database.write((sql) => {
        const held = holding(sql, name);
        const isHeld = held !== undefined && now < held.expiresAt && isAlive(held.owner);
        if (isHeld) {
          const lateMs = held.since.getTime() - now.getTime();
          const since = lateMs > 0 ? now : held.since;
          if (lateMs > 0) {
            sql.run(
              'UPDATE leases SET since = ?, expires_at = expires_at - ? WHERE name = ?',
              now,
              lateMs,
              name,
            );
          }
          return { heldBy: { ...held.owner, since } };
        }
        sql.run(
          `INSERT INTO leases (name, fence, owner_id, pid, started_at, host, boot, pid_namespace, since,
             expires_at)
           VALUES (@name, 1, @id, @pid, @startedAt, @host, @boot, @pidNamespace, @now, @expiresAt)
           ON CONFLICT (name) DO UPDATE SET fence = fence + 1, owner_id = @id, pid = @pid,
             started_at = @startedAt, host = @host, boot = @boot, pid_namespace = @pidNamespace,
             since = @now, expires_at = @expiresAt`,
          { name, ...owner, now, expiresAt },
        );
        return { fence: fenceOf(sql, name) };
      }),

    renew: (name, id, fence, expiresAt) =>
      database.write(
        (sql) =>
          sql.run(
            'UPDATE leases SET expires_at = ? WHERE name = ? AND owner_id = ? AND fence = ?',
            expiresAt,
            name,
            id,
            fence,
          ).changes > 0,
      ),

    release: (name, id, fence) =>
      database.write(
        (sql) =>
          sql.run(`${vacate} WHERE name = ? AND owner_id = ? AND fence = ?`, name, id, fence)
            .changes > 0,
      ),

    holder: (name) =>
      database.read((sql) => {
        const held = holding(sql, name);
        return held && { ...held.owner, since: held.since };
      }),

    free: (name, id) =>
      database.write(
        (sql) => sql.run(`${vacate} WHERE name = ? AND owner_id = ?`, name, id).changes > 0,
      ),
  };
}

const vacate = `UPDATE leases SET owner_id = NULL, pid = NULL, started_at = NULL, host = NULL,
  boot = NULL, pid_namespace = NULL, since = NULL, expires_at = NULL`;

/** Who holds a lease. */
export interface Holding {
  readonly owner: LeaseOwner;
  readonly since: Date;
  readonly expiresAt: Date;
}

function holding(sql: Sql, name: string): Holding | undefined {
  const row = sql.get('SELECT * FROM leases WHERE name = ?', name);
  const id = row && optional(row, 'owner_id', text);
  if (row === undefined || id === undefined) return undefined;
  return {
    owner: {
      id,
      pid: integer(row, 'pid'),
      startedAt: text(row, 'started_at'),
      host: text(row, 'host'),
      // A certkeeper that did not know of these yet left them empty.
      boot: optional(row, 'boot', text) ?? '',
      pidNamespace: optional(row, 'pid_namespace', text) ?? '',
    },
    since: time(row, 'since'),
    expiresAt: time(row, 'expires_at'),
  };
}

/** Read every lease that a process holds, or has died with. */
export function heldLeases(sql: Sql): readonly (Holding & { readonly name: string })[] {
  return sql.all('SELECT name FROM leases WHERE owner_id IS NOT NULL').flatMap((row) => {
    const name = text(row, 'name');
    const held = holding(sql, name);
    return held === undefined ? [] : [{ name, ...held }];
  });
}

function fenceOf(sql: Sql, name: string): number {
  const row: Row = sql.get('SELECT fence FROM leases WHERE name = ?', name) ?? {};
  return integer(row, 'fence');
}
