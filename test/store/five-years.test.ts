import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { expect, it, onTestFinished } from 'vitest';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import type { LifecycleEvent } from '../../src/base/events.ts';
import { subjectKey } from '../../src/traps/alarms/alarm.ts';
import { afterFailure, usualOutboxLimits } from '../../src/traps/alarms/outbox.ts';
import { usualPolicy } from '../../src/traps/alarms/policy.ts';
import { react } from '../../src/traps/alarms/react.ts';
import {
  context,
  imported,
  named,
  newKey,
  newTransaction,
  random,
  storeOptions,
  temporaryDirectory,
} from './sample.ts';

/** A directory in memory where the system has one: fifteen thousand commits would keep a disk busy for a minute. */
function inMemory(): string {
  if (!existsSync('/dev/shm')) return temporaryDirectory();
  const directory = mkdtempSync('/dev/shm/certkeeper-store-');
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

const dayMs = 86_400_000;
const start = Date.UTC(2026, 0, 1);
const names = Array.from({ length: 10 }, (_, i) => named(`gw${i}`));

/** An agent that does something about a name, as the audit trail has it. */
async function acting(store: Store, what: string, at: Date, body: () => Promise<void>) {
  const actor = { type: 'agent', pid: 1, host: 'gw' } as const;
  const id = await store.audit.begin({ at, actor, what, arguments: [['cert-name', 'gw1']] });
  await body();
  await store.audit.end(id, { at, exitCode: 7, code: 'CMP_REJECTED', text: 'Rejected: no' });
}

/** One transaction with a key of its own, and how it ends. */
async function transact(
  store: Store,
  name: string,
  at: Date,
  end: 'rejected' | 'granted' | 'refused',
): Promise<void> {
  const key = newKey();
  const wanted = newTransaction({
    name: named(name),
    key,
    openedAt: at,
    state: random.bytes(2000),
  });
  const said = { ...context(wanted), at };
  const sent: LifecycleEvent = { ...said, type: 'sent', body: 'kur' };
  const opened = await store.transactions.open(wanted, [sent]);
  if (end === 'rejected') {
    const failInfo = ['badPOP'];
    await store.transactions.finish(opened, { type: end, text: 'no' }, at, [
      { ...said, type: 'received', body: 'kup', status: 'rejection', failInfo },
      { ...said, type: end, text: 'no', failInfo },
    ]);
    return;
  }
  const staged = { der: random.bytes(1000), chain: [random.bytes(900), random.bytes(900)] };
  const change = { phase: 'confirming', state: random.bytes(2000), staged };
  const record = await store.transactions.advance(opened, change, [sent]);
  const outcome = end === 'granted' ? ({ type: end } as const) : { type: end, text: 'odd' };
  const certificate = await store.transactions.finish(record, outcome, at, []);
  if (certificate) await store.certificates.markDelivered(certificate.id, '/certs', at, []);
}

/** What a name goes through each month: a renewal, one that is refused, the hook, and its deployment. */
async function month(store: Store, name: (typeof names)[number], at: Date): Promise<void> {
  await acting(store, 'renew', at, () => transact(store, name, at, 'granted'));
  await acting(store, 'renew', at, () => transact(store, name, at, 'refused'));
  const process = { pid: 1, startedAt: '1', host: 'gw', boot: 'b', pidNamespace: 'n' };
  const owner = { id: `${name}${at.getTime()}`, ...process };
  await store.leases.acquire(name, owner, at, new Date(at.getTime() + 1), () => false);
  const { id = 0 } = (await store.certificates.current(name)) ?? {};
  await store.deployments.report(name, 'files', { state: 'deployed', certificateId: id, at });
  await store.deployments.recordRun(name, {
    event: 'renewed',
    startedAt: at,
    endedAt: at,
    result: { type: 'exited', exitCode: 0 },
    output: random.bytes(4000),
  });
}

/** What happens each day, whatever else: a retry that the CA rejects. */
async function day(store: Store, at: Date): Promise<void> {
  await acting(store, 'renew', at, () => transact(store, 'never-granted', at, 'rejected'));
}

/** What comes to a CA and its certificates each month. */
async function monthOfCa(store: Store, at: Date): Promise<void> {
  const ca = named('lab');
  const der = random.bytes(3000);
  await store.crls.put({ ca, issuer: Uint8Array.of(1), der, thisUpdate: at, fetchedAt: at });
  const name = named('without-cmp');
  await store.keyRequests.put({ name, key: newKey(), request: random.bytes(500), at }, true);
  const label = named('root');
  const subject = Uint8Array.of(2);
  await store.caCertificates.put({ label, der: random.bytes(900), subject, createdAt: at }, true);
  await store.settings.set('cert-store-location', `/certs/${at.getTime()}`);
}

/** What is told of a name each month: an alarm is raised, told again and again, and ends; nobody takes any of it. */
async function told(store: Store, name: string, at: Date): Promise<void> {
  const { index } = await store.alarms.watched('certificate', name);
  const subject = { type: 'certificate', index } as const;
  for (let step = 0; step < 4; step++) {
    const now = new Date(at.getTime() + step * dayMs);
    const conditions =
      step === 3
        ? []
        : [
            {
              type: 'revoked',
              severity: 'critical',
              details: { reason: 'keyCompromise' },
            } as const,
          ];
    await store.alarms.look(subjectKey(subject), now, (standing) => ({
      ...react({ ...standing, observation: { subject, conditions }, now, policy: usualPolicy }),
      notBefore: now,
    }));
    await store.alarms.seen(now);
  }
  for (const entry of (await store.outbox.of('noc')).slice(0, 2)) {
    const begun = await store.outbox.begin(entry);
    const failure = { text: 'no answer', at };
    if (begun) await store.outbox.failed(begun, afterFailure(begun, at), failure);
  }
}

/** Rows of each table, and pages of the whole. */
function sizes(directory: string): ReadonlyMap<string, number> {
  const database = new Sqlite(join(directory, 'store.db'), { readonly: true });
  try {
    const tables = database
      .prepare<[], { name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'")
      .all();
    const count = (sql: string): number =>
      database.prepare<[], number>(sql).pluck().get() ?? Number.NaN;
    return new Map([
      ['pages', count('PRAGMA page_count')],
      ...tables.map(({ name }) => [name, count(`SELECT count(*) FROM ${name}`)] as const),
    ]);
  } finally {
    database.close();
  }
}

it('is no larger after five years than after two, in any table', { timeout: 120_000 }, async () => {
  const directory = inMemory();
  const store = await openStore(storeOptions(directory));
  await store.settings.set('audit-limit', '1000');
  await store.settings.set('hook-runs-kept', '5');
  for (const name of names) {
    await imported(store, name);
    await store.deployments.put(name, {
      label: named('files'),
      files: [{ kind: 'cert', path: `/etc/${name}.pem` }],
    });
  }
  for (const name of ['noc', 'nobody']) {
    await store.destinations.put(name, '{}', new Map([['community', random.bytes(9)]]));
  }
  const years: ReadonlyMap<string, number>[] = [];
  for (let days = 1; days <= 5 * 365; days++) {
    const at = new Date(start + days * dayMs);
    await day(store, at);
    if (days % 30 === 0) {
      for (const name of names) await told(store, name, at);
      for (const name of names) await month(store, name, at);
      await monthOfCa(store, at);
    }
    if (days % 365 === 0) years.push(sizes(directory));
  }
  await store.close();

  const [, second = new Map<string, number>(), , , fifth = new Map<string, number>()] = years;
  const grown = [...fifth].filter(([table, count]) => count > 1.03 * (second.get(table) ?? 0) + 1);
  expect(grown).toStrictEqual([]);
  expect(Object.fromEntries(fifth)).toMatchObject({
    audit: 1000,
    audit_results: 1000,
    history: 100,
    hook_runs: 5 * names.length,
    leases: names.length,
    transactions: 0,
    crls: 1,
    ca_certificates: 1,
    key_requests: 1,
    alarms: 0,
    watched: names.length,
    destinations: 2,
  });
  expect(fifth.get('outbox')).toBeLessThanOrEqual(2 * usualOutboxLimits.maxEntries);
  // Beside the current one of each name, three that were and three that were refused.
  expect(fifth.get('certificates')).toBe(7 * names.length);
});
