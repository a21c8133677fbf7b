import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Clock } from '../base/clock.ts';
import { CertError } from '../base/errors.ts';
import { integer, octets, oneOf, optional, present, text, time } from '../store/column.ts';
import { openDatabase, type Database } from '../store/database.ts';
import { preparePrivateDirectory } from '../store/private-files.ts';
import type { Row, Sql } from '../store/sql.ts';
import { authorityRoles, type AuthorityRecord } from './authority.ts';
import { ledgerSchema } from './ledger-schema.ts';

/** The requests that end in a certificate. */
export type LabOperation = (typeof operations)[number];
const operations = ['ir', 'cr', 'kur', 'p10cr'] as const;

/** Where a transaction stands: waiting to be granted, for certConf, or over. */
export type LabPhase = (typeof phases)[number];
const phases = ['waiting', 'confirming', 'closed'] as const;

/** One transaction. Decisions come from `decide`, which may run in another process. */
export interface LabTransaction {
  /** What `lab approve` calls it; 0 before it is stored. */
  readonly id: number;
  readonly transactionID: Uint8Array;
  readonly operation: LabOperation;
  readonly phase: LabPhase;
  readonly certReqId: number;
  readonly subject: string;
  /** Reference of the secret all its messages are protected with, or … */
  readonly reference?: string;
  /** … DER of the certificate they are signed with. */
  readonly signer?: Uint8Array;
  /** DER of the message that began it. */
  readonly request: Uint8Array;
  /** senderNonce of our last message. */
  readonly senderNonce: Uint8Array;
  readonly needsApproval: boolean;
  readonly polls: number;
  readonly decision?: 'approved' | 'denied';
  readonly reason?: string;
  readonly certificateId?: number;
  readonly openedAt: Date;
}

/** `issued` awaits certConf; `rejected` was refused by certConf. */
export type LabCertificateStatus = (typeof certificateStatuses)[number];
const certificateStatuses = ['issued', 'current', 'superseded', 'rejected', 'revoked'] as const;

/** One issued certificate. */
export interface LabCertificate {
  readonly id: number;
  readonly transactionID: Uint8Array;
  readonly der: Uint8Array;
  /** Hexadecimal. */
  readonly serial: string;
  readonly subject: string;
  readonly keyIdentifier: Uint8Array;
  readonly status: LabCertificateStatus;
  /** The certificate it takes the place of once it is confirmed. */
  readonly supersedes?: number;
  readonly issuedAt: Date;
  readonly notAfter: Date;
}

/** Everything one message changes, written as one. */
export interface Turn {
  readonly requestDigest: Uint8Array;
  readonly answer: Uint8Array;
  readonly transaction: LabTransaction;
  /** A certificate issued in this turn. */
  readonly issued?: Omit<LabCertificate, 'id'>;
  /** New status of the transaction's certificate. */
  readonly certificateStatus?: LabCertificateStatus;
}

/** What the lab remembers. */
export interface Ledger {
  authorities(): Promise<readonly AuthorityRecord[]>;
  /** Keep the authorities of a new lab; another process may have been first, whose are then given. */
  addAuthorities(records: readonly AuthorityRecord[]): Promise<readonly AuthorityRecord[]>;
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
  setStatus(certificateId: number, status: LabCertificateStatus): Promise<void>;
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
    setStatus: (certificateId, status) =>
      database.write((sql) => {
        sql.run('UPDATE certificates SET status = ? WHERE id = ?', status, certificateId);
      }),
    close: () => database.close(),
  };
}

function saveTurn(sql: Sql, turn: Turn): Uint8Array {
  const { transaction, issued, certificateStatus } = turn;
  const known = answerIn(sql, turn.requestDigest);
  if (known) return known;
  const certificateId = issued ? insertCertificate(sql, issued) : transaction.certificateId;
  putTransaction(sql, transaction, certificateId);
  const status = certificateStatus ?? issued?.status;
  if (certificateId !== undefined && status !== undefined) {
    sql.run('UPDATE certificates SET status = ? WHERE id = ?', status, certificateId);
    if (status === 'current') {
      sql.run(
        `UPDATE certificates SET status = 'superseded' WHERE status = 'current'
           AND id = (SELECT supersedes FROM certificates WHERE id = ?)`,
        certificateId,
      );
    }
  }
  sql.run(
    'INSERT INTO answers VALUES (?, ?, ?)',
    turn.requestDigest,
    transaction.transactionID,
    turn.answer,
  );
  return turn.answer;
}

function insertCertificate(sql: Sql, issued: Omit<LabCertificate, 'id'>): number {
  return sql.run(
    `INSERT INTO certificates
       (transaction_id, der, serial, subject, key_identifier, status, supersedes, issued_at, not_after)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    issued.transactionID,
    issued.der,
    issued.serial,
    issued.subject,
    issued.keyIdentifier,
    issued.status,
    issued.supersedes,
    issued.issuedAt,
    issued.notAfter,
  ).id;
}

/** Decision and reason are left alone: they are another process's to write. */
function putTransaction(
  sql: Sql,
  transaction: LabTransaction,
  certificateId: number | undefined,
): void {
  if (transaction.id !== 0) {
    sql.run(
      'UPDATE transactions SET phase = ?, sender_nonce = ?, polls = ?, certificate_id = ? WHERE id = ?',
      transaction.phase,
      transaction.senderNonce,
      transaction.polls,
      certificateId,
      transaction.id,
    );
    return;
  }
  sql.run(
    `INSERT INTO transactions
       (transaction_id, operation, phase, cert_req_id, subject, reference, signer, request,
        sender_nonce, needs_approval, polls, certificate_id, opened_at)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    transaction.transactionID,
    transaction.operation,
    transaction.phase,
    transaction.certReqId,
    transaction.subject,
    transaction.reference,
    transaction.signer,
    transaction.request,
    transaction.senderNonce,
    transaction.needsApproval,
    transaction.polls,
    certificateId,
    transaction.openedAt,
  );
}

function answerIn(sql: Sql, requestDigest: Uint8Array): Uint8Array | undefined {
  const row = sql.get('SELECT answer FROM answers WHERE request_digest = ?', requestDigest);
  return row && octets(row, 'answer');
}

function readAuthorities(sql: Sql): readonly AuthorityRecord[] {
  return sql.all('SELECT * FROM authorities').map((row) => ({
    role: oneOf(row, 'role', authorityRoles),
    pkcs8: octets(row, 'pkcs8'),
    certificate: octets(row, 'certificate'),
  }));
}

function readTransaction(row: Row): LabTransaction {
  return present({
    id: integer(row, 'id'),
    transactionID: octets(row, 'transaction_id'),
    operation: oneOf(row, 'operation', operations),
    phase: oneOf(row, 'phase', phases),
    certReqId: integer(row, 'cert_req_id'),
    subject: text(row, 'subject'),
    reference: optional(row, 'reference', text),
    signer: optional(row, 'signer', octets),
    request: octets(row, 'request'),
    senderNonce: octets(row, 'sender_nonce'),
    needsApproval: integer(row, 'needs_approval') === 1,
    polls: integer(row, 'polls'),
    decision: optional(row, 'decision', (r, column) => oneOf(r, column, ['approved', 'denied'])),
    reason: optional(row, 'reason', text),
    certificateId: optional(row, 'certificate_id', integer),
    openedAt: time(row, 'opened_at'),
  });
}

function readCertificate(row: Row): LabCertificate {
  return present({
    id: integer(row, 'id'),
    transactionID: octets(row, 'transaction_id'),
    der: octets(row, 'der'),
    serial: text(row, 'serial'),
    subject: text(row, 'subject'),
    keyIdentifier: octets(row, 'key_identifier'),
    status: oneOf(row, 'status', certificateStatuses),
    supersedes: optional(row, 'supersedes', integer),
    issuedAt: time(row, 'issued_at'),
    notAfter: time(row, 'not_after'),
  });
}

function notWaiting(id: number, found: LabTransaction | undefined): CertError {
  const why = found ? `it is ${found.phase}` : 'there is none with this number';
  return new CertError('USAGE_INVALID', `Cannot decide about request ${id}: ${why}`, {
    hint: 'See certkeeper lab requests',
  });
}
