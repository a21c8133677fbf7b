import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { CertError } from '../base/errors.ts';
import { integer, octets, text } from '../store/column.ts';
import { openDatabase, type Database } from '../store/database.ts';
import { preparePrivateDirectory } from '../store/private-files.ts';
import type { Sql } from '../store/sql.ts';
import type { AuthorityRecord } from './authority.ts';
import type {
  CrlSeries,
  DueOcspFault,
  LabCertificate,
  LabCrl,
  LabHold,
  LabHolder,
  LabTransaction,
  Revocation,
  Turn,
} from './ledger-records.ts';
import { hasOcspFaults, putOcspFault, takeOcspFault } from './ledger-ocsp.ts';
import { readAuthorities, readCertificate, readCrl, readTransaction } from './ledger-rows.ts';
import { ledgerSchema } from './ledger-schema.ts';
import { answerIn, hold, putCrl, putRevocation, release, saveTurn } from './ledger-writes.ts';
import type { OcspFaultRequest } from './ocsp-fault.ts';

/** What the lab remembers. */
export interface Ledger {
  authorities(): Promise<readonly AuthorityRecord[]>;
  /** Keep the authorities of a new lab; another process may have been first, whose are then given. */
  addAuthorities(records: readonly AuthorityRecord[]): Promise<readonly AuthorityRecord[]>;
  /** Put authorities in place of those of the same role, and beside the others. */
  putAuthorities(records: readonly AuthorityRecord[]): Promise<void>;
  /** Keep an authority, unless there is one of its role by now; that is then given. */
  addAuthority(record: AuthorityRecord): Promise<AuthorityRecord>;
  secrets(): Promise<ReadonlyMap<string, Uint8Array>>;
  putSecret(reference: string, secret: Uint8Array): Promise<void>;
  /** Find what was answered to these very octets. */
  answerTo(requestDigest: Uint8Array): Promise<Uint8Array | undefined>;
  transaction(transactionID: Uint8Array): Promise<LabTransaction | undefined>;
  transactions(): Promise<readonly LabTransaction[]>;
  certificateByDer(der: Uint8Array): Promise<LabCertificate | undefined>;
  certificatesByKey(keyIdentifier: Uint8Array): Promise<readonly LabCertificate[]>;
  certificate(id: number): Promise<LabCertificate | undefined>;
  certificates(): Promise<readonly LabCertificate[]>;
  /** How many certificates were ever issued, whatever became of them. */
  issuedCount(): Promise<number>;
  /**
   * Write a turn, all or nothing.
   *
   * @returns the answer to send: the one of another process, if that was first with these octets
   */
  save(turn: Turn): Promise<Uint8Array>;
  /** Decide about a waiting request. @throws {CertError} USAGE_INVALID when it is not waiting */
  decide(id: number, decision: 'approved' | 'denied', reason?: string): Promise<LabTransaction>;
  /** Find a certificate by its serial number in hexadecimal. */
  certificateBySerial(serial: string): Promise<LabCertificate | undefined>;
  /** Revoke a certificate; one that is revoked stays so, with the time and reason it has. */
  revoke(certificateId: number, revocation: Revocation): Promise<void>;
  /** Give the last CRL of a series. */
  crl(issuer: CrlSeries): Promise<LabCrl | undefined>;
  /**
   * Keep a CRL, unless another process has issued one of its number.
   *
   * @returns the last one, which may be the other's
   */
  putCrl(crl: LabCrl): Promise<LabCrl>;
  /** Have the responder do something wrong. */
  putOcspFault(fault: OcspFaultRequest): Promise<void>;
  /** Take the fault that acts on a request about certificates with these serial numbers. */
  takeOcspFault(serials: readonly string[]): Promise<DueOcspFault | undefined>;
  /** Have the responder be right again. */
  clearOcspFaults(): Promise<void>;
  /** Take hold of the lab for the process it runs in, unless another one has it. */
  hold(own: LabHolder, isAlive: (holder: LabHolder) => boolean): Promise<LabHold>;
  /** Give the lab back; what another process holds stays held. */
  release(own: LabHolder): Promise<void>;
  close(): Promise<void>;
}

const ledgerName = 'lab.db';

/**
 * Open the ledger in a lab's directory (0700, the file 0600), or make a new one.
 *
 * @throws {CertError} those of the store, and CONFIG_INVALID when the directory is somebody else's
 */
export async function openLedger(
  directory: string,
  clock: Pick<Clock, 'sleep'>,
  onWrite?: (count: number) => void,
): Promise<Ledger> {
  preparePrivateDirectory(directory, ledgerName);
  const database = await openDatabase({
    path: join(directory, ledgerName),
    migrations: ledgerSchema,
    clock,
    ...(onWrite && { onWrite }),
  });
  return ledgerOver(database);
}

/**
 * Open the ledger of a lab that exists, perhaps while the lab runs.
 *
 * @throws {CertError} CONFIG_INVALID when there is no lab
 */
export async function openExistingLedger(
  directory: string,
  clock: Pick<Clock, 'sleep'>,
): Promise<Ledger> {
  if (existsSync(join(directory, ledgerName))) return openLedger(directory, clock);
  throw new CertError('CONFIG_INVALID', `Cannot find a lab in "${directory}"`, {
    hint: 'Name the directory the lab was started with, as dir DIR',
  });
}

function ledgerOver(database: Database): Ledger {
  return {
    authorities: () => database.read(readAuthorities),
    addAuthorities: (records) =>
      database.write((sql) => {
        const found = readAuthorities(sql);
        if (found.length > 0) return found;
        for (const { role, pkcs8, certificate } of records) {
          sql.run('INSERT INTO authorities VALUES (?, ?, ?)', role, pkcs8, certificate);
        }
        return records;
      }),
    putAuthorities: (records) =>
      database.write((sql) => {
        for (const { role, pkcs8, certificate } of records) {
          sql.run('INSERT OR REPLACE INTO authorities VALUES (?, ?, ?)', role, pkcs8, certificate);
        }
      }),
    addAuthority: (record) =>
      database.write((sql) => {
        const { role, pkcs8, certificate } = record;
        sql.run('INSERT OR IGNORE INTO authorities VALUES (?, ?, ?)', role, pkcs8, certificate);
        return readAuthorities(sql).find((one) => one.role === role) ?? record;
      }),
    secrets: () =>
      database.read((sql) => {
        const rows = sql.all('SELECT * FROM secrets ORDER BY reference');
        return new Map(rows.map((row) => [text(row, 'reference'), octets(row, 'secret')]));
      }),
    putSecret: (reference, secret) =>
      database.write((sql) => {
        sql.run('INSERT OR REPLACE INTO secrets VALUES (?, ?)', reference, secret);
      }),
    answerTo: (requestDigest) => database.read((sql) => answerIn(sql, requestDigest)),
    transaction: (transactionID) =>
      database.read((sql) => {
        const row = sql.get('SELECT * FROM transactions WHERE transaction_id = ?', transactionID);
        return row && readTransaction(row);
      }),
    transactions: () =>
      database.read((sql) =>
        sql.all('SELECT * FROM transactions ORDER BY id').map(readTransaction),
      ),
    certificateByDer: (der) =>
      database.read((sql) => {
        const row = sql.get('SELECT * FROM certificates WHERE der = ?', der);
        return row && readCertificate(row);
      }),
    certificatesByKey: (keyIdentifier) =>
      database.read((sql) =>
        sql
          .all('SELECT * FROM certificates WHERE key_identifier = ? ORDER BY id', keyIdentifier)
          .map(readCertificate),
      ),
    certificate: (id) =>
      database.read((sql) => {
        const row = sql.get('SELECT * FROM certificates WHERE id = ?', id);
        return row && readCertificate(row);
      }),
    certificates: () =>
      database.read((sql) =>
        sql.all('SELECT * FROM certificates ORDER BY id').map(readCertificate),
      ),
    issuedCount: () =>
      database.read((sql) => {
        const row = sql.get('SELECT count(*) AS count FROM certificates');
        return row ? integer(row, 'count') : 0;
      }),
    save: (turn) => database.write((sql) => saveTurn(sql, turn)),
    decide: (id, decision, reason) =>
      database.write((sql) => {
        const row = sql.get('SELECT * FROM transactions WHERE id = ?', id);
        const found = row && readTransaction(row);
        if (found?.phase !== 'waiting') throw notWaiting(id, found);
        sql.run(
          'UPDATE transactions SET decision = ?, reason = ? WHERE id = ?',
          decision,
          reason,
          id,
        );
        return { ...found, decision };
      }),
    certificateBySerial: (serial) =>
      database.read((sql) => {
        const row = sql.get('SELECT * FROM certificates WHERE serial = ?', serial);
        return row && readCertificate(row);
      }),
    revoke: (certificateId, revocation) =>
      database.write((sql) => putRevocation(sql, certificateId, revocation)),
    crl: (issuer) => database.read((sql) => crlIn(sql, issuer)),
    putCrl: (crl) =>
      database.write((sql) => {
        putCrl(sql, crl);
        return crlIn(sql, crl.issuer) ?? crl;
      }),
    putOcspFault: (fault) => database.write((sql) => putOcspFault(sql, fault)),
    async takeOcspFault(serials) {
      // Nearly always there are none, and nothing is written.
      const isDue = await database.read(hasOcspFaults);
      return isDue ? await database.write((sql) => takeOcspFault(sql, serials)) : undefined;
    },
    async clearOcspFaults() {
      if (!(await database.read(hasOcspFaults))) return;
      await database.write((sql) => {
        sql.run('DELETE FROM ocsp_faults');
      });
    },
    hold: (own, isAlive) => database.write((sql) => hold(sql, own, isAlive)),
    release: (own) => database.write((sql) => release(sql, own)),
    close: () => database.close(),
  };
}

function crlIn(sql: Sql, issuer: CrlSeries): LabCrl | undefined {
  const row = sql.get('SELECT * FROM crls WHERE issuer = ?', issuer);
  return row && readCrl(row);
}

function notWaiting(id: number, found: LabTransaction | undefined): CertError {
  const why = found ? `it is ${found.phase}` : 'there is none with this number';
  return new CertError('USAGE_INVALID', `Cannot decide about request ${id}: ${why}`, {
    hint: 'See certkeeper lab requests',
  });
}
