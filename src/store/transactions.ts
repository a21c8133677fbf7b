import { formatTime } from '../base/format-time.ts';
import { toHex } from '../base/bytes.ts';
import { CertError, invariant } from '../base/errors.ts';
import type { LifecycleEvent } from '../base/events.ts';
import {
  activateCertificate,
  markRevoked,
  restageCertificate,
  setAsideCertificate,
  stageCertificate,
} from './certificates.ts';
import {
  integer,
  label,
  octets,
  oneOf,
  operation,
  optional,
  present,
  text,
  time,
} from './column.ts';
import type { Database } from './database.ts';
import { closeHistory, forgetHistory, openHistory, recordEvents } from './history.ts';
import { insertKey, releaseKey } from './keys.ts';
import { pruneKeys, pruneVersions } from './pruning.ts';
import { mayHaveIssued, recordIssuance } from './schedule.ts';
import { isStoredClear, transactionIdentity } from './sealed-columns.ts';
import type { Sealer } from './sealer.ts';
import type { Row, Sql } from './sql.ts';
import type {
  CertificateRecord,
  NewTransaction,
  OutstandingTransaction,
  TransactionChange,
  TransactionRecord,
  TransactionRevision,
  Transactions,
} from './store.ts';
import type { TransactionOutcome } from './records-contract.ts';
import { storedText } from './stored-text.ts';

/** Outstanding transactions in SQLite; the row of a closed one is deleted, and its secret with it. */
export function sqliteTransactions(
  database: Database,
  unlock: () => Promise<Sealer>,
): Transactions {
  const open = async (rows: readonly Row[]): Promise<readonly TransactionRecord[]> => {
    if (rows.length === 0) return [];
    const sealer = await unlock();
    return database.read((sql) => rows.map((row) => openRecord(sql, sealer, row)));
  };
  return {
    async open(transaction, events) {
      const sealer = await unlock();
      return database.write((sql) => begin(sql, transaction, sealer, events));
    },

    async advance(revision, change, events) {
      const sealer = await unlock();
      return database.write((sql) => {
        const record = readNewest(sql, revision);
        const now = events.at(-1)?.at ?? record.openedAt;
        const key = change.staged?.key;
        const keyId = key ? insertKey(sql, sealer, key, now) : record.keyId;
        const staged = stage(sql, { ...record, keyId }, change, now);
        update(sql, record, { ...change, ...sealed(sql, sealer, record, change) }, keyId, staged);
        recordEvents(sql, events);
        return read(sql, sealer, record.id);
      });
    },

    finish: (revision, outcome, at, events) =>
      database.write((sql) => {
        const record = readNewest(sql, revision);
        recordEvents(sql, events);
        return close(sql, record, outcome, at);
      }),

    async replace(revision, outcome, at, closingEvents, transaction, openingEvents) {
      const sealer = await unlock();
      return database.write((sql) => {
        const record = readNewest(sql, revision);
        recordEvents(sql, closingEvents);
        close(sql, record, outcome, at);
        return begin(sql, transaction, sealer, openingEvents);
      });
    },

    overview: (name) => database.read((sql) => rowsOf(sql, name).map(readRecord)),

    outstanding: async (name) => open(await database.read((sql) => rowsOf(sql, name))),

    outstandingFrom: async (previousName) =>
      open(
        await database.read((sql) =>
          sql.all(`${select} WHERE previous.name = ? ORDER BY t.id`, previousName),
        ),
      ),

    async get(id) {
      const [record] = await open(
        await database.read((sql) => sql.all(`${select} WHERE t.id = ?`, id)),
      );
      return record;
    },

    async credential(id) {
      const row = await database.read((sql) =>
        sql.get('SELECT * FROM transactions WHERE id = ?', id),
      );
      if (row === undefined) throw conflict(id, undefined, 'another process has closed it');
      if (oneOf(row, 'credential_type', credentialTypes) === 'signature') {
        return { type: 'signature', certificateId: integer(row, 'credential_certificate_id') };
      }
      const sealer = await unlock();
      const secret = await database.read((sql) =>
        sealer.open(sql, 'transactions.secret', identityOf(row), octets(row, 'secret')),
      );
      return { type: 'mac', reference: text(row, 'reference'), secret };
    },

    clear: (name, at, events) =>
      database.write((sql) => {
        const records = rowsOf(sql, name).map(readRecord);
        for (const record of records) {
          close(sql, record, { type: 'cleared', text: 'Cleared by hand' }, at);
        }
        recordEvents(sql, events);
        forgetHistory(sql, name);
        return records.length;
      }),
  };
}

const select = `SELECT t.*, previous.name AS previous_name FROM transactions AS t
  LEFT JOIN certificates AS previous ON previous.id = t.previous_certificate_id`;

function rowsOf(sql: Sql, name: string | undefined): readonly Row[] {
  // Two texts: no index serves "this name, or any", and ten thousand may wait for a CA.
  return name === undefined
    ? sql.all(`${select} ORDER BY t.id`)
    : sql.all(`${select} WHERE t.name = ? ORDER BY t.id`, name);
}

function begin(
  sql: Sql,
  transaction: NewTransaction,
  sealer: Sealer,
  events: readonly LifecycleEvent[],
): TransactionRecord {
  assertNoneOutstanding(sql, transaction.name);
  assertStillCurrent(sql, transaction);
  pruneKeys(sql, transaction.openedAt);
  const id = insert(sql, transaction, sealer);
  openHistory(sql, { ...transaction, transactionID: toHex(transaction.transactionID) });
  recordEvents(sql, events);
  return read(sql, sealer, id);
}

function insert(sql: Sql, transaction: NewTransaction, sealer: Sealer): number {
  const { key, credential, name, transactionID } = transaction;
  const identity = transactionIdentity(name, transactionID);
  const isMac = credential.type === 'mac';
  return sql.run(
    `INSERT INTO transactions (revision, name, operation, ca, url, url_given, key_id, previous_certificate_id,
       credential_type, reference, secret, credential_certificate_id, transaction_id, phase, state,
       outgoing, opened_at, deadline, polls)
     VALUES (1, @name, @operation, @ca, @url, @urlGiven, @keyId, @previousCertificateId,
       @credentialType, @reference, @secret, @certificateId, @transactionID, @phase, @state,
       @outgoing, @openedAt, @deadline, 0)`,
    {
      name,
      operation: transaction.operation,
      ca: transaction.ca,
      url: transaction.url,
      urlGiven: transaction.isUrlGiven ? 1 : 0,
      keyId: key && 'spki' in key ? insertKey(sql, sealer, key, transaction.openedAt) : key?.id,
      previousCertificateId: transaction.previousCertificateId,
      credentialType: credential.type,
      reference: isMac ? credential.reference : null,
      secret: isMac ? sealer.seal(sql, 'transactions.secret', identity, credential.secret) : null,
      certificateId: isMac ? null : credential.certificateId,
      transactionID,
      phase: transaction.phase,
      ...sealed(sql, sealer, transaction, transaction),
      openedAt: transaction.openedAt,
      deadline: transaction.deadline,
    },
  ).id;
}

/** Seal what can hold secrets: a registration token stands in the request, and in the state that it is made of. */
function sealed(
  sql: Sql,
  sealer: Sealer,
  { name, transactionID }: Pick<TransactionRecord, 'name' | 'transactionID'>,
  { state, outgoing }: Pick<TransactionChange, 'state' | 'outgoing'>,
): Pick<TransactionRecord, 'state' | 'outgoing'> {
  const identity = transactionIdentity(name, transactionID);
  return {
    state: sealer.seal(sql, 'transactions.state', identity, state),
    ...(outgoing && { outgoing: sealer.seal(sql, 'transactions.outgoing', identity, outgoing) }),
  };
}

function stage(
  sql: Sql,
  record: Omit<OutstandingTransaction, 'keyId'> & { readonly keyId: number | undefined },
  { staged }: TransactionChange,
  now: Date,
): number | undefined {
  const { stagedCertificateId, keyId } = record;
  if (staged === undefined) return stagedCertificateId;
  if (stagedCertificateId === undefined) {
    return stageCertificate(sql, {
      ...staged,
      name: record.name,
      ca: record.ca,
      url: record.isUrlGiven ? record.url : undefined,
      keyId,
      source: 'cmp',
      createdAt: now,
    });
  }
  restageCertificate(sql, stagedCertificateId, { ...staged, keyId });
  return stagedCertificateId;
}

function update(
  sql: Sql,
  record: OutstandingTransaction,
  change: TransactionChange,
  keyId: number | undefined,
  stagedCertificateId: number | undefined,
): void {
  sql.run(
    `UPDATE transactions SET revision = revision + 1, phase = @phase, state = @state, key_id = @keyId,
       outgoing = @outgoing, next_at = @nextAt, waiting_since = @waitingSince, deadline = @deadline,
       text = @text, polls = @polls, staged_certificate_id = @stagedCertificateId
     WHERE id = @id`,
    {
      id: record.id,
      phase: change.phase,
      state: change.state,
      keyId,
      outgoing: change.outgoing,
      nextAt: change.nextAt,
      waitingSince: change.waitingSince,
      deadline: change.deadline ?? record.deadline,
      text: change.text === undefined ? record.text : storedText(change.text),
      polls: change.polls ?? record.polls,
      stagedCertificateId,
    },
  );
}

function close(
  sql: Sql,
  record: OutstandingTransaction,
  outcome: TransactionOutcome,
  at: Date,
): CertificateRecord | undefined {
  const { id, name, stagedCertificateId } = record;
  sql.run('DELETE FROM transactions WHERE id = ?', id);
  const transactionID = toHex(record.transactionID);
  closeHistory(sql, { ...record, transactionID }, outcome, at);
  if (outcome.type === 'granted') {
    invariant(stagedCertificateId !== undefined, 'that a granted certificate was staged');
    const current = activateCertificate(sql, stagedCertificateId, name);
    // What was asked for after a move has been done.
    sql.run("DELETE FROM name_settings WHERE name = ? AND key = 'renew-by'", name);
    pruneVersions(sql, name);
    recordIssuance(sql, name, at);
    return current;
  }
  // What was issued in vain counts at the CA as well.
  if (record.operation !== 'rr' && mayHaveIssued(outcome)) recordIssuance(sql, name, at);
  if (record.keyId !== undefined) releaseKey(sql, record.keyId, at);
  if (outcome.type === 'revoked') {
    if (outcome.certificateId !== undefined) {
      markRevoked(sql, outcome.certificateId, outcome.reason, at);
    }
  } else if (stagedCertificateId !== undefined) {
    setAsideCertificate(sql, stagedCertificateId, outcome.type);
    pruneVersions(sql, name);
  }
  return undefined;
}

function readNewest(sql: Sql, { id, revision }: TransactionRevision): OutstandingTransaction {
  const record = find(sql, id);
  if (record?.revision === revision) return record;
  const why =
    record === undefined
      ? 'another process has closed it'
      : 'another process has gone on with it ' +
        `(revision is ${record.revision}, expected ${revision})`;
  throw conflict(id, record, why);
}

function conflict(id: number, record: OutstandingTransaction | undefined, why: string): CertError {
  const which = record === undefined ? `${id}` : `${id} of "${record.name}"`;
  return new CertError('STORE_CONFLICT', `Cannot go on with transaction ${which}: ${why}`, {
    hint: 'Look at "show cmp outstanding-req" and "show cmp history", then try again if it is still needed',
    ...(record && { transactionID: toHex(record.transactionID) }),
  });
}

function assertNoneOutstanding(sql: Sql, name: string): void {
  const row = sql.get(`${select} WHERE t.name = ?`, name);
  if (row === undefined) return;
  const { operation: kind, openedAt, transactionID } = readRecord(row);
  throw new CertError(
    'TRANSACTION_OUTSTANDING',
    `Cannot request a certificate for "${name}": its ${kind} of ${formatTime(openedAt)} ` +
      'is still outstanding',
    {
      hint: `Go on with "cmp poll current-cert ${name}", or give it up with "clear cmp cert-name ${name}"`,
      transactionID: toHex(transactionID),
    },
  );
}

/** Whoever looked, and then took its time over a key, must not ask for what another process got meanwhile. */
function assertStillCurrent(sql: Sql, { name, knownCurrent }: NewTransaction): void {
  if (knownCurrent === undefined) return;
  const row = sql.get("SELECT id FROM certificates WHERE name = ? AND status = 'current'", name);
  if ((row && integer(row, 'id')) === knownCurrent.certificateId) return;
  throw new CertError(
    'STORE_CONFLICT',
    `Cannot request a certificate for "${name}": another process has got one meanwhile`,
    { hint: `Look at "show cert ${name}", then try again if it is still needed` },
  );
}

function find(sql: Sql, id: number): OutstandingTransaction | undefined {
  const row = sql.get(`${select} WHERE t.id = ?`, id);
  return row === undefined ? undefined : readRecord(row);
}

function read(sql: Sql, sealer: Sealer, id: number): TransactionRecord {
  const row = sql.get(`${select} WHERE t.id = ?`, id);
  invariant(row !== undefined, `that transaction ${id} was written`);
  return openRecord(sql, sealer, row);
}

function openRecord(sql: Sql, sealer: Sealer, row: Row): TransactionRecord {
  const value = (column: 'state' | 'outgoing'): Uint8Array => {
    const stored = octets(row, column);
    // Versions before sealed neither; what they left is read as it is, and sealed when it is next written.
    if (isStoredClear(`transactions.${column}`, stored)) return stored;
    return sealer.open(sql, `transactions.${column}`, identityOf(row), stored);
  };
  return {
    ...readRecord(row),
    state: value('state'),
    ...(row['outgoing'] !== null && { outgoing: value('outgoing') }),
  };
}

function identityOf(row: Row): Uint8Array {
  return transactionIdentity(text(row, 'name'), octets(row, 'transaction_id'));
}

const credentialTypes = ['mac', 'signature'] as const;

function readRecord(row: Row): OutstandingTransaction {
  return present({
    id: integer(row, 'id'),
    revision: integer(row, 'revision'),
    name: label(row, 'name'),
    operation: operation(row, 'operation'),
    ca: label(row, 'ca'),
    url: text(row, 'url'),
    isUrlGiven: integer(row, 'url_given') === 1,
    keyId: optional(row, 'key_id', integer),
    previousCertificateId: optional(row, 'previous_certificate_id', integer),
    previousName: optional(row, 'previous_name', label),
    credentialType: oneOf(row, 'credential_type', credentialTypes),
    transactionID: octets(row, 'transaction_id'),
    phase: text(row, 'phase'),
    nextAt: optional(row, 'next_at', time),
    waitingSince: optional(row, 'waiting_since', time),
    openedAt: time(row, 'opened_at'),
    deadline: time(row, 'deadline'),
    text: optional(row, 'text', text),
    polls: integer(row, 'polls'),
    stagedCertificateId: optional(row, 'staged_certificate_id', integer),
  });
}
