import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';

import Sqlite from 'better-sqlite3';
import { describe, expect, it, onTestFinished } from 'vitest';

import { openDatabase, type Database, type DatabaseOptions } from '../../src/store/database.ts';
import type { Migration } from '../../src/store/migration.ts';
import { coded, random, temporaryDirectory } from './sample.ts';

const first: Migration = { version: 1, sql: 'CREATE TABLE notes (note TEXT NOT NULL) STRICT' };
const second: Migration = { version: 2, sql: 'ALTER TABLE notes ADD COLUMN written_at INTEGER' };

describe('openDatabase()', () => {
  it('writes every commit to the disk, in WAL mode, with foreign keys checked', async () => {
    const path = temporaryPath();
    const database = await opened({ path });
    const pragmas = await database.read((sql) => [
      sql.get('PRAGMA journal_mode'),
      sql.get('PRAGMA synchronous'),
      sql.get('PRAGMA foreign_keys'),
    ]);
    expect(pragmas).toStrictEqual([
      { journal_mode: 'wal' },
      { synchronous: 2 },
      { foreign_keys: 1 },
    ]);
  });

  it('refuses a database of a newer schema and leaves it as it is', async () => {
    const path = temporaryPath();
    const database = await opened({ path, migrations: [first, second] });
    await database.close();
    const before = readFileSync(path);

    await expect(opened({ path, migrations: [first] })).rejects.toMatchObject({
      ...coded('STORE_NEWER'),
      message: `Cannot open "${path}": its schema is version 2, this certkeeper knows up to 1`,
    });
    expect(readFileSync(path).equals(before)).toBe(true);
  });

  it('migrates in one transaction, after a private copy of what was there', async () => {
    const path = temporaryPath();
    const old = await opened({ path });
    await old.write((sql) => sql.run('INSERT INTO notes VALUES (?)', 'kept'));
    await old.close();

    const counts: number[] = [];
    const database = await opened({
      path,
      migrations: [first, second],
      onWrite: (count) => counts.push(count),
    });
    expect(counts).toStrictEqual([1]);
    expect(await database.read((sql) => sql.all('SELECT * FROM notes'))).toStrictEqual([
      { note: 'kept', written_at: null },
    ]);
    const copy = new Sqlite(`${path}.v1`, { readonly: true });
    expect(copy.pragma('user_version', { simple: true })).toBe(1);
    expect(copy.prepare('SELECT * FROM notes').all()).toStrictEqual([{ note: 'kept' }]);
    copy.close();
    expect(statSync(`${path}.v1`).mode & 0o777).toBe(0o600);
  });

  it('makes a new database by the whole schema in one write, without a copy', async () => {
    const path = temporaryPath();
    const counts: number[] = [];
    const migrations = [first, second];
    const database = await opened({ path, migrations, onWrite: (count) => counts.push(count) });

    expect(counts).toStrictEqual([1]);
    expect(await database.read((sql) => sql.get('PRAGMA user_version'))).toStrictEqual({
      user_version: 2,
    });
    expect(readdirSync(join(path, '..')).filter((name) => name.includes('.v'))).toStrictEqual([]);
  });

  it('leaves the old schema in force when a migration fails half-way', async () => {
    const path = temporaryPath();
    await (await opened({ path })).close();
    const broken = { version: 2, sql: `${second.sql}; INSERT INTO nowhere VALUES (1)` };

    await expect(opened({ path, migrations: [first, broken] })).rejects.toThrow('nowhere');
    const database = await opened({ path });
    expect(await database.read((sql) => sql.get('PRAGMA user_version'))).toStrictEqual({
      user_version: 1,
    });
    await expect(database.read((sql) => sql.all('SELECT written_at FROM notes'))).rejects.toThrow(
      'written_at',
    );
  });

  it('migrates once when two come at the same time', async () => {
    const path = temporaryPath();
    await (await opened({ path })).close();
    const migrations = [first, second];

    const both = await Promise.all([opened({ path, migrations }), opened({ path, migrations })]);
    for (const database of both) {
      expect(await database.read((sql) => sql.get('PRAGMA user_version'))).toStrictEqual({
        user_version: 2,
      });
    }
    expect(readdirSync(join(path, '..')).filter((name) => name.includes('.v'))).toStrictEqual([
      'test.db.v1',
    ]);
  });

  it('refuses a database that is of something else', async () => {
    const path = temporaryPath();
    const other = new Sqlite(path);
    other.exec('CREATE TABLE photographs (title TEXT)');
    other.close();

    await expect(opened({ path })).rejects.toMatchObject(coded('STORE_CORRUPT'));
  });

  it('refuses a file that is no database, and leaves it as it is', async () => {
    const path = temporaryPath();
    const junk = random.bytes(9000);
    writeFileSync(path, junk);

    await expect(opened({ path })).rejects.toMatchObject({
      ...coded('STORE_CORRUPT'),
      message: expect.stringContaining(path),
      hint: expect.stringContaining('backup'),
    });
    expect(readFileSync(path).equals(junk)).toBe(true);
  });

  it('says that a database is damaged when it has lost its end', async () => {
    const path = temporaryPath();
    const database = await opened({ path });
    await database.write((sql) => {
      for (let i = 0; i < 100; i++) sql.run('INSERT INTO notes VALUES (?)', 'x'.repeat(2000));
    });
    await database.close();
    truncateSync(path, 5000);

    const use = opened({ path }).then((damaged) =>
      damaged.read((sql) => sql.all('SELECT * FROM notes')),
    );
    await expect(use).rejects.toMatchObject(coded('STORE_CORRUPT'));
  });

  it('says that a folder stands where the file should be', async () => {
    const path = temporaryPath();
    mkdirSync(path);
    await expect(opened({ path })).rejects.toMatchObject(coded('STORE_UNWRITABLE'));
  });

  it('says that nothing can be written', async () => {
    const database = await opened({ path: temporaryPath() });
    await database.read((sql) => sql.run('PRAGMA query_only = ON'));

    await expect(note(database, 'x')).rejects.toMatchObject(coded('STORE_UNWRITABLE'));
  });

  it('refuses work that would outlive its transaction, and undoes what it did', async () => {
    const database = await opened({ path: temporaryPath() });
    const work = database.write(async (sql) => sql.run('INSERT INTO notes VALUES (?)', 'early'));

    await expect(work).rejects.toThrow('cannot return a promise');
    expect(await notes(database)).toStrictEqual([]);
  });
});

describe('a database that another process has locked', () => {
  it('is tried again until the lock is gone', async () => {
    const path = temporaryPath();
    const release = await lockedByAnotherProcess(path);
    let pauses = 0;
    const database = await opened({
      path,
      clock: {
        async sleep() {
          pauses++;
          if (pauses === 3) await release();
        },
      },
    });

    await note(database, 'patient');
    expect(pauses).toBe(3);
    expect(await notes(database)).toStrictEqual([{ note: 'patient' }]);
  });

  it('is given up after twenty tries, and can still be read', async () => {
    const path = temporaryPath();
    await lockedByAnotherProcess(path);
    let paused = 0;
    const clock = {
      async sleep(ms: number) {
        paused += ms;
      },
    };
    const database = await opened({ path, clock });

    await expect(note(database, 'late')).rejects.toMatchObject({
      ...coded('STORE_LOCKED'),
      message: expect.stringContaining(path),
    });
    expect(paused).toBe(19 * 50);
    expect(await notes(database)).toStrictEqual([]);
  });
});

function temporaryPath(): string {
  return join(temporaryDirectory(), 'test.db');
}

async function opened(options: Partial<DatabaseOptions> & { path: string }): Promise<Database> {
  const clock = { sleep: async () => {} };
  const database = await openDatabase({
    migrations: [first],
    clock,
    busyTimeoutMs: 1,
    ...options,
  });
  onTestFinished(() => database.close());
  return database;
}

async function note(database: Database, text: string): Promise<unknown> {
  return database.write((sql) => sql.run('INSERT INTO notes (note) VALUES (?)', text));
}

async function notes(database: Database): Promise<unknown> {
  return database.read((sql) => sql.all('SELECT note FROM notes'));
}

/** Make a database, and let another process hold its write lock until it is told to let go. */
async function lockedByAnotherProcess(path: string): Promise<() => Promise<void>> {
  await (await opened({ path })).close();
  const script = `
    const connection = new (require('better-sqlite3'))(${JSON.stringify(path)});
    connection.exec('BEGIN IMMEDIATE');
    console.log('locked');
    process.stdin.on('end', () => connection.exec('ROLLBACK')).resume();`;
  const other = spawn(process.execPath, ['-e', script], { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(() => {
    other.kill();
  });
  await once(other.stdout, 'data');
  return async () => {
    other.stdin.end();
    await once(other, 'exit');
  };
}
