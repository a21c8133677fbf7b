import type { Store } from '../../src/store/store.ts';
import { decodeCertificate } from '../../src/x509/certificate.ts';
import { unsettledAlarms } from '../agent/alarm-invariants.ts';
import type { AlarmRow, CurrentRow, Inspector } from './inspector.ts';
import { windowOf } from './invariants.ts';
import type { Receiver } from './receiver.ts';
import { Violation } from './violation.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

/** No clock can be right that says less: see `doubtClock`. */
const beginningMs = Date.UTC(2026, 0, 1);

/** What the checks of alarms know of the world beside the databases. */
export interface AlarmView {
  /** As it is. */
  readonly nowMs: number;
  /** That the agent looks after. */
  readonly names: readonly string[];
  /** `cmp auto-update time` of each name. */
  readonly days: number;
  /** As the gateway has it. */
  readonly oursMs: number;
  /** Since when nothing has kept the agent from its work; absent while something does. */
  readonly calmSince: number | undefined;
}

/** Watches over what is told in one world. */
export interface AlarmWatch {
  /** Look at it right after the agent has worked without trouble. @throws {Violation} */
  check(view: AlarmView, store: Store): Promise<void>;
  /** Alarms that were seen to stand, and are over. */
  readonly ended: number;
}

/** docs/notifications.md: warned of a week before the end, but not before half of the time to renew in is gone. */
function warningOf(lengthMs: number, days: number): number {
  return Math.min(7 * dayMs, Math.max(1, Math.floor(windowOf(lengthMs, days) / 2)));
}

/** docs/notifications.md: what begins by more than this in the future is told of. */
const aheadMs = 5 * minuteMs;

/** The longest delay of an inform is an hour. */
const deliveryMs = 2.5 * hourMs;

/** Begin to watch. */
export function watchAlarms(inspect: Inspector, receiver: Receiver): AlarmWatch {
  const planned = new Map<string, string>();
  const validity = new Map<number, { readonly notBefore: number; readonly notAfter: number }>();
  let standing: ReadonlySet<string> = new Set();
  let [ended, nextFull] = [0, 0];

  /** Names that were looked at since the last check; the others are as they were. */
  function lookedAt(oursMs: number): ReadonlySet<string> {
    const names = new Set<string>();
    for (const { name, revision, nextAt } of inspect.schedule()) {
      const state = `${revision} ${nextAt}`;
      if (nextAt !== undefined && nextAt <= oursMs) continue;
      if (planned.get(name) !== state) names.add(name);
      planned.set(name, state);
    }
    return names;
  }

  /** No name that waits to be looked at can be told of as it is. */
  function settledNames(oursMs: number): ReadonlySet<string> {
    const rows = inspect.schedule();
    return new Set(
      rows.filter(({ nextAt }) => nextAt === undefined || nextAt > oursMs).map(({ name }) => name),
    );
  }

  function validityOf(row: CurrentRow): { readonly notBefore: number; readonly notAfter: number } {
    const known = validity.get(row.id);
    if (known) return known;
    const der = inspect.currentDer(row.name) ?? new Uint8Array();
    const { notBefore, notAfter } = decodeCertificate(der).tbsCertificate.validity;
    const read = { notBefore: notBefore.value.getTime(), notAfter: notAfter.value.getTime() };
    validity.set(row.id, read);
    return read;
  }

  /** By arithmetic of our own: each alarm has its cause, and what is about to end or undelivered has its alarm. */
  function checkCauses(alarms: readonly AlarmRow[], { oursMs, names, days }: AlarmView): void {
    const settled = settledNames(oursMs);
    const has = (name: string, family: string): boolean =>
      alarms.some((alarm) => alarm.name === name && alarm.family === family);
    const current = inspect.current();
    const expect = (name: string, family: string, isCause: boolean, what: string): void => {
      if (isCause === has(name, family)) return;
      throw new Violation(
        isCause ? `"${name}" ${what}, and has no alarm` : `"${name}" has an alarm that it ${what}`,
      );
    };
    for (const row of current) {
      if (!settled.has(row.name)) continue;
      const { notBefore, notAfter } = validityOf(row);
      const warnedFrom = notAfter - warningOf(notAfter - notBefore, days);
      expect(row.name, 'expiry', oursMs >= warnedFrom, 'is about to expire');
      const isUndelivered = row.deliveredAt === undefined && row.hasDeliveryError;
      expect(row.name, 'deploy', isUndelivered, 'is not delivered');
    }
    const early = new Set(
      current.filter((row) => validityOf(row).notBefore - aheadMs > oursMs).map(({ name }) => name),
    );
    const waiting = inspect.outstanding();
    const there = new Set(inspect.schedule().map(({ name }) => name));
    for (const { name, kind, family, key } of alarms) {
      if (family === 'source' || (kind !== undefined && kind !== 'certificate')) continue;
      const isGone = name === undefined || !there.has(name);
      if (!isGone && !settled.has(name)) continue;
      if (isGone || !names.includes(name)) {
        throw new Violation(`${key} stands of a name that is gone`);
      }
      const isBaseless =
        (family === 'waiting' && !waiting.has(name)) ||
        (family === 'renewal' &&
          !early.has(name) &&
          !inspect
            .failing(name)
            .some(({ job }) => ['update', 'enrol', 'poll', 'fetch'].includes(job)));
      if (isBaseless) throw new Violation(`${key} stands without a cause`);
    }
  }

  /** What the receiver was told is what stands, once nothing is on its way to it. */
  function checkStory(alarms: readonly AlarmRow[], view: AlarmView): void {
    const [lost] = receiver.lost;
    if (lost !== undefined) throw new Violation(lost);
    const { count, attemptedSince } = inspect.outbox();
    if (count === 0) {
      const [broken] = receiver.story.broken(alarms.map(({ key }) => key));
      if (broken !== undefined) throw new Violation(broken);
      return;
    }
    const { calmSince, nowMs, oursMs } = view;
    if (calmSince === undefined || receiver.backSince === undefined) return;
    const clearMs = nowMs - Math.max(calmSince, receiver.backSince);
    if (clearMs < deliveryMs || attemptedSince === undefined) return;
    if (oursMs - attemptedSince < deliveryMs) return;
    throw new Violation(
      `${count} notifications wait, with the receiver back for ${(clearMs / hourMs).toFixed(1)} h`,
    );
  }

  return {
    get ended() {
      return ended;
    },
    async check(view, store) {
      const alarms = inspect.alarms();
      const keys = new Set(alarms.map(({ key }) => key));
      for (const key of standing) if (!keys.has(key)) ended++;
      standing = keys;
      checkStory(alarms, view);
      // While it is not clear what the time is, nobody can be told of ends.
      if (inspect.isClockDoubted() || view.oursMs < beginningMs) return;
      checkCauses(alarms, view);
      const isFull = view.nowMs >= nextFull;
      if (isFull) nextFull = view.nowMs + dayMs;
      const looked = lookedAt(view.oursMs);
      const names = isFull ? settledNames(view.oursMs) : looked;
      if (names.size === 0) return;
      const now = new Date(view.oursMs);
      const [unsettled] = await unsettledAlarms(store, now, (name) => names.has(name));
      if (unsettled !== undefined) throw new Violation(unsettled);
    },
  };
}
