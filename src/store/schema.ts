import type { Migration } from './migration.ts';

/**
 * The store's schema. Times are epoch milliseconds. `secret`, `pkcs8` and `wrapped` are sealed, see
 * `sealer.ts`. What refers to a CA profile does so by label without a foreign key: a profile can be
 * removed while its certificates live on.
 */
export const schema: readonly Migration[] = [
  {
    version: 1,
    sql: `
CREATE TABLE data_key (
  id      INTEGER PRIMARY KEY CHECK (id = 1),
  wrapped BLOB NOT NULL
) STRICT;

CREATE TABLE settings (
  key   TEXT PRIMARY KEY,
  value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE authorities (
  label    TEXT PRIMARY KEY,
  settings TEXT NOT NULL,
  secret   BLOB
) STRICT;

CREATE TABLE authority_certificates (
  label    TEXT NOT NULL REFERENCES authorities ON DELETE CASCADE,
  role     TEXT NOT NULL,
  position INTEGER NOT NULL,
  der      BLOB NOT NULL,
  PRIMARY KEY (label, role, position)
) STRICT;

CREATE TABLE keys (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  spki       BLOB NOT NULL UNIQUE,
  pkcs8      BLOB NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;

CREATE TABLE certificates (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  name           TEXT NOT NULL,
  version        INTEGER NOT NULL,
  status         TEXT NOT NULL,
  ca             TEXT,
  url            TEXT,
  key_id         INTEGER REFERENCES keys,
  der            BLOB NOT NULL,
  source         TEXT NOT NULL,
  created_at     INTEGER NOT NULL,
  delivered_at   INTEGER,
  directory      TEXT,
  delivery_error TEXT,
  failed_at      INTEGER
) STRICT;
CREATE INDEX certificate_names ON certificates (name, id);
CREATE INDEX certificate_keys ON certificates (key_id);
CREATE UNIQUE INDEX certificate_versions ON certificates (name, version) WHERE version > 0;
CREATE UNIQUE INDEX current_certificates ON certificates (name) WHERE status = 'current';
CREATE INDEX pending_deliveries ON certificates (id)
  WHERE status = 'current' AND delivered_at IS NULL;

CREATE TABLE certificate_chains (
  certificate_id INTEGER NOT NULL REFERENCES certificates ON DELETE CASCADE,
  position       INTEGER NOT NULL,
  der            BLOB NOT NULL,
  PRIMARY KEY (certificate_id, position)
) STRICT;

CREATE TABLE transactions (
  id                        INTEGER PRIMARY KEY AUTOINCREMENT,
  revision                  INTEGER NOT NULL,
  name                      TEXT NOT NULL UNIQUE,
  operation                 TEXT NOT NULL,
  ca                        TEXT NOT NULL,
  url                       TEXT NOT NULL,
  url_given                 INTEGER NOT NULL,
  key_id                    INTEGER NOT NULL REFERENCES keys,
  previous_certificate_id   INTEGER REFERENCES certificates,
  credential_type           TEXT NOT NULL,
  reference                 TEXT,
  secret                    BLOB,
  credential_certificate_id INTEGER REFERENCES certificates,
  transaction_id            BLOB NOT NULL UNIQUE,
  phase                     TEXT NOT NULL,
  state                     BLOB NOT NULL,
  outgoing                  BLOB,
  next_at                   INTEGER,
  opened_at                 INTEGER NOT NULL,
  deadline                  INTEGER NOT NULL,
  text                      TEXT,
  polls                     INTEGER NOT NULL,
  staged_certificate_id     INTEGER REFERENCES certificates
) STRICT;

CREATE TABLE leases (
  name       TEXT PRIMARY KEY,
  fence      INTEGER NOT NULL,
  owner_id   TEXT,
  pid        INTEGER,
  started_at TEXT,
  host       TEXT,
  since      INTEGER,
  expires_at INTEGER
) STRICT;

CREATE TABLE history (
  id             INTEGER PRIMARY KEY AUTOINCREMENT,
  transaction_id TEXT NOT NULL UNIQUE,
  operation      TEXT NOT NULL,
  name           TEXT NOT NULL,
  ca             TEXT NOT NULL,
  result         TEXT NOT NULL,
  opened_at      INTEGER NOT NULL,
  closed_at      INTEGER,
  text           TEXT,
  fail_info      TEXT
) STRICT;
CREATE INDEX history_names ON history (name);

CREATE TABLE statistics (
  ca      TEXT NOT NULL,
  counter TEXT NOT NULL,
  value   INTEGER NOT NULL,
  PRIMARY KEY (ca, counter)
) STRICT, WITHOUT ROWID;

CREATE TABLE statistics_since (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  at INTEGER NOT NULL
) STRICT;
`,
  },
];
