import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openDatabase, type Database } from '../../src/store/database.ts';
import { joinWrites } from '../../src/store/joined-writes.ts';
import { temporaryDirectory } from './sample.ts';

const sql = 'CREATE TABLE notes (note TEXT PRIMARY KEY) STRICT';

async function joined(maxPages?: number): Promise<{ database: Database; commits: () => number }> {
  let commits = 0;
  const opened = await openDatabase({
    path: join(temporaryDirectory(), 'test.db'),
    migrations: [{ version: 1, sql }],
    clock: { sleep: async () => {} },
    onWrite: (count) => (commits = count),
    ...(maxPages !== undefined && { maxPages }),
  });
  onTestFinished(() => opened.close());
  const database = { ...opened, write: joinWrites(opened.write, setImmediate) };
  const atFirst = commits;
  return { database, commits: () => commits - atFirst };
}

async function note(database: Database, text: string): Promise<number> {
  return database.write((each) => each.run('INSERT INTO notes VALUES (?)', text).changes);
}

async function notes(database: Database): Promise<readonly unknown[]> {
  return database.read((each) => each.all('SELECT note FROM notes ORDER BY note'));
}

describe('writes that are asked for at the same time', () => {
  it('are one commit, and each has its own result', async () => {
    const { database, commits } = await joined();
    const results = await Promise.all([
      note(database, 'a'),
      note(database, 'b'),
      database.write((each) => each.all('SELECT note FROM notes ORDER BY note').length),
    ]);
    expect(results).toStrictEqual([1, 1, 2]);
    expect(commits()).toBe(1);
  });

  it('are as good as done by themselves when one of them fails', async () => {
    const { database } = await joined();
    await note(database, 'taken');
    const results = await Promise.allSettled([
      note(database, 'a'),
      note(database, 'taken'),
      note(database, 'b'),
    ]);
    expect(results.map(({ status }) => status)).toStrictEqual([
      'fulfilled',
      'rejected',
      'fulfilled',
    ]);
    expect(await notes(database)).toStrictEqual([{ note: 'a' }, { note: 'b' }, { note: 'taken' }]);
  });

  it('are not over before they are committed', async () => {
    const { database, commits } = await joined();
    const seen = await Promise.all(
      ['a', 'b'].map(async (text) => {
        await note(database, text);
        return commits();
      }),
    );
    expect(seen).toStrictEqual([1, 1]);
  });

  it('undo what work did that would outlive its transaction', async () => {
    const { database } = await joined();
    const results = await Promise.allSettled([
      note(database, 'a'),
      database.write(async (each) => each.run('INSERT INTO notes VALUES (?)', 'early')),
    ]);
    expect(results.map(({ status }) => status)).toStrictEqual(['fulfilled', 'rejected']);
    expect(await notes(database)).toStrictEqual([{ note: 'a' }]);
  });
});

describe('a write that nobody else joins', () => {
  it('is a commit of its own', async () => {
    const { database, commits } = await joined();
    await note(database, 'a');
    await note(database, 'b');
    expect(commits()).toBe(2);
  });

  it('are each done by itself after one that goes on where SQLite itself has rolled back', async () => {
    const { database } = await joined(8);
    const results = await Promise.allSettled([
      note(database, 'a'),
      database.write((each) => {
        try {
          each.run('INSERT INTO notes VALUES (?)', 'x'.repeat(200_000));
        } catch {
          // The disk is full, and nobody is told.
        }
      }),
      database.write((each) => {
        each.run('INSERT INTO notes VALUES (?)', 'early');
        throw new Error('thought better of it');
      }),
      note(database, 'b'),
    ]);
    expect(results.map(({ status }) => status)).toStrictEqual([
      'fulfilled',
      'rejected',
      'rejected',
      'fulfilled',
    ]);
    expect(await notes(database)).toStrictEqual([{ note: 'a' }, { note: 'b' }]);
  });
});
