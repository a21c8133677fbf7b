import { integer, optional } from './column.ts';
import { dropKey, dropKeysUnusedSince } from './keys.ts';
import { readSetting } from './settings.ts';
import type { Sql } from './sql.ts';

/** Enough to go back from a bad renewal, and from the one before that was not noticed. */
const versionsKept = 3;

/**
 * A key whose request came to nothing may have been certified all the same: it is kept for longer than a
 * usual certificate lives, so that one can still be revoked.
 */
const unusedKeyDays = 400;

const dayMs = 86_400_000;

/** Read a limit inside a transaction; what is not a number stands for none. */
export function readLimit(sql: Sql, key: string, usual: number): number {
  const setting = readSetting(sql, key) ?? '';
  return /^[0-9]{1,9}$/.test(setting) ? Number(setting) : usual;
}

/**
 * Drop the oldest certificates of a name, with their keys: beside the one in effect as many stay as the setting
 * `versions-kept` says, and as many of those that never took effect. What a transaction refers to stays.
 */
export function pruneVersions(sql: Sql, name: string): void {
  const keep = readLimit(sql, 'versions-kept', versionsKept);
  const rows = sql.all(
    `SELECT id, key_id FROM (
       SELECT id, key_id, row_number() OVER (
         PARTITION BY version > 0 ORDER BY version DESC, id DESC) AS rank
       FROM certificates AS c WHERE name = @name AND status NOT IN ('current', 'staged')
         AND NOT (status = 'revoked' AND version = (
           SELECT max(version) FROM certificates WHERE name = @name))) AS old
     WHERE rank > @keep
       AND NOT EXISTS (SELECT 1 FROM transactions WHERE previous_certificate_id = old.id)
       AND NOT EXISTS (SELECT 1 FROM transactions WHERE credential_certificate_id = old.id)
       AND NOT EXISTS (SELECT 1 FROM transactions WHERE staged_certificate_id = old.id)`,
    { name, keep },
  );
  for (const row of rows)
    dropCertificate(sql, integer(row, 'id'), optional(row, 'key_id', integer));
}

/** Drop a certificate, and its key unless something else uses it. */
export function dropCertificate(sql: Sql, id: number, keyId: number | undefined): void {
  sql.run('DELETE FROM certificates WHERE id = ?', id);
  if (keyId !== undefined) dropKey(sql, keyId);
}

/** Drop keys that came to nothing longer ago than the setting `orphan-key-days` says. */
export function pruneKeys(sql: Sql, now: Date): void {
  const days = readLimit(sql, 'orphan-key-days', unusedKeyDays);
  dropKeysUnusedSince(sql, new Date(now.getTime() - days * dayMs));
}
