import Sqlite from 'better-sqlite3';

/** A certificate as the CA has it written down. */
export interface IssuedRow {
  /** Which CA. */
  readonly ledger: number;
  readonly id: number;
  readonly transactionID: string;
  readonly operation: string;
  readonly subject: string;
  readonly der: Uint8Array;
  readonly issuedAt: number;
}

/** A certificate that is in force for a name. */
export interface CurrentRow {
  readonly id: number;
  readonly name: string;
  readonly version: number;
  readonly notAfter: number;
  readonly deliveredAt: number | undefined;
  readonly hasDeliveryError: boolean;
}

/** An alarm that stands. */
export interface AlarmRow {
  readonly key: string;
  readonly family: string;
  /** What is watched, and its name; absent of a source, and of what is gone. */
  readonly kind: string | undefined;
  readonly name: string | undefined;
}

/** Reads the databases of store and CA as they are, past all of our code. */
export interface Inspector {
  /** Certificates that the CAs have issued since one of each. */
  issuedAfter(ids: readonly number[]): readonly IssuedRow[];
  /** What its CA thinks of a certificate. */
  statusAtCa(der: Uint8Array): string | undefined;
  current(): readonly CurrentRow[];
  /** The same as `current`, of one name, and its octets. */
  currentDer(name: string): Uint8Array | undefined;
  /** How the certificate with these octets is kept, and with which key. */
  kept(
    name: string,
    der: Uint8Array,
  ): { readonly status: string; readonly keyId: number | undefined } | undefined;
  /** Names that break a rule of the store, and which. */
  broken(): readonly string[];
  outstanding(): ReadonlyMap<string, { readonly id: string; readonly nextAt: number | undefined }>;
  failing(
    name: string,
  ): readonly { readonly job: string; readonly kind: string; readonly count: number }[];
  /** How a transaction ended, or `outstanding`. */
  result(transactionID: string): string | undefined;
  /** When a transaction was opened, by the clock of then. */
  openedAt(transactionID: string): number | undefined;
  nextAt(name: string): number | undefined;
  /** When each name is looked at again; `nextAt` is absent where nothing is to come. */
  schedule(): readonly {
    readonly name: string;
    readonly revision: number;
    readonly nextAt: number | undefined;
  }[];
  alarms(): readonly AlarmRow[];
  /** What waits for the receiver, and since when the oldest of what was tried does. */
  outbox(): { readonly count: number; readonly attemptedSince: number | undefined };
  /** The agent does not know what the time is. */
  isClockDoubted(): boolean;
  close(): void;
}

/** Open both databases for reading. */
export function inspector(storeFile: string, ledgerFiles: readonly string[]): Inspector {
  const options = { readonly: true, fileMustExist: true };
  const store = new Sqlite(storeFile, options);
  const ledgers = ledgerFiles.map((file) => {
    const db = new Sqlite(file, options);
    return {
      db,
      issuedAfter: all(
        db,
        `SELECT c.id, hex(c.transaction_id) AS transaction_id, t.operation, c.subject, c.der, c.issued_at
         FROM certificates c JOIN transactions t ON t.transaction_id = c.transaction_id
         WHERE c.id > ? ORDER BY c.id`,
      ),
      statusOf: all(db, 'SELECT status FROM certificates WHERE der = ?'),
    };
  });
  const current = all(
    store,
    "SELECT id, name, version, not_after, delivered_at, delivery_error IS NOT NULL AS failed FROM certificates WHERE status = 'current'",
  );
  const currentDer = all(
    store,
    "SELECT der FROM certificates WHERE status = 'current' AND name = ?",
  );
  const kept = all(store, 'SELECT status, key_id FROM certificates WHERE name = ? AND der = ?');
  const broken = all(
    store,
    `SELECT name || ' has several transactions' AS what FROM transactions GROUP BY name HAVING count(*) > 1
     UNION ALL SELECT name || ' has several current certificates' FROM certificates
       WHERE status = 'current' GROUP BY name HAVING count(*) > 1
     UNION ALL SELECT name || ' failed for an error of ours: ' || text FROM failing WHERE code = 'INTERNAL'`,
  );
  const outstanding = all(
    store,
    'SELECT name, lower(hex(transaction_id)) AS id, next_at FROM transactions',
  );
  const failing = all(store, 'SELECT job, kind, count FROM failing WHERE name = ?');
  const openedAt = all(store, 'SELECT opened_at FROM history WHERE transaction_id = ?');
  const result = all(store, 'SELECT result FROM history WHERE transaction_id = ?');
  const schedule = all(store, 'SELECT name, revision, next_at FROM schedule ORDER BY name');
  const alarms = all(
    store,
    "SELECT key, family, w.kind, w.name FROM alarms LEFT JOIN watched AS w ON subject = 'certificate ' || w.id",
  );
  const outbox = all(
    store,
    'SELECT count(*) AS count, min(CASE WHEN attempts > 0 THEN created_at END) AS since FROM outbox',
  );
  const doubted = all(store, 'SELECT 1 FROM notifier WHERE doubted_since IS NOT NULL');
  const nextAt = all(store, 'SELECT next_at FROM schedule WHERE name = ?');
  return {
    issuedAfter: (ids) =>
      ledgers.flatMap(({ issuedAfter }, ledger) =>
        issuedAfter(ids[ledger] ?? 0).map((row) => ({
          ledger,
          id: Number(row['id']),
          transactionID: String(row['transaction_id']).toLowerCase(),
          operation: String(row['operation']),
          subject: String(row['subject']),
          der: octets(row['der']),
          issuedAt: Number(row['issued_at']),
        })),
      ),
    statusAtCa: (der) =>
      ledgers.flatMap(({ statusOf }) => statusOf(der).map((row) => String(row['status'])))[0],
    current: () =>
      current().map((row) => ({
        id: Number(row['id']),
        name: String(row['name']),
        version: Number(row['version']),
        notAfter: Number(row['not_after']),
        deliveredAt: optional(row['delivered_at']),
        hasDeliveryError: row['failed'] === 1,
      })),
    currentDer: (name) => currentDer(name).map((row) => octets(row['der']))[0],
    kept: (name, der) =>
      kept(name, der).map((row) => ({
        status: String(row['status']),
        keyId: optional(row['key_id']),
      }))[0],
    broken: () => broken().map((row) => String(row['what'])),
    outstanding: () =>
      new Map(
        outstanding().map((row) => [
          String(row['name']),
          { id: String(row['id']), nextAt: optional(row['next_at']) },
        ]),
      ),
    failing: (name) =>
      failing(name).map((row) => ({
        job: String(row['job']),
        kind: String(row['kind']),
        count: Number(row['count']),
      })),
    result: (id) => result(id).map((row) => String(row['result']))[0],
    schedule: () =>
      schedule().map((row) => ({
        name: String(row['name']),
        revision: Number(row['revision']),
        nextAt: optional(row['next_at']),
      })),
    alarms: () =>
      alarms().map((row) => ({
        key: String(row['key']),
        family: String(row['family']),
        kind: word(row['kind']),
        name: word(row['name']),
      })),
    outbox: () => ({
      count: Number(outbox()[0]?.['count']),
      attemptedSince: optional(outbox()[0]?.['since']),
    }),
    isClockDoubted: () => doubted().length > 0,
    openedAt: (id) => openedAt(id).map((row) => optional(row['opened_at']))[0],
    nextAt: (name) => nextAt(name).map((row) => optional(row['next_at']))[0],
    close() {
      store.close();
      for (const { db } of ledgers) db.close();
    },
  };
}

const all = (db: Sqlite.Database, sql: string) => {
  const statement = db.prepare<unknown[], Record<string, unknown>>(sql);
  return (...args: unknown[]): readonly Record<string, unknown>[] => statement.all(...args);
};

function octets(value: unknown): Uint8Array {
  return value instanceof Uint8Array ? Uint8Array.from(value) : new Uint8Array();
}

function word(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined;
}

function optional(value: unknown): number | undefined {
  return typeof value === 'number' ? value : undefined;
}
