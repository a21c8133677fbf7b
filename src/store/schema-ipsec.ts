import type { Migration } from './migration.ts';

/** Connections of local strongSwans, and which deployments were made for them. */
export const ipsecSchema: Migration = {
  version: 9,
  sql: `
ALTER TABLE deployments ADD COLUMN reauthenticates TEXT;

CREATE TABLE ipsec_peers (
  name        TEXT PRIMARY KEY,
  certificate TEXT NOT NULL,
  socket      TEXT NOT NULL,
  settings    TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX ipsec_peer_certificates ON ipsec_peers (certificate, socket);

CREATE TABLE ipsec_deployments (
  name  TEXT NOT NULL,
  label TEXT NOT NULL,
  PRIMARY KEY (name, label),
  FOREIGN KEY (name, label) REFERENCES deployments (name, label) ON DELETE CASCADE
) STRICT, WITHOUT ROWID;
`,
};
