import type { Migration } from './migration.ts';
import { validationWatchTables } from './schema-validation-watch.ts';

const wake = (name: string): string => `
  INSERT INTO schedule (name, next_at, revision) VALUES (${name}, 0, 1)
    ON CONFLICT (name) DO UPDATE SET next_at = 0, revision = revision + 1;`;

/** How often peers were judged and how, and OCSP responses that are kept for our own certificates. */
export const staplesSchema: Migration = {
  version: 8,
  sql: `
CREATE TABLE validation_statistics (
  counter TEXT PRIMARY KEY,
  value   INTEGER NOT NULL,
  last_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
ALTER TABLE crl_sources ADD COLUMN form TEXT CHECK (form IN ('der', 'pem'));
ALTER TABLE crl_sources ADD COLUMN etag TEXT;
ALTER TABLE crl_sources ADD COLUMN last_modified TEXT;
${validationWatchTables}
CREATE TABLE staples (
  certificate    TEXT PRIMARY KEY,
  name           TEXT NOT NULL,
  der            BLOB,
  this_update    INTEGER,
  next_update    INTEGER,
  produced_at    INTEGER,
  until          INTEGER,
  fetched_at     INTEGER,
  url            TEXT,
  etag           TEXT,
  fresh_until    INTEGER,
  next_at        INTEGER NOT NULL,
  failures       INTEGER NOT NULL,
  tried_at       INTEGER,
  code           TEXT,
  error          TEXT,
  retry_after    INTEGER,
  revoked_at     INTEGER,
  revoked_reason TEXT,
  revoked_update INTEGER
) STRICT;
CREATE INDEX staple_names ON staples (name);

CREATE TABLE staple_endpoints (
  name                  TEXT NOT NULL,
  label                 TEXT NOT NULL,
  settings              TEXT NOT NULL,
  published_certificate TEXT,
  published_staple      TEXT,
  published_at          INTEGER,
  seen_at               INTEGER,
  seen_as_published     INTEGER,
  seen_text             TEXT,
  failures              INTEGER NOT NULL,
  error                 TEXT,
  next_at               INTEGER,
  PRIMARY KEY (name, label)
) STRICT, WITHOUT ROWID;
CREATE TRIGGER schedule_new_staple_endpoint AFTER INSERT ON staple_endpoints BEGIN ${wake('new.name')} END;
CREATE TRIGGER schedule_changed_staple_endpoint AFTER UPDATE OF settings ON staple_endpoints BEGIN ${wake('new.name')} END;
CREATE TRIGGER schedule_gone_staple_endpoint AFTER DELETE ON staple_endpoints BEGIN ${wake('old.name')} END;
`,
};
