import { integer, optional, text } from '../store/column.ts';
import type { Sql } from '../store/sql.ts';
import type { DueOcspFault } from './ledger-records.ts';
import type { OcspFaultRequest } from './ocsp-fault.ts';

/** Keep what the responder is to do wrong, for the lab that runs, be it in another process. */
export function putOcspFault(sql: Sql, { name, serial, times }: OcspFaultRequest): void {
  sql.run(
    'INSERT INTO ocsp_faults (name, serial, times, acted) VALUES (?, ?, ?, 0)',
    name,
    serial,
    times,
  );
}

/**
 * Take the fault that acts on a request about these certificates: of those that act so many times the first, else the
 * last of the others.
 */
export function takeOcspFault(sql: Sql, serials: readonly string[]): DueOcspFault | undefined {
  const rows = sql.all('SELECT * FROM ocsp_faults ORDER BY id').filter((row) => {
    const serial = optional(row, 'serial', text);
    return serial === undefined || serials.includes(serial);
  });
  const times = (row: (typeof rows)[number]): number | undefined => optional(row, 'times', integer);
  const row =
    rows.find((one) => times(one) !== undefined) ??
    rows.findLast((one) => times(one) === undefined);
  if (!row) return undefined;
  const [id, acted] = [integer(row, 'id'), integer(row, 'acted')];
  if (times(row) === acted + 1) sql.run('DELETE FROM ocsp_faults WHERE id = ?', id);
  else sql.run('UPDATE ocsp_faults SET acted = acted + 1 WHERE id = ?', id);
  return { name: text(row, 'name'), acted };
}

/** Tell whether the responder is to do anything wrong. */
export function hasOcspFaults(sql: Sql): boolean {
  return sql.get('SELECT id FROM ocsp_faults LIMIT 1') !== undefined;
}
