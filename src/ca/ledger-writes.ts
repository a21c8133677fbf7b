import { octets } from '../store/column.ts';
import type { Sql } from '../store/sql.ts';
import type {
  LabCertificate,
  LabCrl,
  LabHold,
  LabHolder,
  LabTransaction,
  Revocation,
  Turn,
} from './ledger-records.ts';
import { readHolder } from './ledger-rows.ts';

/**
 * Write a turn; all within one write of the database.
 *
 * @returns the answer to send: an earlier one, if these octets were answered before
 */
export function saveTurn(sql: Sql, turn: Turn): Uint8Array {
  const { transaction, issued, certificateStatus, revoked } = turn;
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
  if (revoked) putRevocation(sql, revoked.certificateId, revoked);
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
      `UPDATE transactions SET phase = ?, sender_nonce = ?, polls = ?, certificate_id = ?,
         delayed_confirmation = ? WHERE id = ?`,
      transaction.phase,
      transaction.senderNonce,
      transaction.polls,
      certificateId,
      transaction.delayedConfirmation,
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

/** Mark a certificate as revoked; one that is revoked stays so, with the time and reason it has. */
export function putRevocation(sql: Sql, certificateId: number, { at, reason }: Revocation): void {
  sql.run(
    `UPDATE certificates SET status = 'revoked', revoked_at = ?, reason = ?
       WHERE id = ? AND revoked_at IS NULL`,
    at,
    reason,
    certificateId,
  );
}

/** Keep a CRL in place of the one before; not if another process has issued one of its number. */
export function putCrl(sql: Sql, crl: LabCrl): void {
  sql.run(
    `INSERT INTO crls VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (issuer) DO UPDATE SET der = excluded.der, number = excluded.number,
         this_update = excluded.this_update, next_update = excluded.next_update,
         entries = excluded.entries
       WHERE excluded.number > crls.number`,
    crl.issuer,
    crl.der,
    crl.number,
    crl.thisUpdate,
    crl.nextUpdate,
    crl.entries,
  );
}

/** Find what was answered to octets with this digest. */
export function answerIn(sql: Sql, requestDigest: Uint8Array): Uint8Array | undefined {
  const row = sql.get('SELECT answer FROM answers WHERE request_digest = ?', requestDigest);
  return row && octets(row, 'answer');
}

/** Take hold of the lab, unless another process has it that is alive. */
export function hold(sql: Sql, own: LabHolder, isAlive: (holder: LabHolder) => boolean): LabHold {
  const row = sql.get('SELECT * FROM holder');
  const before = row && readHolder(row);
  if (before && isAlive(before)) return { type: 'refused', by: before };
  sql.run(
    `INSERT OR REPLACE INTO holder
     VALUES (1, @pid, @startedAt, @host, @boot, @pidNamespace, @since)`,
    { ...own },
  );
  return { type: 'held', ...(before && { before }) };
}

/** Give the lab back, if it is still held so. */
export function release(sql: Sql, { pid, startedAt, boot, since }: LabHolder): void {
  sql.run(
    'DELETE FROM holder WHERE pid = ? AND started_at = ? AND boot = ? AND since = ?',
    pid,
    startedAt,
    boot,
    since,
  );
}
