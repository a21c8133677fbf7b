import { utf8 } from '../base/bytes.ts';
import type { CaProfile, PbmSettings } from '../settings/ca-profile.ts';
import { jsonObject, label, octets, optional } from './column.ts';
import type { Database } from './database.ts';
import type { Sealer } from './sealer.ts';
import type { Row, Sql } from './sql.ts';
import type { Authorities } from './store.ts';

/** CA profiles in SQLite: certificates in rows of their own, the plain settings as one JSON text. */
export function sqliteAuthorities(database: Database, unlock: () => Promise<Sealer>): Authorities {
  return {
    async put(profile, secret) {
      const sealer = secret instanceof Uint8Array ? await unlock() : undefined;
      await database.write((sql) => {
        writeProfile(sql, profile);
        if (secret === undefined) return;
        const sealed =
          secret === null
            ? null
            : sealer?.seal(sql, 'authorities.secret', utf8(profile.label), secret);
        sql.run('UPDATE authorities SET secret = ? WHERE label = ?', sealed, profile.label);
      });
    },
    get: (wanted) =>
      database.read((sql) => {
        const row = sql.get('SELECT * FROM authorities WHERE label = ?', wanted);
        return row === undefined ? undefined : readProfile(sql, row);
      }),
    list: () =>
      database.read((sql) =>
        sql.all('SELECT * FROM authorities ORDER BY label').map((row) => readProfile(sql, row)),
      ),
    remove: (wanted) =>
      database.write(
        (sql) => sql.run('DELETE FROM authorities WHERE label = ?', wanted).changes > 0,
      ),
    async secret(wanted) {
      const sealed = await database.read((sql) => {
        const row = sql.get('SELECT secret FROM authorities WHERE label = ?', wanted);
        return row === undefined ? undefined : optional(row, 'secret', octets);
      });
      if (sealed === undefined) return undefined;
      const sealer = await unlock();
      return database.read((sql) => sealer.open(sql, 'authorities.secret', utf8(wanted), sealed));
    },
  };
}

/** What JSON can hold of a profile: a new field that is octets does not compile into it. */
type PlainSettings = Readonly<Record<string, string | number | boolean | PbmSettings>>;

function writeProfile(sql: Sql, profile: CaProfile): void {
  const { label: name, roots, cmpRoots, serverCertificate, intermediates, ...rest } = profile;
  const plain: PlainSettings = rest;
  sql.run(
    `INSERT INTO authorities (label, settings) VALUES (?, ?)
     ON CONFLICT (label) DO UPDATE SET settings = excluded.settings`,
    name,
    JSON.stringify(plain),
  );
  sql.run('DELETE FROM authority_certificates WHERE label = ?', name);
  const write = (role: string, certificates: readonly Uint8Array[]): void => {
    for (const [position, der] of certificates.entries()) {
      sql.run(
        'INSERT INTO authority_certificates (label, role, position, der) VALUES (?, ?, ?, ?)',
        name,
        role,
        position,
        der,
      );
    }
  };
  write('root', roots);
  write('cmp-root', cmpRoots);
  write('server', serverCertificate === undefined ? [] : [serverCertificate]);
  write('intermediate', intermediates);
}

type StoredSettings = Omit<
  CaProfile,
  'label' | 'roots' | 'cmpRoots' | 'serverCertificate' | 'intermediates' | 'protection'
> &
  Partial<Pick<CaProfile, 'protection'>>;

function readProfile(sql: Sql, row: Row): CaProfile {
  const name = label(row, 'label');
  const read = (role: string): readonly Uint8Array[] =>
    sql
      .all(
        'SELECT der FROM authority_certificates WHERE label = ? AND role = ? ORDER BY position',
        name,
        role,
      )
      .map((each) => octets(each, 'der'));
  const [serverCertificate] = read('server');
  const settings = jsonObject(row, 'settings');
  return {
    // Profiles that were stored before there was PBMAC1 do not say.
    protection: 'pbm',
    // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- written by writeProfile
    ...(settings as StoredSettings),
    label: name,
    roots: read('root'),
    cmpRoots: read('cmp-root'),
    ...(serverCertificate === undefined ? {} : { serverCertificate }),
    intermediates: read('intermediate'),
  };
}
