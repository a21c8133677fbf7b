import { createHash } from 'node:crypto';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { beforeEach, describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/agent/system-clock.ts';
import { systemRandom } from '../../src/agent/system-random.ts';
import type { ExitCode } from '../../src/base/errors.ts';
import { run } from '../../src/cli/run.ts';
import { createLab, DEFAULT_REFERENCE } from '../../src/ca/lab.ts';
import { fakeIo } from '../cli/fake-io.ts';
import { openHostileServer } from '../http/hostile-server.ts';
import { expectOneError, initialize, makeDesk, type Desk } from './desk.ts';

let desk: Desk;
/** How often anybody was asked for a certificate. */
let asked: () => number;
beforeEach(async () => {
  desk = makeDesk();
  const server = await openHostileServer((socket) => socket.end());
  onTestFinished(() => server.close());
  asked = server.connections;
  await desk.addCa(server.url);
});

function inState(file: string): string {
  return join(desk.state, file);
}

/** Names and contents of all files in the state directory, but for SQLite's own; a database by its rows. */
function filesOf(directory: string): Readonly<Record<string, unknown>> {
  const names = readdirSync(directory).filter((name) => !/-(wal|shm)$/.test(name));
  return Object.fromEntries(names.map((name) => [name, contentOf(directory, name)]));
}

function contentOf(directory: string, name: string): unknown {
  try {
    if (name === 'store.db') return desk.dump();
  } catch {
    // Not a database any more: then its octets count.
  }
  try {
    return createHash('sha256')
      .update(readFileSync(join(directory, name)))
      .digest('hex');
  } catch {
    return 'unreadable';
  }
}

/** Run a command that cannot work with the store as it is, and check that it leaves the files alone. */
async function refused(
  exitCode: ExitCode,
  argv: string | readonly string[] = initialize,
): Promise<string> {
  const before = filesOf(desk.state);
  const outcome = await desk.run(argv);
  expectOneError(outcome, exitCode);
  expect(filesOf(desk.state)).toEqual(before);
  expect(asked()).toBe(0);
  return outcome.err;
}

describe('a database', () => {
  it.each([
    ['no database', () => writeFileSync(inState('store.db'), 'x'.repeat(8192)), 'it is damaged'],
    ['cut off', () => truncateSync(inState('store.db'), 9000), 'it is damaged'],
    ['overwritten in the middle', overwrite, 'it is damaged'],
  ])('that is %s is told, with what to do', async (_what, damage, said) => {
    settle();
    damage();
    const err = await refused(4);
    expect(err).toContain(said);
    expect(err).toContain(JSON.stringify(inState('store.db')));
    expect(err).toContain('hint: Restore a backup: certkeeper store restore FILE');
  });

  it('that is a directory is told', async () => {
    rmSync(inState('store.db'));
    mkdirSync(inState('store.db'));
    expect(await refused(4, 'show cert')).toContain('cannot be written');
  });

  it('of something else is told', async () => {
    for (const suffix of ['', '-wal', '-shm'])
      rmSync(inState(`store.db${suffix}`), { force: true });
    change('CREATE TABLE other (x); PRAGMA journal_mode = WAL');
    expect(await refused(4)).toContain('it is a database of something else');
  });

  it('of a newer certkeeper is told, and not touched', async () => {
    change('PRAGMA user_version = 99');
    const err = await refused(4);
    expect(err).toContain('its schema is version 99');
    expect(err).toContain('hint: Use the certkeeper that wrote it, or a newer one');
  });

  it('that another process keeps locked is told after five seconds', async () => {
    const other = new Sqlite(inState('store.db'));
    onTestFinished(() => void other.close());
    other.exec('BEGIN IMMEDIATE');
    const err = await refused(4);
    expect(err).toContain('another process has kept it locked');
    expect(err).toContain('hint: Try again');
    other.exec('ROLLBACK');
    expect((await desk.run('show cert')).code).toBe(0);
  });

  it.each([
    ['a setting of a CA profile', "UPDATE authorities SET settings = '{'"],
    ['the type of a CA profile', "UPDATE authorities SET settings = '[]'"],
    [
      'the label of a CA profile',
      "PRAGMA foreign_keys = OFF; UPDATE authorities SET label = '../x'",
    ],
    ['a sealed secret', 'UPDATE authorities SET secret = randomblob(64)'],
  ])('in which %s was bent is told', async (_what, sql) => {
    change(sql);
    const outcome = await desk.run(initialize);
    expectOneError(outcome, 4);
    expect(asked()).toBe(0);
  });
});

describe('a store key', () => {
  it('that is gone is missed, and no other is made in its place', async () => {
    renameSync(inState('store.key'), desk.path('store.key'));
    const err = await refused(4);
    expect(err).toContain(JSON.stringify(inState('store.key')));
    expect(existsSync(inState('store.key'))).toBe(false);
    expect((await desk.run('ca show')).code).toBe(0);
    copyFileSync(desk.path('store.key'), inState('store.key'));
    expect((await desk.run(initialize)).code).toBe(5);
  });

  it.each([
    ['another one', Buffer.alloc(32, 7), 'not the one they were sealed with'],
    ['too short', Buffer.alloc(31, 7), 'it has 31 octets, expected 32'],
    ['empty', Buffer.alloc(0), 'it has 0 octets, expected 32'],
  ])('that is %s is told, and not repeated', async (_what, key, said) => {
    writeFileSync(inState('store.key'), key);
    const err = await refused(4);
    expect(err).toContain(said);
    expect(err).not.toContain('0707');
  });

  it('on the command line that is another one is told', async () => {
    const path = desk.write('key.hex', '07'.repeat(32));
    const err = await refused(4, ['--store-key', `file:${path}`, ...initialize]);
    expect(err).toContain('not the one they were sealed with');
  });

  it('on the command line that is not there is told', async () => {
    const err = await refused(3, ['--store-key', 'env:NOT_SET', ...initialize]);
    expect(err).toContain('environment variable "NOT_SET": it is not set');
  });
});

describe('a state directory', () => {
  it('that is a file is told', async () => {
    const other = makeDesk();
    other.write('state', 'x');
    for (const words of ['clear cmp statistics', 'show cert']) {
      expectOneError(await other.run(words), 4);
    }
    expect(readFileSync(other.state, 'utf8')).toBe('x');
  });

  it('below a file is told', async () => {
    const other = makeDesk();
    rmSync(other.directory, { recursive: true });
    writeFileSync(other.directory, 'x');
    const outcome = await other.run('clear cmp statistics');
    expectOneError(outcome, 4);
    expect(outcome.err).toContain(JSON.stringify(other.state));
  });

  it.runIf(process.platform === 'linux')('below /proc is told', async () => {
    const io = fakeIo();
    const code = await run(['--state', '/proc/self/x/y', 'clear', 'cmp', 'statistics'], io);
    expectOneError({ code, out: io.out(), err: io.err() }, 4);
    expect(io.err()).toContain('"/proc/self/x/y"');
  });

  it('that others use for something else is not taken', async () => {
    const other = makeDesk();
    mkdirSync(other.state);
    chmodSync(other.state, 0o755);
    writeFileSync(join(other.state, 'thesis.tex'), 'x');
    const outcome = await other.run('clear cmp statistics');
    expectOneError(outcome, 3);
    expect(outcome.err).toContain('it holds other files');
    expect(readdirSync(other.state)).toEqual(['thesis.tex']);
  });
});

describe('a place for the files', () => {
  it('that cannot be written leaves the certificate in the store; "cmp poll" delivers it', async () => {
    const lab = await createLab({
      directory: desk.path('lab'),
      clock: systemClock,
      random: systemRandom,
    });
    onTestFinished(() => lab.close());
    const listening = await lab.listen(0);
    onTestFinished(() => listening.close());
    const { root } = await lab.writeFiles();
    const secret = new TextDecoder().decode(lab.secrets.get(DEFAULT_REFERENCE));
    const words = ['ca', 'add', 'lab', 'url', listening.url, 'root', root];
    const known = ['reference', DEFAULT_REFERENCE, 'secret', 'env:LAB_SECRET'];
    expect((await desk.run([...words, ...known], { LAB_SECRET: secret })).code).toBe(0);
    const place = desk.path('place');
    expect((await desk.run(['cmp', 'cert-store', 'location', join(place, 'certs')])).code).toBe(0);
    writeFileSync(place, 'in the way');

    const request = initialize.map((word) => (word === 'mock' ? 'lab' : word));
    const failed = await desk.run(request);
    expectOneError(failed, 10);
    expect(failed.err).toContain(`Cannot deliver "gw1" to "${join(place, 'certs')}"`);
    expect(failed.err).toContain('"certkeeper cmp poll current-cert gw1" writes its files');
    expect(desk.dump()['transactions']).toEqual([]);
    expect(desk.dump()['certificates']).toMatchObject([{ name: 'gw1', status: 'current' }]);
    expect((await desk.run('show cert gw1')).out).toContain('not a directory');

    const again = await desk.run('cmp poll current-cert gw1');
    expectOneError(again, 10);

    rmSync(place);
    const { code, out } = await desk.run('cmp poll current-cert gw1');
    expect(code).toBe(0);
    expect(out).toContain('its files are written now');
    expect(readdirSync(join(place, 'certs')).toSorted()).toEqual([
      'gw1.cert.pem',
      'gw1.chain.pem',
      'gw1.key.pem',
    ]);
    expect(await lab.issuedCount()).toBe(1);
  });
});

/** Bring what is in the write-ahead log into the database, and take the log away. */
function settle(): void {
  change('PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE');
}

function change(sql: string): void {
  const database = new Sqlite(inState('store.db'));
  database.exec(sql);
  database.close();
}

function overwrite(): void {
  const octets = readFileSync(inState('store.db'));
  octets.fill(0xaa, 4096, octets.length);
  writeFileSync(inState('store.db'), octets);
}
