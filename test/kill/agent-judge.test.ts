import { copyFileSync, cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterAll, describe, expect, it, onTestFinished } from 'vitest';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { update } from '../../src/lifecycle/update.ts';
import { fakeClock } from '../harness/fake-clock.ts';
import { issued, makeSite, named, request, wanted } from '../lifecycle/site.ts';
import { agentJudge, type AgentJudge, type Evidence } from './agent-judge.ts';

const dayMs = 86_400_000;

/** What an agent left, and who judges it. */
interface Scene {
  readonly evidence: Evidence;
  readonly judge: AgentJudge;
  /** Falsify the databases. */
  store(sql: string): void;
  ledger(sql: string): void;
  /** A file of a name. */
  file(name: string, kind: 'cert' | 'key' | 'chain'): string;
  /** What the judge says at the end. */
  verdict(): Promise<readonly string[]>;
}

const made = new Map<number, Promise<string>>();
const directory = mkdtempSync(join(tmpdir(), 'certkeeper-judge-'));
afterAll(() => rmSync(directory, { recursive: true, force: true }));

/** Two certificates that were renewed in time, or whose renewal waits for the CA: made once, and copied. */
function original(polls: number): Promise<string> {
  const known = made.get(polls) ?? makeOriginal(polls);
  made.set(polls, known);
  return known;
}

async function makeOriginal(polls: number): Promise<string> {
  const site = await makeSite({
    clock: fakeClock(new Date()),
    lab: { validitySeconds: 3 * 86_400 },
  });
  const home = join(site.certs, '..');
  const context = { ...site.context, defaultCertStore: join(home, 'state/certs') };
  const names = [named('gw0'), named('gw1')];
  for (const name of names)
    issued(await initialize(context, request({ name, wanted: wanted(`CN=${name}`) })));
  await site.clock.advance(2.5 * 86_400);
  if (polls > 0) await site.relab({ polls });
  for (const current of names) await update(context, { current, waitSeconds: 0 });
  const copy = join(directory, `original-${polls}`);
  cpSync(home, copy, { recursive: true });
  return copy;
}

/** Open a database and change it, past all of our code. */
function falsifying(file: string): (sql: string) => void {
  return (sql) => {
    const db = new Sqlite(file);
    // What no rule of the schema lets happen is to be found all the same.
    db.unsafeMode(true);
    db.pragma('foreign_keys = OFF');
    db.pragma('writable_schema = ON');
    db.exec(sql);
    db.close();
  };
}

async function scene({ polls = 0 } = {}): Promise<Scene> {
  const home = mkdtempSync(join(directory, 'scene-'));
  cpSync(await original(polls), home, { recursive: true });
  const evidence: Evidence = {
    state: join(home, 'state'),
    store: join(home, 'state/store.db'),
    ledger: join(home, 'lab/lab.db'),
  };
  const judge = agentJudge(evidence, 200);
  onTestFinished(() => judge.close());
  return {
    evidence,
    judge,
    store: falsifying(evidence.store),
    ledger: falsifying(evidence.ledger),
    file: (name, kind) => join(evidence.state, `certs/${name}.${kind}.pem`),
    async verdict() {
      await judge.end();
      return judge.tally().violations;
    },
  };
}

const second = `(SELECT id FROM certificates WHERE name = 'gw0' AND version = 2)`;

describe('the judge of killed agents', () => {
  it('has nothing to say of what is as it should be', async () => {
    const { verdict, judge } = await scene();
    expect(await verdict()).toEqual([]);
    expect(judge.tally()).toMatchObject({ issued: 4, renewals: 2, refused: 0, lapsed: 0 });
  });

  it.each<[string, string, RegExp]>([
    [
      'several transactions of a name',
      `CREATE TABLE more AS SELECT * FROM transactions; DROP TABLE transactions;
       ALTER TABLE more RENAME TO transactions;
       INSERT INTO transactions SELECT * FROM transactions WHERE name = 'gw0'`,
      /gw0 has several transactions/,
    ],
    ['one that is outstanding for ever', 'SELECT 1', /outstanding for ever/],
    [
      'one that is gone, by its key',
      "DELETE FROM transactions WHERE name = 'gw0'",
      /1 keys are of no use/,
    ],
  ])('finds %s', async (_, sql, complaint) => {
    const { store, verdict } = await scene({ polls: 3 });
    store(sql);
    expect(await verdict()).toContainEqual(expect.stringMatching(complaint));
  });

  it.each<[string, string, RegExp]>([
    [
      'several current certificates of a name',
      "DROP INDEX current_certificates; UPDATE certificates SET status = 'current'",
      /gw0 has several current certificates/,
    ],
    [
      'an error of ours',
      `INSERT INTO failing (name, job, kind, count, first_at, last_at, code, text)
       VALUES ('gw0', 'poll', 'failing', 1, 0, 0, 'INTERNAL', 'x is undefined')`,
      /gw0 failed for an error of ours: x is undefined/,
    ],
    [
      'a certificate that is gone',
      `DELETE FROM certificates WHERE id = ${second}`,
      /gw0, is granted, and is gone/,
    ],
    [
      'a key that is gone',
      `UPDATE certificates SET key_id = NULL WHERE id = ${second}`,
      /gw0, has lost its key/,
    ],
    [
      'a certificate nobody knows of',
      "DELETE FROM history WHERE name = 'gw0'",
      /gw0, came to nothing that is known here/,
    ],
    [
      'a certificate that is said to be on its way, and is not',
      `UPDATE history SET result = 'outstanding' WHERE name = 'gw0'`,
      /transaction for .*gw0 is outstanding, and is gone/,
    ],
    [
      'a certificate given up that is in force at the CA',
      "UPDATE history SET result = 'failed' WHERE name = 'gw0'",
      /gw0, came to failed, and is current there/,
    ],
    [
      'a certificate that never came to its files',
      `UPDATE certificates SET delivered_at = NULL WHERE id = ${second}`,
      /undelivered for ever/,
    ],
    [
      'a database that is not whole',
      `UPDATE sqlite_schema SET sql = replace(sql, 'text           TEXT,', 'text           TEXT NOT NULL,')
       WHERE name = 'history'`,
      /NULL value in history.text/,
    ],
    [
      'what refers to nothing',
      `UPDATE certificates SET key_id = 4711 WHERE id = ${second}`,
      /something refers to nothing/,
    ],
    [
      'a key of no use',
      "INSERT INTO keys (spki, pkcs8, created_at) VALUES (x'01', x'02', 0)",
      /1 keys are of no use/,
    ],
    [
      'a key of another certificate',
      `UPDATE certificates SET key_id = (SELECT key_id FROM certificates WHERE name = 'gw1' AND version = 2)
       WHERE id = ${second}`,
      /gw0 version 2 has another key than its certificate/,
    ],
  ])('finds in the store %s', async (_, sql, complaint) => {
    const { store, verdict } = await scene();
    store(sql);
    expect(await verdict()).toContainEqual(expect.stringMatching(complaint));
  });

  it.each<[string, string, RegExp]>([
    [
      'a certificate issued too early',
      `UPDATE certificates SET issued_at = issued_at - ${dayMs} WHERE supersedes IS NOT NULL`,
      /was issued \d+\.\d s too early/,
    ],
    [
      'more certificates than a day allows',
      `CREATE TEMP TABLE n AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 8) SELECT i FROM n;
       INSERT INTO transactions (transaction_id, operation, phase, cert_req_id, subject, request, sender_nonce,
                                 needs_approval, polls, opened_at)
         SELECT CAST('more ' || i AS BLOB), 'kur', 'closed', 0, 'CN=gw0', x'', x'', 0, 0, 0 FROM n;
       INSERT INTO certificates (transaction_id, der, serial, subject, key_identifier, status, issued_at, not_after)
         SELECT CAST('more ' || i AS BLOB), CAST(substr(der, 1, length(der) - 1) || CAST(i AS TEXT) AS BLOB),
                serial || i, subject, key_identifier, 'superseded', issued_at, not_after
         FROM certificates, n WHERE subject = 'CN=gw0' AND supersedes IS NOT NULL`,
      /\d certificates within a day for .*gw0/,
    ],
    [
      'a certificate the CA does not hold for current',
      "UPDATE certificates SET status = 'revoked'",
      /gw0 is not current at the lab/,
    ],
  ])('finds at the CA %s', async (_, sql, complaint) => {
    const { ledger, verdict } = await scene();
    ledger(sql);
    expect(await verdict()).toContainEqual(expect.stringMatching(complaint));
  });

  it('finds a certificate that lapsed in front of an agent, and only of one that lived for long enough', async () => {
    for (const [looks, expected] of [
      [200, [expect.stringMatching(/gw0 version 2 has lapsed, with an agent alive at 200 looks/)]],
      [199, []],
    ] as const) {
      const { store, judge } = await scene();
      for (let i = 0; i < looks; i++) judge.alive();
      judge.died();
      store(`UPDATE certificates SET not_after = ${Date.now()} WHERE id = ${second}`);
      judge.look();
      expect(judge.tally()).toMatchObject({ lapsed: 1, violations: expected });
    }
  });

  it('finds a key that cannot be opened', async () => {
    const { store, verdict } = await scene();
    store(`UPDATE certificates SET key_id = 4711 WHERE id = ${second}`);
    expect(await verdict()).toContainEqual(
      expect.stringMatching(/key of gw0 version 2 is of no use/),
    );
  });

  it.each<[string, (it: Scene) => void, RegExp]>([
    ['a file is missing', ({ file }) => rmSync(file('gw0', 'key')), /gw0 there are not all files/],
    [
      'the certificate is another one',
      ({ file }) => copyFileSync(file('gw1', 'cert'), file('gw0', 'cert')),
      /file of gw0 is not its current certificate/,
    ],
    [
      'the key is another one',
      ({ file }) => copyFileSync(file('gw1', 'key'), file('gw0', 'key')),
      /files of gw0 do not fit/,
    ],
    [
      'the chain is another one',
      ({ file }) => copyFileSync(file('gw1', 'cert'), file('gw0', 'chain')),
      /chain of gw0 does not fit/,
    ],
    [
      'something half-written lies there',
      ({ evidence }) => writeFileSync(join(evidence.state, 'certs/.gw0.new'), ''),
      /left lying about: \.gw0\.new/,
    ],
  ])('finds in the folder of certificates that %s', async (_, falsify, complaint) => {
    const found = await scene();
    falsify(found);
    expect(await found.verdict()).toContainEqual(expect.stringMatching(complaint));
  });
});
