import { bytesEqual, toHex, utf8 } from '../../src/base/bytes.ts';
import { encodePem } from '../../src/asn1/pem.ts';
import { toDer } from '../../src/asn1/codec.ts';
import type { Store } from '../../src/store/store.ts';
import { decodeCertificate } from '../../src/x509/certificate.ts';
import { SubjectPublicKeyInfo } from '../../src/x509/subject-public-key-info.ts';
import { Violation } from './violation.ts';
import type { Calendar } from './window-watch.ts';
import type { CurrentRow, Inspector, IssuedRow } from './inspector.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** What the checks know of the world beside the databases. */
export interface WorldView {
  readonly nowMs: number;
  /** Since when nothing has kept a certificate from being renewed; absent while something does. */
  clearSince(name: string): number | undefined;
  /** When renewals may be begun. */
  readonly windows: Calendar;
  /** When a clock was set. */
  readonly jumps: readonly number[];
  /** When we may have refused what the CA takes for ours: from, to. */
  readonly wrong: readonly (readonly [number, number])[];
  /** Days before its end at which a name is renewed. */
  readonly days: number;
  readonly files: ReadonlyMap<string, Uint8Array>;
  /** Where the files are. */
  readonly certs: string;
}

/** Watches over one world. */
export interface Watch {
  /** Look at everything that is cheap, at each step. @throws {Violation} */
  check(view: WorldView, store: Store | undefined): Promise<void>;
  /** Names whose certificates a person has to replace. */
  forPeople(view: WorldView): readonly string[];
  /** A person begins anew with a name: what was before has been looked at. */
  begunAnew(name: string): void;
  readonly counts: { renewals: number; issued: number; lapsed: number };
}

interface Known {
  readonly row: CurrentRow;
  readonly der: Uint8Array;
  readonly notBefore: number;
  readonly notAfter: number;
  readonly since: number;
  hasLapsed: boolean;
  /** An earlier one that a person has put back. */
  readonly isRestored: boolean;
}

/** RFC 9483 leaves it to us; product.md says six hours and a quarter for what fails, a day and a quarter for what is refused. */
const failingMs = 7.5 * hourMs;
const blockedMs = 30 * hourMs;
/** For what takes its time between two beats. */
const graceMs = 30 * minuteMs;

/** Begin to watch. */
export function watch(inspect: Inspector): Watch {
  const known = new Map<string, Known>();
  const issued = new Map<string, IssuedRow[]>();
  let unaccounted: IssuedRow[] = [];
  const lastIssued: number[] = [];
  const counts = { renewals: 0, issued: 0, lapsed: 0 };
  const blockedAt = new Map<string, number>();

  function learn(view: WorldView): void {
    const rows = inspect.current();
    for (const row of rows) {
      const before = known.get(row.name);
      if (before?.row.id === row.id) {
        known.set(row.name, { ...before, row });
        continue;
      }
      const der = inspect.currentDer(row.name) ?? new Uint8Array();
      const { notBefore, notAfter } = decodeCertificate(der).tbsCertificate.validity;
      const isRestored = before !== undefined && row.version < before.row.version;
      if (before && row.version > 1 && !isRestored) counts.renewals++;
      known.set(row.name, {
        row,
        der,
        notBefore: notBefore.value.getTime(),
        notAfter: notAfter.value.getTime(),
        since: view.nowMs,
        hasLapsed: false,
        isRestored,
      });
    }
    const names = new Set(rows.map(({ name }) => name));
    for (const name of known.keys()) if (!names.has(name)) known.delete(name);
  }

  function checkIssued(view: WorldView): void {
    for (const row of inspect.issuedAfter(lastIssued)) {
      lastIssued[row.ledger] = row.id;
      counts.issued++;
      if (row.operation === 'kur') checkWindowKept(row, view);
      unaccounted.push(row);
      const name = nameOf(row.subject);
      const before = issued.get(name) ?? [];
      before.push(row);
      issued.set(name, before);
      if (row.operation === 'kur') checkCap(name, before, view);
    }
    unaccounted = unaccounted.filter((row) => !isAccounted(row));
  }

  /** Everything the CA has issued is in the store, or is known there as having come to nothing. */
  function isAccounted({ transactionID, subject, der }: IssuedRow): boolean {
    const result = inspect.result(transactionID);
    if (result === undefined) {
      throw new Violation(
        `the CA issued a certificate in transaction ${transactionID}, of which nothing is known here`,
      );
    }
    if (result === 'outstanding') {
      const name = nameOf(subject);
      if (inspect.outstanding().get(name)?.id === transactionID) return false;
      throw new Violation(`transaction ${transactionID} of "${name}" is outstanding, and is gone`);
    }
    if (result !== 'granted') return true;
    const kept = inspect.kept(nameOf(subject), der);
    if (kept === undefined) {
      throw new Violation(
        `the certificate of transaction ${transactionID} is granted, and is gone`,
      );
    }
    if (kept.keyId === undefined) {
      throw new Violation(`the certificate of transaction ${transactionID} has lost its key`);
    }
    return true;
  }

  /** What is due, and could be done, is done. */
  function checkInTime(view: WorldView): void {
    const { nowMs } = view;
    for (const [name, it] of known) {
      const clearSince = view.clearSince(name);
      const length = it.notAfter - it.notBefore;
      const dueAt = it.notAfter - windowOf(length, view.days);
      if (nowMs > it.notAfter && !it.hasLapsed) {
        it.hasLapsed = true;
        counts.lapsed++;
      }
      if (nowMs >= dueAt && inspect.failing(name).some(({ kind }) => kind === 'blocked')) {
        blockedAt.set(name, nowMs);
      }
      if (clearSince === undefined) continue;
      const possibleAt = Math.max(clearSince, dueAt, it.since);
      checkWindowUsed(name, it, possibleAt, view);
      // No window can put it off any longer.
      const latest = view.windows.hasWindows ? latestOf(it, view.days) : possibleAt;
      const from = Math.max(possibleAt, latest);
      // After the end it is for a person.
      const clearMs = Math.min(nowMs, it.notAfter) - from;
      if (clearMs < failingMs) continue;
      if (clearMs < patience(name, from, view) + graceMs || isSpoilt(it, view)) continue;
      throw new Violation(
        `"${name}" version ${it.row.version} could have been renewed for ${(clearMs / hourMs).toFixed(1)} h, ` +
          `and was not: failing ${JSON.stringify(inspect.failing(name))}, to be looked at ` +
          new Date(inspect.nextAt(name) ?? 0).toISOString(),
      );
    }
  }

  /** A window that was open for an hour, with nothing in the way, is not let go by. */
  function checkWindowUsed(name: string, it: Known, possibleAt: number, view: WorldView): void {
    const { windows, nowMs, jumps } = view;
    if (!windows.hasWindows || nowMs >= it.notAfter || isSpoilt(it, view)) return;
    const opened = windows.openedBefore(nowMs);
    // A CA that was down may be left alone for some time more.
    if (opened < possibleAt + failingMs || jumps.some((at) => at > opened - 3 * dayMs)) return;
    const isHindered =
      inspect.failing(name).length > 0 ||
      inspect.outstanding().has(name) ||
      issuedLately(name, opened) >= 5;
    if (isHindered) return;
    throw new Violation(
      `"${name}" version ${it.row.version} could have been renewed in the window of ` +
        `${new Date(opened).toISOString()}, and was not`,
    );
  }

  /** Nothing is begun outside of the windows as long as one opens in time. */
  function checkWindowKept({ transactionID, subject }: IssuedRow, view: WorldView): void {
    const { windows, jumps, days } = view;
    const before = known.get(nameOf(subject));
    const openedAt = inspect.openedAt(transactionID);
    if (!windows.hasWindows || before === undefined || openedAt === undefined) return;
    if (windows.isOpen(openedAt) || jumps.some((at) => at > openedAt - 3 * dayMs)) return;
    const opens = windows.opensAfter(openedAt);
    if (opens > latestOf(before, days) - minuteMs) return;
    throw new Violation(
      `"${nameOf(subject)}" was renewed at ${new Date(openedAt).toISOString()}, outside of the windows, ` +
        `of which one would have opened in time at ${new Date(opens).toISOString()}`,
    );
  }

  function issuedLately(name: string, from: number): number {
    const rows = issued.get(name) ?? [];
    return rows.filter(({ issuedAt }) => issuedAt > from - 2 * dayMs).length;
  }

  function patience(name: string, from: number, view: WorldView): number {
    // What was refused for good is tried a day later, whatever comes of it then.
    const usual = (blockedAt.get(name) ?? 0) >= from - minuteMs ? blockedMs : failingMs;
    const waiting = inspect.outstanding().get(name);
    const waits = waiting?.nextAt === undefined ? 0 : Math.max(0, waiting.nextAt - from);
    const capped = issuedLately(name, from) >= 5 ? dayMs + hourMs : 0;
    // A clock that was set may have put off what is tried again.
    const jumped = view.jumps.some((at) => at > from - 3 * dayMs) ? blockedMs : 0;
    return usual + waits + capped + jumped;
  }

  /** The CA will not renew it: revoked, or superseded by what a wrong answer kept from us, or restored here. */
  function isSpoilt({ der, since, isRestored }: Known, { wrong }: WorldView): boolean {
    const status = inspect.statusAtCa(der);
    if (status === 'revoked') return true;
    return status !== 'current' && (isRestored || wrong.some(([, to]) => to >= since));
  }

  async function checkKeys(view: WorldView, store: Store): Promise<void> {
    for (const [name, { row, der, since }] of known) {
      if (since !== view.nowMs && row.deliveredAt === undefined) continue;
      if (since === view.nowMs) await checkKey(name, row.id, der, store);
      if (row.deliveredAt === undefined) continue;
      const pem = utf8(encodePem('CERTIFICATE', der));
      const file = view.files.get(`${view.certs}/${name}.cert.pem`);
      if (file === undefined || !bytesEqual(file, pem)) {
        throw new Violation(`"${name}" is said to be delivered, and another file stands there`);
      }
    }
  }

  return {
    counts,
    async check(view, store) {
      const [broken] = inspect.broken();
      if (broken !== undefined) throw new Violation(broken);
      checkIssued(view);
      learn(view);
      checkInTime(view);
      if (store) await checkKeys(view, store);
    },
    forPeople(view) {
      return [...known]
        .filter(([, it]) => it.notAfter < view.nowMs || isSpoilt(it, view))
        .map(([name]) => name);
    },
    begunAnew(name) {
      known.delete(name);
    },
  };
}

/** Unattended at most max(5, twice what its renewals need) a day. */
function checkCap(name: string, rows: readonly IssuedRow[], view: WorldView): void {
  const last = rows.at(-1);
  if (last === undefined) return;
  // By a clock that was set, nobody counts days right.
  if (view.jumps.some((at) => at > last.issuedAt - 3 * dayMs)) return;
  const inDay = rows.filter(
    ({ operation, issuedAt }) => operation === 'kur' && issuedAt > last.issuedAt - dayMs,
  );
  const recent = rows.filter(({ issuedAt }) => issuedAt > last.issuedAt - 40 * dayMs);
  const intervals = recent.map(({ der }) => intervalOf(der, view.days));
  const most = Math.max(5, Math.ceil((2 * dayMs) / Math.max(1, Math.min(...intervals))));
  if (inDay.length > most) {
    throw new Violation(
      `the CA issued ${inDay.length} certificates for "${name}" within a day, more than ${most}`,
    );
  }
}

async function checkKey(name: string, id: number, der: Uint8Array, store: Store): Promise<void> {
  const record = await store.certificates.get(id);
  if (record?.keyId === undefined) throw new Violation(`"${name}" has lost its key`);
  const { spki } = await store.keys.publicKey(record.keyId);
  const certified = toDer(
    SubjectPublicKeyInfo,
    decodeCertificate(der).tbsCertificate.subjectPublicKeyInfo,
  );
  if (!bytesEqual(spki, certified)) {
    throw new Violation(
      `"${name}" has another key than its certificate: ${toHex(spki.slice(-4))} …`,
    );
  }
}

/** How long before its end a certificate is renewed. */
export function windowOf(length: number, days: number): number {
  const ms = days * dayMs;
  return ms <= length / 2 ? ms : length / 3;
}

/** The last quarter of the time to renew in belongs to whatever goes wrong. */
function latestOf(it: Pick<Known, 'notBefore' | 'notAfter'>, days: number): number {
  return it.notAfter - windowOf(it.notAfter - it.notBefore, days) / 4;
}

function intervalOf(der: Uint8Array, days: number): number {
  const { notBefore, notAfter } = decodeCertificate(der).tbsCertificate.validity;
  const length = notAfter.value.getTime() - notBefore.value.getTime();
  return length - windowOf(length, days);
}

/** The name is the common name, too. */
function nameOf(subject: string): string {
  return /CN=([a-z\d-]+)/.exec(subject)?.[1] ?? subject;
}
