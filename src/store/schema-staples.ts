import type { Migration } from './migration.ts';

/** How often peers were judged and how, and OCSP responses that are kept for our own certificates. */
export const staplesSchema: Migration = {
  version: 8,
  sql: `
CREATE TABLE validation_statistics (
  counter TEXT PRIMARY KEY,
  value   INTEGER NOT NULL,
  last_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
`,
};
