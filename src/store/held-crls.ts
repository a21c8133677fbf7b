import { bytesEqual } from '../base/bytes.ts';
import { isNewer } from '../revocation/crl.ts';
import { integer, octets, oneOf, optional, present, text, time } from './column.ts';
import type { Database } from './database.ts';
import type { Row, Sql } from './sql.ts';
import type { CrlSource, CrlSources, HeldCrls, HeldCrlSummary } from './validation-contract.ts';

/** Everything but the octets, which may be tens of megabytes. */
const summaryColumns = 'identity, issuer, this_update, next_update, crl_number, fetched_at, octets';

/** How much is held of what certificates name. */
export interface HeldLimits {
  readonly crls: number;
  readonly octets: number;
  /** Places that are remembered. */
  readonly sources: number;
}

/**
 * A CA chooses the places and the parts of its CRLs, and a hostile one that is below an anchor makes a new one for each
 * certificate. The largest public CAs have some hundred parts, and CRLs of 50 MB; all rows are looked through for each
 * peer.
 */
export const heldLimits: HeldLimits = { crls: 1024, octets: 1024 ** 3, sources: 4096 };

/** CRLs that were verified, in SQLite. */
export function sqliteHeldCrls(database: Database, limits: HeldLimits = heldLimits): HeldCrls {
  return {
    put: (crl) =>
      database.write((sql) => {
        const { identity, issuer, thisUpdate, nextUpdate, crlNumber, fetchedAt, der } = crl;
        const row = sql.get('SELECT * FROM held_crls WHERE identity = ?', identity);
        if (row && bytesEqual(octets(row, 'der'), der)) {
          sql.run('UPDATE held_crls SET fetched_at = ? WHERE identity = ?', fetchedAt, identity);
          return 'same';
        }
        if (row && !isNewer(crl, readSummary(row))) return 'older';
        sql.run(
          `INSERT INTO held_crls (${summaryColumns}, der)
           VALUES (@identity, @issuer, @thisUpdate, @nextUpdate, @number, @fetchedAt, @octets, @der)
           ON CONFLICT (identity) DO UPDATE SET this_update = @thisUpdate, next_update = @nextUpdate,
             crl_number = @number, fetched_at = @fetchedAt, octets = @octets, der = @der`,
          {
            identity,
            issuer,
            thisUpdate,
            nextUpdate,
            number: crlNumber?.toString(),
            fetchedAt,
            octets: der.length,
            der,
          },
        );
        makeRoom(sql, identity, fetchedAt, limits);
        return 'held';
      }),
    list: () =>
      database.read((sql) =>
        sql
          .all(`SELECT ${summaryColumns} FROM held_crls ORDER BY issuer, identity`)
          .map(readSummary),
      ),
    ofIssuer: (issuer) =>
      database.read((sql) =>
        sql
          .all(`SELECT ${summaryColumns} FROM held_crls WHERE issuer = ? ORDER BY identity`, issuer)
          .map(readSummary),
      ),
    get: (identity) =>
      database.read((sql) => {
        const row = sql.get('SELECT * FROM held_crls WHERE identity = ?', identity);
        return row && { ...readSummary(row), der: octets(row, 'der') };
      }),
    remove: (identity) =>
      database.write(
        (sql) => sql.run('DELETE FROM held_crls WHERE identity = ?', identity).changes > 0,
      ),
  };
}

/**
 * Forget what is over the limits: first CRLs that have ended, then those fetched longest ago. What comes from a place
 * that is set up stays, and so does the one that has just come.
 */
function makeRoom(sql: Sql, identity: string, now: Date, { crls, octets: most }: HeldLimits): void {
  sql.run(
    `DELETE FROM held_crls WHERE identity <> @identity AND id IN (
       SELECT id FROM (
         SELECT id, is_configured, row_number() OVER best AS place, sum(octets) OVER best AS total
         FROM (
           SELECT id, octets, fetched_at, identity = @identity AS is_new,
             coalesce(next_update >= @now, 1) AS is_current,
             EXISTS (SELECT 1 FROM crl_sources AS s
               WHERE s.origin = 'configured' AND s.identity = h.identity) AS is_configured
           FROM held_crls AS h)
         WINDOW best AS (ORDER BY is_configured DESC, is_new DESC, is_current DESC, fetched_at DESC,
           id DESC ROWS UNBOUNDED PRECEDING))
       WHERE is_configured = 0 AND (place > @crls OR total > @most))`,
    { identity, now, crls, most },
  );
}

/** The places CRLs come from, in SQLite; of those that certificates name, the latest. */
export function sqliteCrlSources(
  database: Database,
  { sources: most }: Pick<HeldLimits, 'sources'> = heldLimits,
): CrlSources {
  return {
    list: () =>
      database.read((sql) => sql.all('SELECT * FROM crl_sources ORDER BY url').map(readSource)),
    get: (url) =>
      database.read((sql) => {
        const row = sql.get('SELECT * FROM crl_sources WHERE url = ?', url);
        return row && readSource(row);
      }),
    due: (now, limit) =>
      database.read((sql) =>
        sql
          .all('SELECT * FROM crl_sources WHERE next_at <= ? ORDER BY next_at LIMIT ?', now, limit)
          .map(readSource),
      ),
    nextAt: () =>
      database.read((sql) =>
        optional(sql.get('SELECT min(next_at) AS at FROM crl_sources') ?? {}, 'at', time),
      ),
    put: (source) =>
      database.write((sql) => {
        const { url, origin, identity, fetchedAt, nextAt, failures, code, error } = source;
        const { form, etag, lastModified } = source;
        sql.run(
          `INSERT OR REPLACE INTO crl_sources
             (url, origin, identity, fetched_at, next_at, failures, code, error, form, etag, last_modified)
           VALUES (@url, @origin, @identity, @fetchedAt, @nextAt, @failures, @code, @error, @form, @etag,
             @lastModified)`,
          {
            url,
            origin,
            identity,
            fetchedAt,
            nextAt,
            failures,
            code,
            error,
            form,
            etag,
            lastModified,
          },
        );
        if (origin === 'configured') return;
        sql.run(
          `DELETE FROM crl_sources WHERE origin = 'certificate' AND url NOT IN (
             SELECT url FROM crl_sources WHERE origin = 'certificate'
             ORDER BY url = @url DESC, fetched_at DESC LIMIT @most)`,
          { url, most },
        );
      }),
    remove: (url) =>
      database.write((sql) => sql.run('DELETE FROM crl_sources WHERE url = ?', url).changes > 0),
  };
}

function readSummary(row: Row): HeldCrlSummary {
  const crlNumber = optional(row, 'crl_number', text);
  return present({
    identity: text(row, 'identity'),
    issuer: octets(row, 'issuer'),
    thisUpdate: time(row, 'this_update'),
    nextUpdate: optional(row, 'next_update', time),
    crlNumber: crlNumber === undefined ? undefined : BigInt(crlNumber),
    fetchedAt: time(row, 'fetched_at'),
    octets: integer(row, 'octets'),
  });
}

function readSource(row: Row): CrlSource {
  return present({
    url: text(row, 'url'),
    origin: oneOf(row, 'origin', ['configured', 'certificate']),
    identity: optional(row, 'identity', text),
    fetchedAt: optional(row, 'fetched_at', time),
    nextAt: optional(row, 'next_at', time),
    failures: integer(row, 'failures'),
    code: optional(row, 'code', text),
    error: optional(row, 'error', text),
    form: optional(row, 'form', (of, column) => oneOf(of, column, ['der', 'pem'])),
    etag: optional(row, 'etag', text),
    lastModified: optional(row, 'last_modified', text),
  });
}
