import type { Migration } from './migration.ts';

const wake = (name: string): string => `
  INSERT INTO schedule (name, next_at, revision) VALUES (${name}, 0, 1)
    ON CONFLICT (name) DO UPDATE SET next_at = 0, revision = revision + 1;`;

/** What the agent remembers: when to look at which name, what does not work, alarms and what is to be sent. */
export const agentSchema: Migration = {
  version: 6,
  sql: `
CREATE TABLE schedule (
  name     TEXT PRIMARY KEY,
  next_at  INTEGER,
  revision INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX schedule_times ON schedule (next_at) WHERE next_at IS NOT NULL;
INSERT INTO schedule (name, next_at, revision)
  SELECT name, 0, 1 FROM certificates UNION SELECT name, 0, 1 FROM transactions;

CREATE TRIGGER schedule_new_certificate AFTER INSERT ON certificates BEGIN ${wake('new.name')} END;
CREATE TRIGGER schedule_changed_certificate AFTER UPDATE ON certificates BEGIN ${wake('new.name')} END;
CREATE TRIGGER schedule_gone_certificate AFTER DELETE ON certificates BEGIN ${wake('old.name')} END;
CREATE TRIGGER schedule_new_transaction AFTER INSERT ON transactions BEGIN ${wake('new.name')} END;
CREATE TRIGGER schedule_changed_transaction AFTER UPDATE ON transactions BEGIN ${wake('new.name')} END;
CREATE TRIGGER schedule_gone_transaction AFTER DELETE ON transactions BEGIN ${wake('old.name')} END;
CREATE TRIGGER schedule_new_setting AFTER INSERT ON name_settings BEGIN ${wake('new.name')} END;
CREATE TRIGGER schedule_changed_setting AFTER UPDATE ON name_settings BEGIN ${wake('new.name')} END;
CREATE TRIGGER schedule_gone_setting AFTER DELETE ON name_settings BEGIN ${wake('old.name')} END;

CREATE TABLE failing (
  name     TEXT NOT NULL,
  job      TEXT NOT NULL,
  kind     TEXT NOT NULL,
  count    INTEGER NOT NULL,
  first_at INTEGER NOT NULL,
  last_at  INTEGER NOT NULL,
  code     TEXT NOT NULL,
  text     TEXT NOT NULL,
  PRIMARY KEY (name, job)
) STRICT, WITHOUT ROWID;

CREATE TABLE issuances (
  id   INTEGER PRIMARY KEY,
  name TEXT NOT NULL,
  at   INTEGER NOT NULL
) STRICT;
CREATE INDEX issuance_names ON issuances (name, at);

CREATE TABLE silent_cas (
  ca      TEXT PRIMARY KEY,
  count   INTEGER NOT NULL,
  last_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TRIGGER failing_renewed AFTER UPDATE OF status ON certificates
  WHEN new.status = 'current' AND old.status <> 'current'
  BEGIN DELETE FROM failing WHERE name = new.name AND job IN ('update', 'poll', 'fetch'); END;
CREATE TRIGGER failing_imported AFTER INSERT ON certificates WHEN new.status = 'current'
  BEGIN DELETE FROM failing WHERE name = new.name AND job IN ('update', 'poll', 'fetch'); END;
CREATE TRIGGER failing_delivered AFTER UPDATE OF delivered_at ON certificates
  WHEN new.delivered_at IS NOT NULL
  BEGIN DELETE FROM failing WHERE name = new.name AND job = 'deploy'; END;

CREATE TABLE watched (
  id           INTEGER PRIMARY KEY AUTOINCREMENT,
  kind         TEXT NOT NULL,
  name         TEXT NOT NULL,
  told_version INTEGER NOT NULL,
  UNIQUE (kind, name)
) STRICT;
INSERT INTO watched (kind, name, told_version)
  SELECT 'certificate', name, max(version) FROM (
    SELECT name, version FROM certificates UNION ALL SELECT name, 0 FROM transactions)
  GROUP BY name ORDER BY name;

CREATE TABLE alarms (
  key          TEXT PRIMARY KEY,
  subject      TEXT NOT NULL,
  family       TEXT NOT NULL,
  raised_at    INTEGER NOT NULL,
  last_sent_at INTEGER NOT NULL,
  count        INTEGER NOT NULL,
  held_back    INTEGER NOT NULL,
  attempts     INTEGER NOT NULL,
  last         TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX alarm_subjects ON alarms (subject);

CREATE TABLE notifier (
  id            INTEGER PRIMARY KEY CHECK (id = 1),
  next_sequence INTEGER NOT NULL,
  engine_id     TEXT,
  engine_boots  INTEGER,
  newest_at     INTEGER,
  doubted_since INTEGER
) STRICT;
INSERT INTO notifier (id, next_sequence) VALUES (1, 1);

CREATE TABLE destinations (
  name      TEXT PRIMARY KEY,
  settings  TEXT NOT NULL,
  secrets   BLOB,
  dropped   INTEGER NOT NULL,
  sent_at   INTEGER,
  failed_at INTEGER,
  failure   TEXT
) STRICT;

CREATE TABLE outbox (
  id              INTEGER PRIMARY KEY AUTOINCREMENT,
  destination     TEXT NOT NULL REFERENCES destinations ON DELETE CASCADE,
  notification    TEXT NOT NULL,
  created_at      INTEGER NOT NULL,
  attempts        INTEGER NOT NULL,
  next_attempt_at INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_destinations ON outbox (destination, id);

ALTER TABLE hooks ADD COLUMN user TEXT;
`,
};
