import { bytesEqual } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { label, octets, time } from './column.ts';
import type { Database } from './database.ts';
import type { CaCertificateRecord, CaCertificates } from './entries-contract.ts';
import { restartPeersOfCa } from './ipsec-restart.ts';
import type { Row } from './sql.ts';

/** Labelled CA certificates in SQLite. */
export function sqliteCaCertificates(database: Database): CaCertificates {
  return {
    put: (record, replace) =>
      database.write((sql) => {
        const found = sql.get('SELECT der FROM ca_certificates WHERE label = ?', record.label);
        if (found !== undefined && bytesEqual(octets(found, 'der'), record.der)) return false;
        if (found !== undefined && !replace) {
          throw new CertError(
            'CERT_EXISTS',
            `Cannot import "${record.label}": there is another CA certificate of this label`,
            { hint: 'Add replace to put this one in its place, or choose another label' },
          );
        }
        sql.run(
          'INSERT OR REPLACE INTO ca_certificates (label, der, subject, created_at) VALUES (?, ?, ?, ?)',
          record.label,
          record.der,
          record.subject,
          record.createdAt,
        );
        restartPeersOfCa(sql, record.label);
        return true;
      }),
    get: (which) =>
      database.read((sql) => {
        const row = sql.get('SELECT * FROM ca_certificates WHERE label = ?', which);
        return row === undefined ? undefined : readRecord(row);
      }),
    list: () =>
      database.read((sql) =>
        sql.all('SELECT * FROM ca_certificates ORDER BY label').map(readRecord),
      ),
    findBySubject: (subject) =>
      database.read((sql) =>
        sql
          .all('SELECT * FROM ca_certificates WHERE subject = ? ORDER BY label', subject)
          .map(readRecord),
      ),
    remove: (which) =>
      database.write(
        (sql) => sql.run('DELETE FROM ca_certificates WHERE label = ?', which).changes > 0,
      ),
  };
}

function readRecord(row: Row): CaCertificateRecord {
  return {
    label: label(row, 'label'),
    der: octets(row, 'der'),
    subject: octets(row, 'subject'),
    createdAt: time(row, 'created_at'),
  };
}
