/** Whoever is not looked at soon is not told that the word on its certificate is another one now. */
const wake = (name: string): string => `
  INSERT INTO schedule (name, next_at, revision) VALUES (${name}, 0, 1)
    ON CONFLICT (name) DO UPDATE SET next_at = 0, revision = revision + 1;`;

/** Of schema 8: since when is counted how peers are judged, what is wrong with responders, and our own certificates. */
export const validationWatchTables: string = `
CREATE TABLE validation_statistics_since (
  id INTEGER PRIMARY KEY CHECK (id = 1),
  at INTEGER NOT NULL
) STRICT;

CREATE TABLE troubled_responders (
  url      TEXT PRIMARY KEY,
  code     TEXT NOT NULL,
  failures INTEGER NOT NULL,
  first_at INTEGER NOT NULL,
  last_at  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE own_revocations (
  name        TEXT PRIMARY KEY,
  fingerprint TEXT NOT NULL,
  policy      TEXT NOT NULL,
  checked_at  INTEGER NOT NULL,
  next_at     INTEGER NOT NULL,
  status      TEXT CHECK (status IN ('good', 'revoked', 'unknown')),
  this_update INTEGER,
  next_update INTEGER,
  reason      TEXT,
  revoked_at  INTEGER,
  above       TEXT,
  code        TEXT,
  error       TEXT
) STRICT, WITHOUT ROWID;
CREATE TRIGGER own_revocation_new AFTER INSERT ON own_revocations WHEN new.status = 'revoked'
  BEGIN ${wake('new.name')} END;
CREATE TRIGGER own_revocation_changed AFTER UPDATE ON own_revocations
  WHEN new.status IS NOT old.status OR new.reason IS NOT old.reason
    OR new.fingerprint IS NOT old.fingerprint
  BEGIN ${wake('new.name')} END;
CREATE TRIGGER own_revocation_gone AFTER DELETE ON own_revocations WHEN old.status = 'revoked'
  BEGIN ${wake('old.name')} END;
`;
