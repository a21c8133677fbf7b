import { integer, jsonObject, label, octets, optional, present, text, time } from './column.ts';
import type { Database } from './database.ts';
import type { Row } from './sql.ts';
import type {
  HeldStaple,
  KeptStaple,
  PublishedStaple,
  SeenStaple,
  StapleEndpoint,
  StapleEndpointRecord,
  Staples,
} from './staples-contract.ts';
import { storedText } from './stored-text.ts';

/** Staples and their endpoints in SQLite. */
export function sqliteStaples(database: Database): Staples {
  return {
    get: (certificate) =>
      database.read((sql) => {
        const row = sql.get('SELECT * FROM staples WHERE certificate = ?', certificate);
        return row && readStaple(row);
      }),
    list: () =>
      database.read((sql) =>
        sql.all('SELECT * FROM staples ORDER BY name, certificate').map(readStaple),
      ),
    overview: (limit) =>
      database.read((sql) =>
        sql
          .all(
            `SELECT certificate, name, next_at, failures, code, this_update, next_update, until, revoked_at
               FROM staples ORDER BY name, certificate LIMIT ?`,
            limit,
          )
          .map((row) =>
            present({
              certificate: text(row, 'certificate'),
              name: label(row, 'name'),
              nextAt: time(row, 'next_at'),
              failures: integer(row, 'failures'),
              code: optional(row, 'code', text),
              thisUpdate: optional(row, 'this_update', time),
              nextUpdate: optional(row, 'next_update', time),
              until: optional(row, 'until', time),
              isRevoked: row['revoked_at'] !== null,
            }),
          ),
      ),
    of: (name) =>
      database.read((sql) =>
        sql.all('SELECT * FROM staples WHERE name = ? ORDER BY certificate', name).map(readStaple),
      ),
    put: (staple) =>
      database.write((sql) => {
        const { held, revoked, error } = staple;
        sql.run(
          `INSERT OR REPLACE INTO staples (certificate, name, der, this_update, next_update, produced_at,
             until, fetched_at, url, etag, fresh_until, next_at, failures, tried_at, code, error,
             retry_after, revoked_at, revoked_reason, revoked_update)
           VALUES (@certificate, @name, @der, @thisUpdate, @nextUpdate, @producedAt, @until, @fetchedAt,
             @url, @etag, @freshUntil, @nextAt, @failures, @triedAt, @code, @error, @retryAfter,
             @revokedAt, @revokedReason, @revokedUpdate)`,
          {
            certificate: staple.certificate,
            name: staple.name,
            der: held?.der,
            thisUpdate: held?.thisUpdate,
            nextUpdate: held?.nextUpdate,
            producedAt: held?.producedAt,
            until: held?.until,
            fetchedAt: held?.fetchedAt,
            url: held?.url,
            etag: held?.etag,
            freshUntil: held?.freshUntil,
            nextAt: staple.nextAt,
            failures: staple.failures,
            triedAt: staple.triedAt,
            code: staple.code,
            error: error === undefined ? undefined : storedText(error),
            retryAfter: staple.retryAfter,
            revokedAt: revoked?.at,
            revokedReason: revoked?.reason,
            revokedUpdate: revoked?.thisUpdate,
          },
        );
      }),
    keepOnly: (name, certificates) =>
      database.write((sql) => {
        sql.run(
          `DELETE FROM staples WHERE name = ?
             AND certificate NOT IN (SELECT value FROM json_each(?))
             AND certificate NOT IN (
               SELECT published_certificate FROM staple_endpoints
               WHERE name <> ? AND published_certificate IS NOT NULL)`,
          name,
          JSON.stringify(certificates),
          name,
        );
      }),
    endpoints: (name) =>
      database.read((sql) =>
        (name === undefined
          ? sql.all('SELECT * FROM staple_endpoints ORDER BY name, label')
          : sql.all('SELECT * FROM staple_endpoints WHERE name = ? ORDER BY label', name)
        ).map(readEndpoint),
      ),
    putEndpoint: (name, { label: key, ...settings }) =>
      database.write((sql) => {
        sql.run(
          `INSERT OR REPLACE INTO staple_endpoints (name, label, settings, failures)
           VALUES (?, ?, ?, 0)`,
          name,
          key,
          JSON.stringify(settings),
        );
      }),
    removeEndpoint: (name, key) =>
      database.write(
        (sql) =>
          sql.run('DELETE FROM staple_endpoints WHERE name = ? AND label = ?', name, key).changes >
          0,
      ),
    report: (name, key, { published, seen, failures, error, nextAt }) =>
      database.write((sql) => {
        sql.run(
          `UPDATE staple_endpoints SET published_certificate = @certificate, published_staple = @staple,
             published_at = @publishedAt, seen_at = @seenAt, seen_as_published = @isAsPublished,
             seen_text = @seenText, failures = @failures, error = @error, next_at = @nextAt
           WHERE name = @name AND label = @label`,
          {
            name,
            label: key,
            certificate: published?.certificate,
            staple: published?.staple,
            publishedAt: published?.at,
            seenAt: seen?.at,
            isAsPublished: seen?.isAsPublished,
            seenText: seen?.text === undefined ? undefined : storedText(seen.text),
            failures,
            error: error === undefined ? undefined : storedText(error),
            nextAt,
          },
        );
      }),
  };
}

function readStaple(row: Row): KeptStaple {
  return present({
    certificate: text(row, 'certificate'),
    name: label(row, 'name'),
    held: optional(row, 'der', () => readHeld(row)),
    nextAt: time(row, 'next_at'),
    failures: integer(row, 'failures'),
    triedAt: optional(row, 'tried_at', time),
    code: optional(row, 'code', text),
    error: optional(row, 'error', text),
    retryAfter: optional(row, 'retry_after', time),
    revoked: optional(row, 'revoked_at', () => ({
      at: time(row, 'revoked_at'),
      reason: text(row, 'revoked_reason'),
      thisUpdate: time(row, 'revoked_update'),
    })),
  });
}

function readHeld(row: Row): HeldStaple {
  return present({
    der: octets(row, 'der'),
    thisUpdate: time(row, 'this_update'),
    nextUpdate: optional(row, 'next_update', time),
    producedAt: time(row, 'produced_at'),
    until: time(row, 'until'),
    fetchedAt: time(row, 'fetched_at'),
    url: text(row, 'url'),
    etag: optional(row, 'etag', text),
    freshUntil: optional(row, 'fresh_until', time),
  });
}

function readEndpoint(row: Row): StapleEndpointRecord {
  return present({
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- what `putEndpoint` wrote, by its type
    ...(jsonObject(row, 'settings') as Omit<StapleEndpoint, 'label'>),
    name: label(row, 'name'),
    label: label(row, 'label'),
    published: optional(row, 'published_certificate', () => readPublished(row)),
    seen: optional(row, 'seen_at', () => readSeen(row)),
    failures: integer(row, 'failures'),
    error: optional(row, 'error', text),
    nextAt: optional(row, 'next_at', time),
  });
}

function readPublished(row: Row): PublishedStaple {
  return present({
    certificate: text(row, 'published_certificate'),
    staple: optional(row, 'published_staple', text),
    at: time(row, 'published_at'),
  });
}

function readSeen(row: Row): SeenStaple {
  return present({
    at: time(row, 'seen_at'),
    isAsPublished: integer(row, 'seen_as_published') === 1,
    text: optional(row, 'seen_text', text),
  });
}
