import { concatBytes, utf8 } from '../base/bytes.ts';
import { integer, octets, text } from './column.ts';
import { isSealed } from './sealed-value.ts';
import type { SealedColumn } from './sealer.ts';
import type { Row, Sql } from './sql.ts';

/** Where sealed values stand, and what each is sealed to: a column that is missing here does not compile. */
const sealedColumns: Readonly<Record<SealedColumn, (row: Row) => Uint8Array>> = {
  'authorities.secret': (row) => utf8(text(row, 'label')),
  'authorities.proxy_password': (row) => utf8(text(row, 'label')),
  'destinations.secrets': (row) => utf8(text(row, 'name')),
  'keys.pkcs8': (row) => octets(row, 'spki'),
  'transactions.outgoing': ofTransaction,
  'transactions.secret': ofTransaction,
  'transactions.state': ofTransaction,
  'validation_objects.secrets': (row) => validationIdentity(text(row, 'kind'), text(row, 'name')),
};

/** What the values of one transaction are sealed to: with its name, that of another one is refused. */
export function transactionIdentity(name: string, transactionID: Uint8Array): Uint8Array {
  return concatBytes(utf8(`${name}\0`), transactionID);
}

/** What the secrets of one object are sealed to. */
export function validationIdentity(kind: string, name: string): Uint8Array {
  return utf8(`${kind}\0${name}`);
}

/** How many rows are held in memory at a time. */
const batch = 256;

/**
 * Go through everything that is sealed.
 *
 * @param visit gets what is stored, sealed or (of earlier versions) not; gives what to put in its place
 * @returns how many values there were
 */
export function eachSealedValue(
  sql: Sql,
  visit: (column: SealedColumn, identity: Uint8Array, stored: Uint8Array) => Uint8Array | undefined,
): number {
  let count = 0;
  for (const [column, identityOf] of entriesOf(sealedColumns)) {
    const [table = '', field = ''] = column.split('.');
    // A backup may be of a version that did not have it yet.
    if (!sql.get('SELECT 1 FROM pragma_table_info(?) WHERE name = ?', table, field)) continue;
    for (let after = 0, isMore = true; isMore;) {
      const rows = sql.all(
        // A key in a token has no octets here.
        `SELECT rowid AS at, * FROM ${table} WHERE rowid > ? AND length(${field}) > 0 ORDER BY rowid LIMIT ${batch}`,
        after,
      );
      for (const row of rows) {
        after = integer(row, 'at');
        const changed = visit(column, identityOf(row), octets(row, field));
        if (changed) sql.run(`UPDATE ${table} SET ${field} = ? WHERE rowid = ?`, changed, after);
        count++;
      }
      isMore = rows.length === batch;
    }
  }
  return count;
}

/** Tell whether a column may hold what an earlier version stored unsealed. */
export function isStoredClear(column: SealedColumn, stored: Uint8Array): boolean {
  return (
    (column === 'transactions.state' || column === 'transactions.outgoing') && !isSealed(stored)
  );
}

function ofTransaction(row: Row): Uint8Array {
  return transactionIdentity(text(row, 'name'), octets(row, 'transaction_id'));
}

function entriesOf<K extends string, V>(record: Readonly<Record<K, V>>): readonly [K, V][] {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- the keys of a record are its keys
  return Object.entries(record) as [K, V][];
}
