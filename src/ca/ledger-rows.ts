import { integer, octets, oneOf, optional, present, text, time } from '../store/column.ts';
import type { Row, Sql } from '../store/sql.ts';
import { crlReasons } from '../x509/crl-reason.ts';
import { authorityRoles, type AuthorityRecord } from './authority.ts';
import {
  crlSeries,
  labCertificateStatuses,
  labOperations,
  labPhases,
  type LabCertificate,
  type LabCrl,
  type LabHolder,
  type LabTransaction,
  type Revocation,
} from './ledger-records.ts';

/** Read the keys and certificates of the lab's own PKI. */
export function readAuthorities(sql: Sql): readonly AuthorityRecord[] {
  return sql.all('SELECT * FROM authorities').map((row) => ({
    role: oneOf(row, 'role', authorityRoles),
    pkcs8: octets(row, 'pkcs8'),
    certificate: octets(row, 'certificate'),
  }));
}

/** Read the row of `holder`. */
export function readHolder(row: Row): LabHolder {
  return {
    pid: integer(row, 'pid'),
    startedAt: text(row, 'started_at'),
    host: text(row, 'host'),
    boot: text(row, 'boot'),
    pidNamespace: text(row, 'pid_namespace'),
    since: time(row, 'since'),
  };
}

/** Read a row of `transactions`. */
export function readTransaction(row: Row): LabTransaction {
  return present({
    id: integer(row, 'id'),
    transactionID: octets(row, 'transaction_id'),
    operation: oneOf(row, 'operation', labOperations),
    phase: oneOf(row, 'phase', labPhases),
    certReqId: integer(row, 'cert_req_id'),
    subject: text(row, 'subject'),
    reference: optional(row, 'reference', text),
    signer: optional(row, 'signer', octets),
    request: octets(row, 'request'),
    delayedConfirmation: optional(row, 'delayed_confirmation', octets),
    senderNonce: octets(row, 'sender_nonce'),
    needsApproval: integer(row, 'needs_approval') === 1,
    polls: integer(row, 'polls'),
    decision: optional(row, 'decision', (r, column) => oneOf(r, column, ['approved', 'denied'])),
    reason: optional(row, 'reason', text),
    certificateId: optional(row, 'certificate_id', integer),
    openedAt: time(row, 'opened_at'),
  });
}

/** Read a row of `certificates`. */
export function readCertificate(row: Row): LabCertificate {
  return present({
    id: integer(row, 'id'),
    transactionID: octets(row, 'transaction_id'),
    der: octets(row, 'der'),
    serial: text(row, 'serial'),
    subject: text(row, 'subject'),
    keyIdentifier: octets(row, 'key_identifier'),
    status: oneOf(row, 'status', labCertificateStatuses),
    supersedes: optional(row, 'supersedes', integer),
    issuedAt: time(row, 'issued_at'),
    notAfter: time(row, 'not_after'),
    revocation: readRevocation(row),
  });
}

function readRevocation(row: Row): Revocation | undefined {
  const at = optional(row, 'revoked_at', time);
  return at && { at, reason: oneOf(row, 'reason', crlReasons) };
}

/** Read a row of `crls`. */
export function readCrl(row: Row): LabCrl {
  return {
    issuer: oneOf(row, 'issuer', crlSeries),
    der: octets(row, 'der'),
    number: integer(row, 'number'),
    thisUpdate: time(row, 'this_update'),
    nextUpdate: time(row, 'next_update'),
    entries: integer(row, 'entries'),
  };
}
