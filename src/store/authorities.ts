import { bytesEqual, utf8 } from '../base/bytes.ts';
import type { CaProfile, PbmSettings, ProxySettings } from '../settings/ca-profile.ts';
import { caProfile } from '../settings/ca-profile-defaults.ts';
import { jsonObject, label, octets, optional } from './column.ts';
import type { Authorities } from './authorities-contract.ts';
import { forgetCrls } from './crls.ts';
import { restartAnchors } from './deployments.ts';
import type { Database } from './database.ts';
import { restartPeersOfCa } from './ipsec-restart.ts';
import type { Sealer } from './sealer.ts';
import type { Row, Sql } from './sql.ts';

/** CA profiles in SQLite: certificates in rows of their own, the plain settings as one JSON text. */
export function sqliteAuthorities(database: Database, unlock: () => Promise<Sealer>): Authorities {
  const openSecret = async (
    column: SecretColumn,
    wanted: string,
  ): Promise<Uint8Array | undefined> => {
    const sealed = await database.read((sql) => {
      const row = sql.get('SELECT * FROM authorities WHERE label = ?', wanted);
      return row && optional(row, column, octets);
    });
    if (sealed === undefined) return undefined;
    const sealer = await unlock();
    return database.read((sql) => sealer.open(sql, `authorities.${column}`, utf8(wanted), sealed));
  };
  return {
    async put(profile, secret, proxyPassword) {
      const isSealed = secret instanceof Uint8Array || proxyPassword instanceof Uint8Array;
      const sealer = isSealed ? await unlock() : undefined;
      await database.write((sql) => {
        forgetSaid(sql, profile);
        writeProfile(sql, profile);
        const write = (column: SecretColumn, clear: Uint8Array | null | undefined): void => {
          if (clear === undefined) return;
          const identity = utf8(profile.label);
          const sealed = clear && sealer?.seal(sql, `authorities.${column}`, identity, clear);
          sql.run(`UPDATE authorities SET ${column} = ? WHERE label = ?`, sealed, profile.label);
        };
        write('secret', secret);
        write('proxy_password', proxyPassword);
      });
    },
    get: (wanted) => database.read((sql) => find(sql, wanted)),
    list: () =>
      database.read((sql) =>
        sql.all('SELECT * FROM authorities ORDER BY label').map((row) => readProfile(sql, row)),
      ),
    remove: (wanted) =>
      database.write((sql) => {
        forgetCrls(sql, wanted);
        return sql.run('DELETE FROM authorities WHERE label = ?', wanted).changes > 0;
      }),
    kept: (wanted) =>
      database.read((sql) => {
        const row = sql.get('SELECT * FROM authorities WHERE label = ?', wanted);
        const has = (column: SecretColumn | 'request_template'): boolean =>
          row !== undefined && optional(row, column, octets) !== undefined;
        return (
          row && {
            secret: has('secret'),
            proxyPassword: has('proxy_password'),
            requestTemplate: has('request_template'),
          }
        );
      }),
    secret: (wanted) => openSecret('secret', wanted),
    proxyPassword: (wanted) => openSecret('proxy_password', wanted),

    async addRoot(wanted, der) {
      const look = (sql: Sql): readonly Uint8Array[] | 'known' | 'untrusted' => {
        const profile = find(sql, wanted);
        if (profile === undefined) return 'untrusted';
        const { roots, trustCapubs, trustFirstUse } = profile;
        if (includes(roots, der)) return 'known';
        // C7: first use is over with the first root.
        return trustCapubs || (trustFirstUse && roots.length === 0) ? roots : 'untrusted';
      };
      // Every certificate has an anchor, and nearly always it is one we know: no write for that.
      const seen = await database.read(look);
      if (typeof seen === 'string') return seen;
      return database.write((sql) => {
        const roots = look(sql);
        if (typeof roots === 'string') return roots;
        writeRoots(sql, wanted, [...roots, der]);
        return 'added';
      });
    },
    replaceRoots: (wanted, { add, remove = [] }) =>
      database.write((sql) => {
        const profile = find(sql, wanted);
        if (profile === undefined) return undefined;
        const roots = profile.roots.filter((root) => !includes(remove, root));
        for (const der of add) if (!includes(roots, der)) roots.push(der);
        writeRoots(sql, wanted, roots);
        return find(sql, wanted);
      }),

    requestTemplate: (wanted) =>
      database.read((sql) => {
        const row = sql.get('SELECT request_template FROM authorities WHERE label = ?', wanted);
        return row && optional(row, 'request_template', octets);
      }),
    putRequestTemplate: (wanted, der) =>
      database.write(
        (sql) =>
          sql.run('UPDATE authorities SET request_template = ? WHERE label = ?', der, wanted)
            .changes > 0,
      ),
  };
}

/** The columns of `authorities` that are sealed. */
type SecretColumn = 'secret' | 'proxy_password';

function find(sql: Sql, wanted: string): CaProfile | undefined {
  const row = sql.get('SELECT * FROM authorities WHERE label = ?', wanted);
  return row && readProfile(sql, row);
}

function includes(certificates: readonly Uint8Array[], der: Uint8Array): boolean {
  return certificates.some((each) => bytesEqual(each, der));
}

/** What JSON can hold of a profile: a new field that is octets does not compile into it. */
type PlainSettings = Readonly<
  Record<string, string | number | boolean | PbmSettings | ProxySettings>
>;

function writeProfile(sql: Sql, profile: CaProfile): void {
  const {
    label: name,
    roots,
    cmpRoots,
    serverCertificate,
    intermediates,
    tlsRoots,
    ...rest
  } = profile;
  const plain: PlainSettings = rest;
  sql.run(
    `INSERT INTO authorities (label, settings) VALUES (?, ?)
     ON CONFLICT (label) DO UPDATE SET settings = excluded.settings`,
    name,
    JSON.stringify(plain),
  );
  const write = (role: string, certificates: readonly Uint8Array[]): void =>
    writeCertificates(sql, name, role, certificates);
  writeRoots(sql, name, roots);
  write('cmp-root', cmpRoots);
  write('server', serverCertificate === undefined ? [] : [serverCertificate]);
  write('intermediate', intermediates);
  write('tls-root', tlsRoots);
}

/** Write the anchors; where they are delivered, those that were there are not the right ones any more. */
function writeRoots(sql: Sql, name: string, roots: readonly Uint8Array[]): void {
  const before = readCertificates(sql, name, 'root');
  writeCertificates(sql, name, 'root', roots);
  const isSame =
    before.length === roots.length && before.every((each, i) => bytesEqual(each, roots[i] ?? each));
  if (isSame) return;
  restartAnchors(sql, name);
  restartPeersOfCa(sql, name);
}

function readCertificates(sql: Sql, name: string, role: string): readonly Uint8Array[] {
  return sql
    .all(
      'SELECT der FROM authority_certificates WHERE label = ? AND role = ? ORDER BY position',
      name,
      role,
    )
    .map((each) => octets(each, 'der'));
}

function writeCertificates(
  sql: Sql,
  name: string,
  role: string,
  certificates: readonly Uint8Array[],
): void {
  sql.run('DELETE FROM authority_certificates WHERE label = ? AND role = ?', name, role);
  for (const [position, der] of certificates.entries()) {
    sql.run(
      'INSERT INTO authority_certificates (label, role, position, der) VALUES (?, ?, ?, ?)',
      name,
      role,
      position,
      der,
    );
  }
}

/** What the CA of the profile before said is not the word of another one: below other anchors it is forgotten. */
function forgetSaid(sql: Sql, { label: wanted, roots }: CaProfile): void {
  const before = find(sql, wanted);
  if (before === undefined || before.roots.every((root) => includes(roots, root))) return;
  sql.run('UPDATE authorities SET request_template = NULL WHERE label = ?', wanted);
  forgetCrls(sql, wanted);
}

type StoredSettings = Pick<CaProfile, 'url'> & Partial<CaProfile>;

function readProfile(sql: Sql, row: Row): CaProfile {
  const name = label(row, 'label');
  const read = (role: string): readonly Uint8Array[] => readCertificates(sql, name, role);
  const [serverCertificate] = read('server');
  const settings = jsonObject(row, 'settings');
  // What an older version stored says nothing of newer settings: they hold as they would for a new profile.
  return caProfile({
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by writeProfile
    ...(settings as StoredSettings),
    label: name,
    roots: read('root'),
    cmpRoots: read('cmp-root'),
    ...(serverCertificate === undefined ? {} : { serverCertificate }),
    intermediates: read('intermediate'),
    tlsRoots: read('tls-root'),
  });
}
