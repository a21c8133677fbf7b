import type { LifecycleEvent } from '../base/events.ts';
import { label, oneOf, operation, optional, present, text, time } from './column.ts';
import type { Database } from './database.ts';
import { project, transactionCounter } from './project.ts';
import type { History, HistoryRecord } from './records-contract.ts';
import { readLimit } from './pruning.ts';
import type { Row, Sql } from './sql.ts';
import { count, countDuration } from './statistics.ts';
import type { TransactionOutcome } from './records-contract.ts';
import { storedText } from './stored-text.ts';

/** History in SQLite. */
export function sqliteHistory(database: Database): History {
  return {
    list: (limit = -1) =>
      database.read((sql) =>
        sql.all('SELECT * FROM history ORDER BY id DESC LIMIT ?', limit).map(readRecord),
      ),
    last: (name) =>
      database.read((sql) => {
        const row = sql.get('SELECT * FROM history WHERE name = ? ORDER BY id DESC LIMIT 1', name);
        return row && readRecord(row);
      }),
    record: (exchange, events) =>
      database.write((sql) => {
        const { result: type, text: why = '', failInfo, closedAt } = exchange;
        openHistory(sql, exchange);
        closeHistory(sql, exchange, type === 'granted' ? { type } : { type, text: why }, closedAt);
        if (failInfo !== undefined) writeFailInfo(sql, exchange.transactionID, failInfo);
        recordEvents(sql, events);
      }),
  };
}

/**
 * Write the line of a transaction that begins, and drop the oldest closed ones over the limit: but for the last one of
 * a name of which something fails, whose alarm tells what is in it.
 */
export function openHistory(
  sql: Sql,
  line: Pick<HistoryRecord, 'transactionID' | 'operation' | 'name' | 'ca' | 'openedAt'>,
): void {
  sql.run(
    `INSERT INTO history (transaction_id, operation, name, ca, result, opened_at)
     VALUES (@transactionID, @operation, @name, @ca, 'outstanding', @openedAt)`,
    {
      transactionID: line.transactionID,
      operation: line.operation,
      name: line.name,
      ca: line.ca,
      openedAt: line.openedAt,
    },
  );
  count(sql, line.ca, transactionCounter(line.operation, 'opened'), line.openedAt);
  sql.run(
    `DELETE FROM history WHERE result <> 'outstanding'
     AND id NOT IN (SELECT id FROM history ORDER BY id DESC LIMIT ?)
     AND id NOT IN (SELECT max(history.id) FROM failing JOIN history USING (name) GROUP BY name)`,
    readLimit(sql, 'history-limit', defaultLimit),
  );
}

/** Write how a transaction ended. */
export function closeHistory(
  sql: Sql,
  line: Pick<HistoryRecord, 'transactionID' | 'operation' | 'ca' | 'openedAt'>,
  outcome: TransactionOutcome,
  at: Date,
): void {
  sql.run(
    'UPDATE history SET result = ?, text = ?, closed_at = ? WHERE transaction_id = ?',
    outcome.type,
    'text' in outcome && outcome.text !== undefined ? storedText(outcome.text) : null,
    at,
    line.transactionID,
  );
  count(sql, line.ca, transactionCounter(line.operation, outcome.type), at);
  // How long it took until somebody gave up says nothing of the CA.
  if (outcome.type !== 'cleared' && outcome.type !== 'failed') {
    countDuration(sql, line, at.getTime() - line.openedAt.getTime());
  }
}

/** Forget a name. */
export function forgetHistory(sql: Sql, name: string): void {
  sql.run('DELETE FROM history WHERE name = ?', name);
}

/** Project events, in the transaction of the change that made them true. */
export function recordEvents(sql: Sql, events: readonly LifecycleEvent[]): void {
  for (const event of events) {
    for (const projection of project(event)) {
      if (projection.type === 'count') {
        count(sql, projection.ca, projection.counter, event.at);
      } else {
        writeFailInfo(sql, projection.transactionID, projection.failInfo);
      }
    }
  }
}

function writeFailInfo(sql: Sql, transactionID: string, failInfo: readonly string[]): void {
  sql.run(
    'UPDATE history SET fail_info = ? WHERE transaction_id = ?',
    failInfo.join(' '),
    transactionID,
  );
}

const defaultLimit = 100;

const results = [
  'outstanding',
  'granted',
  'revoked',
  'refused',
  'rejected',
  'unconfirmed',
  'failed',
  'cleared',
] as const satisfies readonly HistoryRecord['result'][];

function readRecord(row: Row): HistoryRecord {
  return present({
    transactionID: text(row, 'transaction_id'),
    operation: operation(row, 'operation'),
    name: label(row, 'name'),
    ca: label(row, 'ca'),
    result: oneOf(row, 'result', results),
    openedAt: time(row, 'opened_at'),
    closedAt: optional(row, 'closed_at', time),
    text: optional(row, 'text', text),
    failInfo: optional(row, 'fail_info', text)
      ?.split(' ')
      .filter((bit) => bit !== ''),
  });
}
