import { createPrivateKey, X509Certificate } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { lifetimeOf, renewalWindow, type Lifetime } from '../../src/lifecycle/renewal-time.ts';
import { mostInDay } from '../../src/scheduler/issue-cap.ts';
import { systemClock } from '../../src/agent/system-clock.ts';
import { systemRandom } from '../../src/agent/system-random.ts';
import { openStore } from '../../src/store/open.ts';
import { decodeCertificate } from '../../src/x509/certificate.ts';
import { inspector, type IssuedRow } from '../simulate/inspector.ts';
import type { Processes } from './agent-processes.ts';

const dayMs = 86_400_000;

/** Judges by databases and files, past all of our code, what killed agents have left. */
export interface AgentJudge {
  /** An agent lives at this moment. */
  alive(): void;
  /** It is dead. */
  died(): void;
  /** Tell whether a certificate that is not renewed yet is near its end. */
  isUrgent(ms: number): boolean;
  /** Look at what must hold at every moment. */
  look(): void;
  left(): { readonly outstanding: number; readonly undelivered: number };
  /** Names with something left to do. */
  unsettled(): readonly string[];
  /** Look at what must hold when nothing is left to do. */
  end(): Promise<void>;
  tally(): {
    readonly issued: number;
    readonly renewals: number;
    readonly refused: number;
    readonly lapsed: number;
    readonly violations: readonly string[];
  };
  close(): void;
}

/** What is judged: a state directory, and the databases of store and lab. */
export type Evidence = Pick<Processes, 'state' | 'store' | 'ledger'>;

/**
 * Begin to judge.
 *
 * @param enoughLooks an agent that lives for so many looks of fifty milliseconds, on whatever machine, gets a renewal
 *   done
 */
export function agentJudge(
  { state, store: database, ledger }: Evidence,
  enoughLooks: number,
): AgentJudge {
  const inspect = inspector(database, [ledger]);
  const store = new Sqlite(database, { readonly: true });
  const violations: string[] = [];
  const issued = new Map<string, (Lifetime & { readonly at: number })[]>();
  const lapsed = new Set<number>();
  let looks: number[] = [];
  let [lastId, total, renewals, refused] = [0, 0, 0, 0];
  const says = (text: string): void => {
    if (!violations.includes(text)) violations.push(text);
  };
  const column = (sql: string, ...values: readonly unknown[]): readonly unknown[] =>
    store
      .prepare(sql)
      .pluck()
      .all(...values);

  /** Every certificate of the lab is here, or is known here as being under way. */
  function account(row: IssuedRow): boolean {
    const what = `certificate ${row.id} of the lab, for ${row.subject},`;
    const result = inspect.result(row.transactionID);
    if (result === 'outstanding') return false;
    if (result === 'granted') {
      const kept = inspect.kept(row.subject.slice(3), row.der);
      if (kept === undefined) says(`${what} is granted, and is gone`);
      else if (kept.keyId === undefined) says(`${what} has lost its key`);
    } else if (result === undefined) says(`${what} came to nothing that is known here`);
    else {
      refused++;
      const status = inspect.statusAtCa(row.der);
      if (status === 'current') says(`${what} came to ${result}, and is current there`);
    }
    return true;
  }

  /** Not before its time, and not more often in a day than allowed. */
  function checkPace(row: IssuedRow): void {
    const { validity } = decodeCertificate(row.der).tbsCertificate;
    const list = issued.get(row.subject) ?? [];
    const before = list.at(-1);
    const next = { ...lifetimeOf(validity), at: row.issuedAt };
    list.push(next);
    issued.set(row.subject, list);
    if (before === undefined) return;
    renewals++;
    const window = renewalWindow(before, 1);
    // The jitter is a twentieth of the window at most; what is issued is stamped in whole seconds.
    const earliest = before.notAfter.getTime() - window.ms * 1.05 - 1000;
    if (row.issuedAt < earliest) {
      const early = ((earliest - row.issuedAt) / 1000).toFixed(1);
      says(`certificate ${list.length} for ${row.subject} was issued ${early} s too early`);
    }
    const most = mostInDay(intervalOf(list));
    const inDay = list.filter(({ at }) => at > row.issuedAt - dayMs).length;
    if (inDay > most + 1) says(`${inDay} certificates within a day for ${row.subject}`);
  }

  let unaccounted: readonly IssuedRow[] = [];
  function look(): void {
    for (const what of inspect.broken()) says(what);
    const fresh = inspect.issuedAfter([lastId]);
    for (const row of fresh) checkPace(row);
    lastId = fresh.at(-1)?.id ?? lastId;
    total += fresh.length;
    unaccounted = [...unaccounted, ...fresh].filter((row) => !account(row));
    for (const { subject, transactionID } of unaccounted) {
      if (inspect.outstanding().get(subject.slice(3))?.id !== transactionID)
        says(`a transaction for ${subject} is outstanding, and is gone`);
    }
    checkLapsed();
  }

  function checkLapsed(): void {
    const now = Date.now();
    for (const { id, name, version, notAfter } of inspect.current()) {
      if (notAfter > now || lapsed.has(id)) continue;
      lapsed.add(id);
      const { validity } = decodeCertificate(
        inspect.currentDer(name) ?? new Uint8Array(),
      ).tbsCertificate;
      const from = notAfter - renewalWindow(lifetimeOf(validity), 1).ms;
      const seen = looks.filter((at) => at >= from && at <= notAfter).length;
      if (seen >= enoughLooks)
        says(`${name} version ${version} has lapsed, with an agent alive at ${seen} looks`);
    }
  }

  const undelivered = () =>
    column("SELECT name FROM certificates WHERE status = 'current' AND delivered_at IS NULL");

  /** The databases are whole, and so is what they say about keys. */
  function checkDatabases(): void {
    for (const each of column('PRAGMA integrity_check')) if (each !== 'ok') says(String(each));
    if (column('PRAGMA foreign_key_check').length > 0) says('something refers to nothing');
    const lost = column(
      `SELECT id FROM keys WHERE unused_since IS NULL
         AND id NOT IN (SELECT key_id FROM certificates WHERE key_id IS NOT NULL)
         AND id NOT IN (SELECT key_id FROM transactions WHERE key_id IS NOT NULL)
         AND id NOT IN (SELECT key_id FROM key_requests)`,
    );
    if (lost.length > 0) says(`${lost.length} keys are of no use to anything`);
  }

  /** Each private key can be opened, and is that of its certificate. */
  async function checkKeys(): Promise<void> {
    const open = await openStore({ directory: state, clock: systemClock, random: systemRandom });
    try {
      for (const subject of issued.keys()) {
        for (const record of await open.certificates.versions(subject.slice(3))) {
          if (record.keyId === undefined) continue;
          const which = `${record.name} version ${record.version}`;
          try {
            const key = privateKeyOf(await open.keys.privateKey(record.keyId));
            if (!new X509Certificate(record.der).checkPrivateKey(key))
              says(`${which} has another key than its certificate`);
          } catch (error) {
            says(`the key of ${which} is of no use: ${String(error)}`);
          }
        }
      }
    } finally {
      await open.close();
    }
  }

  function checkFiles(): void {
    const directory = join(state, 'certs');
    for (const { name } of inspect.current()) {
      const [certificate, key, chain] = ['cert', 'key', 'chain'].map((kind) => {
        const path = join(directory, `${name}.${kind}.pem`);
        return existsSync(path) ? readFileSync(path) : undefined;
      });
      if (!certificate || !key || !chain) {
        says(`of ${name} there are not all files`);
        continue;
      }
      const file = new X509Certificate(certificate);
      const der = inspect.currentDer(name) ?? new Uint8Array();
      if (!file.raw.equals(der)) says(`the file of ${name} is not its current certificate`);
      if (!file.checkPrivateKey(createPrivateKey(key))) says(`the files of ${name} do not fit`);
      if (!file.checkIssued(new X509Certificate(chain))) says(`the chain of ${name} does not fit`);
      if (inspect.statusAtCa(der) !== 'current') says(`${name} is not current at the lab`);
    }
    const hidden = readdirSync(directory).filter((each) => each.startsWith('.'));
    if (hidden.length > 0) says(`left lying about: ${hidden.join(', ')}`);
  }

  return {
    alive() {
      looks.push(Date.now());
    },
    died() {
      looks = looks.slice(-10_000);
    },
    isUrgent(ms) {
      const now = Date.now();
      return inspect.current().some(({ notAfter }) => notAfter > now && notAfter < now + ms);
    },
    look,
    left: () => ({ outstanding: inspect.outstanding().size, undelivered: undelivered().length }),
    unsettled: () => [...new Set([...inspect.outstanding().keys(), ...undelivered().map(String)])],
    async end() {
      look();
      if (inspect.outstanding().size > 0) says('something is outstanding for ever');
      if (undelivered().length > 0) says('something is undelivered for ever');
      checkDatabases();
      checkFiles();
      await checkKeys();
    },
    tally: () => ({
      issued: total,
      renewals,
      refused,
      lapsed: lapsed.size,
      violations: [...violations],
    }),
    close() {
      store.close();
      inspect.close();
    },
  };
}

function privateKeyOf(pkcs8: Uint8Array) {
  return createPrivateKey({ key: Buffer.from(pkcs8), format: 'der', type: 'pkcs8' });
}

function intervalOf(list: readonly Lifetime[]): number {
  const intervals = list.map(({ notBefore, notAfter }) => {
    const lifetime = { notBefore, notAfter };
    return notAfter.getTime() - notBefore.getTime() - renewalWindow(lifetime, 1).ms;
  });
  return Math.min(...intervals);
}
