import type { Migration } from '../store/migration.ts';

/** Schema of the lab's ledger. Times are epoch milliseconds; the keys are not encrypted, a lab guards nothing. */
export const ledgerSchema: readonly Migration[] = [
  {
    version: 1,
    sql: `
CREATE TABLE authorities (
  role        TEXT PRIMARY KEY,
  pkcs8       BLOB NOT NULL,
  certificate BLOB NOT NULL
) STRICT;

CREATE TABLE secrets (
  reference TEXT PRIMARY KEY,
  secret    BLOB NOT NULL
) STRICT;

CREATE TABLE transactions (
  id              INTEGER PRIMARY KEY AUTOINCREMENT,
  transaction_id  BLOB NOT NULL UNIQUE,
  operation       TEXT NOT NULL,
  phase           TEXT NOT NULL,
  cert_req_id     INTEGER NOT NULL,
  subject         TEXT NOT NULL,
  reference       TEXT,
  signer          BLOB,
  request         BLOB NOT NULL,
  sender_nonce    BLOB NOT NULL,
  needs_approval  INTEGER NOT NULL,
  polls           INTEGER NOT NULL,
  decision        TEXT,
  reason          TEXT,
  certificate_id  INTEGER REFERENCES certificates,
  opened_at       INTEGER NOT NULL
) STRICT;

CREATE TABLE certificates (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  transaction_id BLOB NOT NULL UNIQUE,
  der            BLOB NOT NULL UNIQUE,
  serial         TEXT NOT NULL UNIQUE,
  subject        TEXT NOT NULL,
  key_identifier BLOB NOT NULL,
  status         TEXT NOT NULL,
  supersedes     INTEGER REFERENCES certificates,
  issued_at      INTEGER NOT NULL,
  not_after      INTEGER NOT NULL
) STRICT;
CREATE INDEX certificate_keys ON certificates (key_identifier);

CREATE TABLE answers (
  request_digest BLOB PRIMARY KEY,
  transaction_id BLOB NOT NULL,
  answer         BLOB NOT NULL
) STRICT, WITHOUT ROWID;
`,
  },
  {
    version: 2,
    sql: `
ALTER TABLE transactions ADD COLUMN delayed_confirmation BLOB;
ALTER TABLE certificates ADD COLUMN revoked_at INTEGER;
ALTER TABLE certificates ADD COLUMN reason TEXT;
UPDATE certificates SET revoked_at = issued_at, reason = 'unspecified' WHERE status = 'revoked';

CREATE TABLE crls (
  issuer      TEXT PRIMARY KEY,
  der         BLOB NOT NULL,
  number      INTEGER NOT NULL,
  this_update INTEGER NOT NULL,
  next_update INTEGER NOT NULL,
  entries     INTEGER NOT NULL
) STRICT;
`,
  },
  {
    version: 3,
    sql: `
CREATE TABLE holder (
  id            INTEGER PRIMARY KEY CHECK (id = 1),
  pid           INTEGER NOT NULL,
  started_at    TEXT NOT NULL,
  host          TEXT NOT NULL,
  boot          TEXT NOT NULL,
  pid_namespace TEXT NOT NULL,
  since         INTEGER NOT NULL
) STRICT;
`,
  },
  {
    version: 4,
    sql: `
CREATE TABLE ocsp_faults (
  id     INTEGER PRIMARY KEY AUTOINCREMENT,
  name   TEXT NOT NULL,
  serial TEXT,
  times  INTEGER,
  acted  INTEGER NOT NULL
) STRICT;
`,
  },
];
