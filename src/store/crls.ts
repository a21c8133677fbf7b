import { label, octets, optional, present, text, time } from './column.ts';
import type { CrlRecord, Crls } from './crls-contract.ts';
import type { Database } from './database.ts';
import type { Row, Sql } from './sql.ts';

/** CRLs in SQLite. */
export function sqliteCrls(database: Database): Crls {
  return {
    put: ({ ca, issuer, der, thisUpdate, nextUpdate, crlNumber, fetchedAt }) =>
      database.write(
        (sql) =>
          sql.run(
            `INSERT INTO crls (ca, issuer, der, this_update, next_update, crl_number, fetched_at)
             VALUES (@ca, @issuer, @der, @thisUpdate, @nextUpdate, @crlNumber, @fetchedAt)
             ON CONFLICT (ca, issuer) DO UPDATE SET der = @der, this_update = @thisUpdate,
               next_update = @nextUpdate, crl_number = @crlNumber, fetched_at = @fetchedAt
             WHERE this_update <= excluded.this_update`,
            { ca, issuer, der, thisUpdate, nextUpdate, crlNumber, fetchedAt },
          ).changes > 0,
      ),
    get: (ca, issuer) =>
      database.read((sql) => {
        const row = sql.get('SELECT * FROM crls WHERE ca = ? AND issuer = ?', ca, issuer);
        return row && readRecord(row);
      }),
    list: (ca) =>
      database.read((sql) =>
        sql
          .all('SELECT * FROM crls WHERE ca = coalesce(?, ca) ORDER BY ca, issuer', ca)
          .map(readRecord),
      ),
  };
}

/** Drop the CRLs of a CA. */
export function forgetCrls(sql: Sql, ca: string): void {
  sql.run('DELETE FROM crls WHERE ca = ?', ca);
}

function readRecord(row: Row): CrlRecord {
  return present({
    ca: label(row, 'ca'),
    issuer: octets(row, 'issuer'),
    der: octets(row, 'der'),
    thisUpdate: time(row, 'this_update'),
    nextUpdate: optional(row, 'next_update', time),
    crlNumber: optional(row, 'crl_number', text),
    fetchedAt: time(row, 'fetched_at'),
  });
}
