import type { Migration } from './migration.ts';

/** How peers are judged, the CRLs that are held for that, since when a request waits at its CA, and that one may be left to the agent. */
export const validationSchema: Migration = {
  version: 7,
  sql: `
ALTER TABLE transactions ADD COLUMN waiting_since INTEGER;

DROP TRIGGER failing_renewed;
DROP TRIGGER failing_imported;
CREATE TRIGGER failing_renewed AFTER UPDATE OF status ON certificates
  WHEN new.status = 'current' AND old.status <> 'current'
  BEGIN DELETE FROM failing WHERE name = new.name AND job IN ('update', 'enrol', 'poll', 'fetch'); END;
CREATE TRIGGER failing_imported AFTER INSERT ON certificates WHEN new.status = 'current'
  BEGIN DELETE FROM failing WHERE name = new.name AND job IN ('update', 'enrol', 'poll', 'fetch'); END;

CREATE TABLE validation_objects (
  kind     TEXT NOT NULL CHECK (kind IN ('ocsp', 'crl', 'policy')),
  name     TEXT NOT NULL,
  settings TEXT NOT NULL,
  secrets  BLOB,
  PRIMARY KEY (kind, name)
) STRICT;

CREATE TABLE held_crls (
  id          INTEGER PRIMARY KEY,
  identity    TEXT NOT NULL UNIQUE,
  issuer      BLOB NOT NULL,
  this_update INTEGER NOT NULL,
  next_update INTEGER,
  crl_number  TEXT,
  fetched_at  INTEGER NOT NULL,
  octets      INTEGER NOT NULL,
  der         BLOB NOT NULL
) STRICT;
CREATE INDEX held_crl_issuers ON held_crls (issuer);

CREATE TABLE crl_sources (
  url        TEXT PRIMARY KEY,
  origin     TEXT NOT NULL CHECK (origin IN ('configured', 'certificate')),
  identity   TEXT,
  fetched_at INTEGER,
  next_at    INTEGER,
  failures   INTEGER NOT NULL,
  code       TEXT,
  error      TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX crl_source_times ON crl_sources (next_at) WHERE next_at IS NOT NULL;
`,
};
