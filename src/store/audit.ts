import type { Audit, AuditAct, AuditRecord } from './audit-contract.ts';
import { integer, jsonObject, oneOf, optional, present, text, time } from './column.ts';
import type { Database } from './database.ts';
import { readLimit } from './pruning.ts';
import type { Row } from './sql.ts';
import { storedText } from './stored-text.ts';

/** Some years of a gateway that is renewed by itself, and of an operator who looks after it. */
const actsKept = 10_000;

/** The audit trail in SQLite; triggers of the schema keep its lines from being changed. */
export function sqliteAudit(database: Database): Audit {
  return {
    begin: (act) =>
      database.write((sql) => {
        const { actor } = act;
        const { id } = sql.run(
          `INSERT INTO audit (at, actor, user_name, tty, pid, host, what, arguments)
           VALUES (@at, @actor, @user, @tty, @pid, @host, @what, @arguments)`,
          {
            at: act.at,
            actor: actor.type,
            user: actor.user,
            tty: actor.tty,
            pid: actor.pid,
            host: actor.host,
            what: act.what,
            arguments: JSON.stringify({ list: act.arguments }),
          },
        );
        sql.run('DELETE FROM audit WHERE id <= ?', id - readLimit(sql, 'audit-limit', actsKept));
        return id;
      }),
    end: (id, { at, exitCode, code, text: why }) =>
      database.write((sql) => {
        sql.run(
          `INSERT INTO audit_results (audit_id, at, exit_code, code, text)
           SELECT id, ?, ?, ?, ? FROM audit WHERE id = ?`,
          at,
          exitCode,
          code,
          why === undefined ? undefined : storedText(why),
          id,
        );
      }),
    list: (limit = -1) =>
      database.read((sql) =>
        sql
          .all(
            `SELECT audit.*, result.at AS ended_at, exit_code, code, text FROM audit
             LEFT JOIN audit_results AS result ON result.audit_id = audit.id
             ORDER BY audit.id DESC LIMIT ?`,
            limit,
          )
          .map(readRecord),
      ),
  };
}

function readRecord(row: Row): AuditRecord {
  const endedAt = optional(row, 'ended_at', time);
  return {
    id: integer(row, 'id'),
    at: time(row, 'at'),
    actor: present({
      type: oneOf(row, 'actor', ['user', 'agent']),
      user: optional(row, 'user_name', text),
      tty: optional(row, 'tty', text),
      pid: integer(row, 'pid'),
      host: text(row, 'host'),
    }),
    what: text(row, 'what'),
    arguments: readArguments(row),
    ...(endedAt && {
      result: present({
        at: endedAt,
        exitCode: integer(row, 'exit_code'),
        code: optional(row, 'code', text),
        text: optional(row, 'text', text),
      }),
    }),
  };
}

function readArguments(row: Row): AuditAct['arguments'] {
  const object = jsonObject(row, 'arguments');
  if (!('list' in object) || !Array.isArray(object.list)) return [];
  const list: readonly unknown[] = object.list;
  return list.flatMap((each) => {
    if (!Array.isArray(each)) return [];
    const [parameter, value]: readonly unknown[] = each;
    return typeof parameter === 'string' && typeof value === 'string'
      ? [[parameter, value] as const]
      : [];
  });
}
