import { integer, octets, oneOf, optional, text, time } from './column.ts';
import type { Database } from './database.ts';
import type { Deployments, Hook, HookRun } from './deployments-contract.ts';
import { readLimit } from './pruning.ts';
import type { Row, Sql } from './sql.ts';

/** Enough to see how it went before it went wrong. */
const runsKept = 10;

/** Hooks and their runs in SQLite. */
export function storedHooks(
  database: Database,
): Pick<Deployments, 'hook' | 'putHook' | 'removeHook' | 'recordRun' | 'runs'> {
  return {
    hook: (name) => database.read((sql) => readHook(sql, name)),
    putHook: (name, { command, timeoutSeconds, user }) =>
      database.write((sql) => {
        sql.run('DELETE FROM hooks WHERE name = ?', name);
        sql.run(
          'INSERT INTO hooks (name, timeout_seconds, user) VALUES (?, ?, ?)',
          name,
          timeoutSeconds,
          user,
        );
        for (const [position, word] of command.entries()) {
          sql.run(
            'INSERT INTO hook_words (name, position, word) VALUES (?, ?, ?)',
            name,
            position,
            word,
          );
        }
      }),
    removeHook: (name) =>
      database.write((sql) => sql.run('DELETE FROM hooks WHERE name = ?', name).changes > 0),
    recordRun: (name, run) =>
      database.write((sql) => {
        const { result } = run;
        sql.run(
          `INSERT INTO hook_runs (name, event, started_at, ended_at, result, exit_code, reason, output)
           VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
          name,
          run.event,
          run.startedAt,
          run.endedAt,
          result.type,
          result.type === 'exited' ? result.exitCode : undefined,
          result.type === 'killed'
            ? result.signal
            : result.type === 'not-started'
              ? result.text
              : undefined,
          run.output,
        );
        sql.run(
          `DELETE FROM hook_runs WHERE name = @name AND id NOT IN (
             SELECT id FROM hook_runs WHERE name = @name ORDER BY id DESC LIMIT @keep)`,
          { name, keep: readLimit(sql, 'hook-runs-kept', runsKept) },
        );
      }),
    runs: (name) =>
      database.read((sql) =>
        sql.all('SELECT * FROM hook_runs WHERE name = ? ORDER BY id DESC', name).map(readRun),
      ),
  };
}

function readHook(sql: Sql, name: string): Hook | undefined {
  const row = sql.get('SELECT timeout_seconds, user FROM hooks WHERE name = ?', name);
  const [program, ...args] = sql
    .all('SELECT word FROM hook_words WHERE name = ? ORDER BY position', name)
    .map((each) => text(each, 'word'));
  if (row === undefined || program === undefined) return undefined;
  const user = optional(row, 'user', text);
  return {
    command: [program, ...args],
    timeoutSeconds: integer(row, 'timeout_seconds'),
    ...(user !== undefined && { user }),
  };
}

const results = ['exited', 'killed', 'timed-out', 'not-started'] as const;

function readRun(row: Row): HookRun {
  return {
    event: text(row, 'event'),
    startedAt: time(row, 'started_at'),
    endedAt: time(row, 'ended_at'),
    result: readResult(row),
    output: octets(row, 'output'),
  };
}

function readResult(row: Row): HookRun['result'] {
  const type = oneOf(row, 'result', results);
  switch (type) {
    case 'exited':
      return { type, exitCode: integer(row, 'exit_code') };
    case 'killed':
      return { type, signal: text(row, 'reason') };
    case 'not-started':
      return { type, text: optional(row, 'reason', text) ?? '' };
    case 'timed-out':
      return { type };
  }
}
