import type { Migration } from './migration.ts';
import { agentSchema } from './schema-agent.ts';
import { ipsecSchema } from './schema-ipsec.ts';
import { staplesSchema } from './schema-staples.ts';
import { validationSchema } from './schema-validation.ts';

/**
 * The store's schema. Times are epoch milliseconds. `secret`, `proxy_password`, `pkcs8` and `wrapped`
 * are sealed, see `sealer.ts`. What refers to a CA profile does so by label without a foreign key: a
 * profile can be removed while its certificates live on.
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
  {
    // SQLite cannot take a NOT NULL from a column: the table is copied. Its ids go on where they were, so
    // that no transaction is taken for a closed one.
    version: 2,
    sql: `
ALTER TABLE authorities ADD COLUMN proxy_password BLOB;
ALTER TABLE authorities ADD COLUMN request_template BLOB;

ALTER TABLE certificates ADD COLUMN revoked_at INTEGER;
ALTER TABLE certificates ADD COLUMN revocation_reason TEXT;

ALTER TABLE transactions RENAME TO transactions_1;
CREATE TABLE transactions (
  id                        INTEGER PRIMARY KEY AUTOINCREMENT,
  revision                  INTEGER NOT NULL,
  name                      TEXT NOT NULL UNIQUE,
  operation                 TEXT NOT NULL,
  ca                        TEXT NOT NULL,
  url                       TEXT NOT NULL,
  url_given                 INTEGER NOT NULL,
  key_id                    INTEGER REFERENCES keys,
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
INSERT INTO transactions SELECT * FROM transactions_1;
DELETE FROM sqlite_sequence WHERE name = 'transactions';
INSERT INTO sqlite_sequence (name, seq)
  SELECT 'transactions', seq FROM sqlite_sequence WHERE name = 'transactions_1';
DROP TABLE transactions_1;

ALTER TABLE leases ADD COLUMN boot TEXT;
ALTER TABLE leases ADD COLUMN pid_namespace TEXT;

ALTER TABLE statistics ADD COLUMN last_at INTEGER;

CREATE TABLE durations (
  ca        TEXT NOT NULL,
  operation TEXT NOT NULL,
  count     INTEGER NOT NULL,
  total_ms  INTEGER NOT NULL,
  min_ms    INTEGER NOT NULL,
  max_ms    INTEGER NOT NULL,
  PRIMARY KEY (ca, operation)
) STRICT, WITHOUT ROWID;

CREATE TABLE crls (
  ca          TEXT NOT NULL,
  issuer      BLOB NOT NULL,
  der         BLOB NOT NULL,
  this_update INTEGER NOT NULL,
  next_update INTEGER,
  crl_number  TEXT,
  fetched_at  INTEGER NOT NULL,
  PRIMARY KEY (ca, issuer)
) STRICT;
`,
  },
  {
    // Where certificates go beside, or in place of, the cert-store location; what is run then.
    version: 3,
    sql: `
CREATE TABLE deployments (
  name              TEXT NOT NULL,
  label             TEXT NOT NULL,
  owner             TEXT,
  group_name        TEXT,
  mode              INTEGER,
  key_mode          INTEGER,
  target            TEXT,
  pid_file          TEXT,
  program           TEXT,
  config            TEXT,
  socket            TEXT,
  entry             TEXT,
  unit              TEXT,
  probe_host        TEXT,
  probe_port        INTEGER,
  probe_server_name TEXT,
  probe_starttls    TEXT,
  state             TEXT,
  certificate_id    INTEGER REFERENCES certificates ON DELETE SET NULL,
  changed_at        INTEGER,
  error             TEXT,
  PRIMARY KEY (name, label)
) STRICT;

CREATE TABLE deployment_files (
  name  TEXT NOT NULL,
  label TEXT NOT NULL,
  kind  TEXT NOT NULL,
  path  TEXT NOT NULL UNIQUE,
  PRIMARY KEY (name, label, kind),
  FOREIGN KEY (name, label) REFERENCES deployments (name, label) ON DELETE CASCADE
) STRICT;

CREATE TABLE hooks (
  name            TEXT PRIMARY KEY,
  timeout_seconds INTEGER NOT NULL
) STRICT;

CREATE TABLE hook_words (
  name     TEXT NOT NULL REFERENCES hooks ON DELETE CASCADE,
  position INTEGER NOT NULL,
  word     TEXT NOT NULL,
  PRIMARY KEY (name, position)
) STRICT;

CREATE TABLE hook_runs (
  id         INTEGER PRIMARY KEY AUTOINCREMENT,
  name       TEXT NOT NULL,
  event      TEXT NOT NULL,
  started_at INTEGER NOT NULL,
  ended_at   INTEGER NOT NULL,
  result     TEXT NOT NULL,
  exit_code  INTEGER,
  reason     TEXT,
  output     BLOB NOT NULL
) STRICT;
CREATE INDEX hook_run_names ON hook_runs (name, id);
`,
  },
  {
    // A private key may stay in a PKCS #11 token: the row has its URI then, and no octets.
    version: 4,
    sql: `
ALTER TABLE keys ADD COLUMN token_uri TEXT;
`,
  },
  {
    // Labelled CA certificates, keys whose request was made for a CA without CMP, settings of one name, who changed
    // what; the end of each certificate's life, to find the next ones without decoding all of them; since when a key
    // has been without use. A store key that is a passphrase has its salt and cost beside what it seals.
    version: 5,
    sql: `
ALTER TABLE data_key ADD COLUMN kdf TEXT;
ALTER TABLE data_key ADD COLUMN salt BLOB;

ALTER TABLE certificates ADD COLUMN not_after INTEGER;
UPDATE certificates SET not_after = certificate_not_after(der);
DROP INDEX pending_deliveries;
CREATE INDEX pending_deliveries ON certificates (source, id)
  WHERE status = 'current' AND delivered_at IS NULL;
CREATE INDEX certificate_expiry ON certificates (not_after) WHERE status = 'current';

ALTER TABLE deployments ADD COLUMN password TEXT;

CREATE TABLE ca_certificates (
  label      TEXT PRIMARY KEY,
  der        BLOB NOT NULL,
  subject    BLOB NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX ca_certificate_subjects ON ca_certificates (subject);

CREATE TABLE key_requests (
  name       TEXT PRIMARY KEY,
  key_id     INTEGER NOT NULL REFERENCES keys,
  request    BLOB NOT NULL,
  created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX key_request_keys ON key_requests (key_id);

CREATE TABLE name_settings (
  name  TEXT NOT NULL,
  key   TEXT NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY (name, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE audit (
  id        INTEGER PRIMARY KEY AUTOINCREMENT,
  at        INTEGER NOT NULL,
  actor     TEXT NOT NULL,
  user_name TEXT,
  tty       TEXT,
  pid       INTEGER NOT NULL,
  host      TEXT NOT NULL,
  what      TEXT NOT NULL,
  arguments TEXT NOT NULL
) STRICT;

CREATE TABLE audit_results (
  audit_id  INTEGER PRIMARY KEY REFERENCES audit ON DELETE CASCADE,
  at        INTEGER NOT NULL,
  exit_code INTEGER NOT NULL,
  code      TEXT,
  text      TEXT
) STRICT;

CREATE TRIGGER audit_stays BEFORE UPDATE ON audit
  BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to'); END;
CREATE TRIGGER audit_results_stay BEFORE UPDATE ON audit_results
  BEGIN SELECT RAISE(ABORT, 'the audit trail is only added to'); END;

ALTER TABLE keys ADD COLUMN unused_since INTEGER;
CREATE INDEX unused_keys ON keys (unused_since) WHERE unused_since IS NOT NULL;
UPDATE keys SET unused_since = created_at
  WHERE id NOT IN (SELECT key_id FROM certificates WHERE key_id IS NOT NULL)
    AND id NOT IN (SELECT key_id FROM transactions WHERE key_id IS NOT NULL);

CREATE INDEX transaction_keys ON transactions (key_id);
CREATE INDEX transaction_previous ON transactions (previous_certificate_id);
CREATE INDEX transaction_credentials ON transactions (credential_certificate_id);
CREATE INDEX transaction_staged ON transactions (staged_certificate_id);
CREATE INDEX deployment_certificates ON deployments (certificate_id);
`,
  },
  agentSchema,
  validationSchema,
  staplesSchema,
  ipsecSchema,
];
