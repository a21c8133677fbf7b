import { CertError } from '../base/errors.ts';
import type { Label } from '../base/label.ts';
import { integer, label, octets, oneOf, optional, present, text, time } from './column.ts';
import type { Database } from './database.ts';
import { recordEvents } from './history.ts';
import { dropKey, insertKey } from './keys.ts';
import { putNameSetting } from './name-settings.ts';
import { notAfterOf } from './not-after.ts';
import { dropCertificate, pruneVersions } from './pruning.ts';
import type { Sealer } from './sealer.ts';
import type { Row, Sql, SqlValue } from './sql.ts';
import type { CertificateRecord, Certificates, ListedCertificate } from './store.ts';
import type { TransactionOutcome } from './records-contract.ts';
import { storedText } from './stored-text.ts';

/** Certificates with their versions in SQLite. */
export function sqliteCertificates(
  database: Database,
  unlock: () => Promise<Sealer>,
): Certificates {
  const select = (where: string, ...values: readonly SqlValue[]) =>
    database.read((sql) =>
      sql
        .all(`SELECT * FROM certificates WHERE ${where}`, ...values)
        .map((row) => readRecord(sql, row)),
    );
  return {
    current: async (name) => (await select("name = ? AND status = 'current'", name))[0],
    // Nearly always the first, which an index finds by itself.
    latest: async (name) =>
      (await select("name = ? AND status = 'current'", name))[0] ??
      (await select(`name = ? AND ${isLatest} ORDER BY id DESC`, name))[0],
    get: async (id) => (await select('id = ?', id))[0],
    list: (filter) =>
      filter?.all === true
        ? select('true ORDER BY name, id DESC')
        : select(`${isLatest} ORDER BY name`),
    page: (after, limit) => database.read((sql) => readPage(sql, after, limit)),
    names: () =>
      database.read((sql) =>
        sql
          .all('SELECT DISTINCT name FROM certificates ORDER BY name')
          .map((row) => label(row, 'name')),
      ),
    expiring: (limit, after) =>
      select(
        "status = 'current' AND not_after > ? ORDER BY not_after LIMIT ?",
        after ?? Number.MIN_SAFE_INTEGER,
        limit,
      ),
    versions: (name) => select('name = ? ORDER BY id DESC', name),
    // Two texts: no index serves "this name, or any". All that was imported is undelivered, so those who begin
    // with the deployments look at a few rows, and others at each of them.
    pendingDelivery: (name) =>
      name === undefined
        ? select(
            `id IN (SELECT id FROM certificates WHERE ${isUndelivered} AND source IN ('cmp', 'fetch')
               UNION ALL SELECT c.id FROM (SELECT DISTINCT name FROM deployments) AS deployed
                 CROSS JOIN certificates AS c ON c.name = deployed.name
                   AND ${isUndelivered} AND source = 'import') ORDER BY id`,
          )
        : select(
            `name = ? AND ${isUndelivered} AND (source IN ('cmp', 'fetch') OR (source = 'import'
               AND EXISTS (SELECT 1 FROM deployments WHERE deployments.name = certificates.name)))`,
            name,
          ),
    markDelivered: (id, directory, at, events) =>
      database.write((sql) => {
        sql.run(
          `UPDATE certificates SET delivered_at = ?, directory = ?, delivery_error = NULL,
           failed_at = NULL WHERE id = ?`,
          at,
          directory,
          id,
        );
        recordEvents(sql, events);
      }),
    deliveryFailed: (id, reason, at, events) =>
      database.write((sql) => {
        sql.run(
          'UPDATE certificates SET delivery_error = ?, failed_at = ? WHERE id = ?',
          storedText(reason),
          at,
          id,
        );
        recordEvents(sql, events);
      }),
    restore: (id) =>
      database.write((sql) => {
        const row = sql.get(
          "SELECT * FROM certificates WHERE id = ? AND status = 'superseded'",
          id,
        );
        if (row === undefined) {
          throw changed('restore');
        }
        supersedeCurrent(sql, label(row, 'name'));
        sql.run(
          `UPDATE certificates SET status = 'current', delivered_at = NULL, delivery_error = NULL,
           failed_at = NULL WHERE id = ?`,
          id,
        );
        return readRecord(sql, sql.get('SELECT * FROM certificates WHERE id = ?', id) ?? {});
      }),
    async import(certificate) {
      const { key, at, settings = [], ...rest } = certificate;
      const sealer = key !== undefined && 'spki' in key ? await unlock() : undefined;
      return database.write((sql) => {
        const keyId =
          key === undefined
            ? undefined
            : 'spki' in key
              ? sealer && insertKey(sql, sealer, key, at)
              : key.id;
        const id = stageCertificate(sql, { ...rest, createdAt: at, keyId });
        const current = activateCertificate(sql, id, rest.name);
        if (keyId !== undefined) sql.run('DELETE FROM key_requests WHERE key_id = ?', keyId);
        for (const [setting, value] of settings) putNameSetting(sql, rest.name, setting, value);
        pruneVersions(sql, rest.name);
        return current;
      });
    },
    move: (id, ca) =>
      database.write((sql) => {
        const { changes } = sql.run(
          "UPDATE certificates SET ca = ?, url = NULL WHERE id = ? AND status = 'current'",
          ca,
          id,
        );
        if (changes === 0) throw changed('move');
        return readRecord(sql, sql.get('SELECT * FROM certificates WHERE id = ?', id) ?? {});
      }),
    remove: (name) => database.write((sql) => removeName(sql, name)),
  };
}

function changed(what: 'move' | 'restore'): CertError {
  return new CertError('STORE_CONFLICT', `Cannot ${what} a certificate: it has changed`, {
    hint: 'See "certkeeper show cert full NAME"',
  });
}

function removeName(sql: Sql, name: string): number {
  const rows = sql.all('SELECT id, key_id FROM certificates WHERE name = ?', name);
  const outstanding = sql.get(
    `SELECT name FROM transactions WHERE name = @name
       OR previous_certificate_id IN (SELECT id FROM certificates WHERE name = @name)
       OR credential_certificate_id IN (SELECT id FROM certificates WHERE name = @name)`,
    { name },
  );
  if (outstanding !== undefined) {
    const other = text(outstanding, 'name');
    throw new CertError(
      'STORE_CONFLICT',
      `Cannot remove "${name}": the request for "${other}" is outstanding`,
      { hint: `Let it end, or give it up with "certkeeper clear cmp cert-name ${other}"` },
    );
  }
  for (const row of rows)
    dropCertificate(sql, integer(row, 'id'), optional(row, 'key_id', integer));
  const request = sql.get('SELECT key_id FROM key_requests WHERE name = ?', name);
  for (const table of tablesByName) sql.run(`DELETE FROM ${table} WHERE name = ?`, name);
  if (request !== undefined) dropKey(sql, integer(request, 'key_id'));
  return rows.length;
}

const tablesByName = [
  'deployments',
  'hooks',
  'hook_runs',
  'name_settings',
  'key_requests',
  'failing',
  'staples',
  'staple_endpoints',
] as const;

const isUndelivered = "status = 'current' AND delivered_at IS NULL";

const isLatest = `(status = 'current' OR certificates.id = (
  SELECT max(id) FROM certificates AS other WHERE other.name = certificates.name
    AND status = 'revoked' AND version > 0 AND NOT EXISTS (
      SELECT 1 FROM certificates AS now WHERE now.name = other.name AND now.status = 'current')))`;

function readPage(sql: Sql, after: string, limit: number): readonly ListedCertificate[] {
  return sql
    .all(
      `SELECT certificates.id, name, status, source, key_id, der, token_uri FROM certificates
         LEFT JOIN keys ON keys.id = certificates.key_id
       WHERE name > ? AND ${isLatest} ORDER BY name LIMIT ?`,
      after,
      limit,
    )
    .map((row) =>
      present({
        id: integer(row, 'id'),
        name: label(row, 'name'),
        status: oneOf(row, 'status', statuses),
        source: oneOf(row, 'source', sources),
        keyId: optional(row, 'key_id', integer),
        tokenUri: optional(row, 'token_uri', text),
        der: octets(row, 'der'),
      }),
    );
}

/** Store a certificate that is not in effect yet, and give its id. */
export function stageCertificate(
  sql: Sql,
  certificate: Pick<CertificateRecord, 'name' | 'der' | 'chain' | 'source' | 'createdAt'> & {
    readonly ca?: string | undefined;
    readonly url?: string | undefined;
    readonly keyId: number | undefined;
  },
): number {
  const { id } = sql.run(
    `INSERT INTO certificates (name, version, status, ca, url, key_id, der, source, created_at, not_after)
     VALUES (@name, 0, 'staged', @ca, @url, @keyId, @der, @source, @createdAt, @notAfter)`,
    {
      name: certificate.name,
      ca: certificate.ca,
      url: certificate.url,
      keyId: certificate.keyId,
      der: certificate.der,
      source: certificate.source,
      createdAt: certificate.createdAt,
      notAfter: notAfterOf(certificate.der),
    },
  );
  writeChain(sql, id, certificate.chain);
  return id;
}

/** Put another certificate in the place of a staged one. */
export function restageCertificate(
  sql: Sql,
  id: number,
  certificate: Pick<CertificateRecord, 'der' | 'chain'> & { readonly keyId: number | undefined },
): void {
  const { der, keyId } = certificate;
  sql.run(
    'UPDATE certificates SET der = ?, key_id = ?, not_after = ? WHERE id = ?',
    der,
    keyId,
    notAfterOf(der),
    id,
  );
  sql.run('DELETE FROM certificate_chains WHERE certificate_id = ?', id);
  writeChain(sql, id, certificate.chain);
}

/** Make a staged certificate the current one of its name, under the next version number. */
export function activateCertificate(sql: Sql, id: number, name: Label): CertificateRecord {
  supersedeCurrent(sql, name);
  sql.run(
    `UPDATE certificates SET status = 'current',
     version = (SELECT max(version) + 1 FROM certificates WHERE name = @name) WHERE id = @id`,
    { id, name },
  );
  return readRecord(sql, sql.get('SELECT * FROM certificates WHERE id = ?', id) ?? {});
}

function supersedeCurrent(sql: Sql, name: Label): void {
  sql.run(
    "UPDATE certificates SET status = 'superseded' WHERE name = ? AND status = 'current'",
    name,
  );
}

/** Keep a staged certificate that is not to take effect, as what became of it. */
export function setAsideCertificate(
  sql: Sql,
  id: number,
  outcome: Exclude<TransactionOutcome['type'], 'granted' | 'revoked'>,
): void {
  const status = outcome === 'refused' ? 'refused' : 'unconfirmed';
  sql.run('UPDATE certificates SET status = ? WHERE id = ?', status, id);
}

/** Mark a certificate as revoked, whatever it was; what was said of it first stays said. */
export function markRevoked(sql: Sql, id: number, reason: string | undefined, at: Date): void {
  sql.run(
    `UPDATE certificates SET status = 'revoked', revoked_at = coalesce(revoked_at, ?),
     revocation_reason = coalesce(revocation_reason, ?) WHERE id = ?`,
    at,
    reason,
    id,
  );
}

function writeChain(sql: Sql, id: number, chain: readonly Uint8Array[]): void {
  for (const [position, der] of chain.entries()) {
    sql.run(
      'INSERT INTO certificate_chains (certificate_id, position, der) VALUES (?, ?, ?)',
      id,
      position,
      der,
    );
  }
}

const statuses = ['staged', 'current', 'superseded', 'revoked', 'refused', 'unconfirmed'] as const;
const sources = ['cmp', 'import', 'fetch', 'track'] as const;

function readRecord(sql: Sql, row: Row): CertificateRecord {
  const id = integer(row, 'id');
  const chain = sql
    .all('SELECT der FROM certificate_chains WHERE certificate_id = ? ORDER BY position', id)
    .map((each) => octets(each, 'der'));
  return present({
    id,
    name: label(row, 'name'),
    version: integer(row, 'version'),
    status: oneOf(row, 'status', statuses),
    ca: optional(row, 'ca', label),
    url: optional(row, 'url', text),
    keyId: optional(row, 'key_id', integer),
    der: octets(row, 'der'),
    chain,
    source: oneOf(row, 'source', sources),
    createdAt: time(row, 'created_at'),
    deliveredAt: optional(row, 'delivered_at', time),
    directory: optional(row, 'directory', text),
    deliveryError: optional(row, 'delivery_error', text),
    revokedAt: optional(row, 'revoked_at', time),
    revocationReason: optional(row, 'revocation_reason', text),
  });
}
