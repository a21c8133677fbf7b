import { formatTime } from '../base/format-time.ts';
import type { Clock } from '../base/clock.ts';
import type { Label } from '../base/label.ts';
import { notificationPolicy } from '../lifecycle/notification-policy.ts';
import type { Watched, WatchedKind } from '../store/notifications-contract.ts';
import type { Store } from '../store/store.ts';
import { subjectKey, type Alarm, type AlarmSubject } from '../traps/alarms/alarm.ts';
import type { CertificateFacts } from '../traps/alarms/certificate-facts.ts';
import { clockEndpoint, clockSuspect } from '../traps/alarms/condition.ts';
import { removed, type Observation } from '../traps/alarms/observation.ts';
import { usualSpreadSeconds } from '../traps/alarms/outbox.ts';
import { dayMs, type NotificationPolicy } from '../traps/alarms/policy.ts';
import { react } from '../traps/alarms/react.ts';
import { conditionsOf, nextChangeAt } from '../traps/alarms/watch.ts';
import { alarmFacts } from './alarm-facts.ts';
import { clockBehindCrls } from './clock-behind-crls.ts';
import type { Surroundings } from './due.ts';
import { certificateColumns } from './notified-certificate.ts';
import type { NameReading } from './read-name.ts';
import { spread } from '../base/spread.ts';

/** What looking needs. */
export interface WatchContext {
  readonly store: Store;
  readonly clock: Pick<Clock, 'now'>;
  /** See `doubtClock`. */
  readonly isClockSuspect: boolean;
  /** What is found is told within a minute, and not all of it at once. */
  readonly isStarting: boolean;
  /** What keeps the next attempt from its usual time. */
  readonly around?: Surroundings;
}

/**
 * Raise, repeat and clear the alarms of a name, and tell of a new certificate.
 *
 * @param reading of that name; undefined when nothing is stored of it any more
 * @returns when something of it is to be told next, if nothing else changes
 */
export async function watchName(
  context: WatchContext,
  name: Label,
  reading: NameReading | undefined,
): Promise<Date | undefined> {
  const { store, clock, isClockSuspect } = context;
  const now = clock.now();
  if (reading === undefined) {
    await forget(context, 'certificate', name);
    return undefined;
  }
  const watched = await store.alarms.watched('certificate', name);
  const found = await alarmFacts(store, reading, watched, now, context.around);
  const facts = { ...found.facts, ...(isClockSuspect && { isClockSuspect }) };
  const { version } = found;
  const isNew = version !== undefined && version > watched.toldVersion;
  const { policy } = reading;
  const told = isNew ? { index: watched.index, version } : undefined;
  const observation = conditionsOf(facts, now, policy);
  const alarms = await observe({ ...context, policy }, observation, name, told);
  return nextChangeAt(facts, alarms, policy, now);
}

/** Look at the CA certificates that have a label, and at the roots of the CA profiles. */
export async function watchAuthorities(context: WatchContext): Promise<void> {
  const { store } = context;
  const entries = await store.caCertificates.list();
  await watchAll(context, 'ca', new Map(entries.map(({ label, der }) => [label, der])));
  const roots = (await store.authorities.list()).flatMap(({ label, roots: ders }) => {
    // Of old and new it is the new one that has to last.
    const [last] = ders.toSorted((a, b) => endOf(b) - endOf(a));
    return last === undefined ? [] : [[label, last] as const];
  });
  await watchAll(context, 'root', new Map(roots));
}

async function watchAll(
  context: WatchContext,
  kind: WatchedKind,
  certificates: ReadonlyMap<string, Uint8Array>,
): Promise<void> {
  const { store, clock, isClockSuspect } = context;
  const now = clock.now();
  const policy = await notificationPolicy(store);
  for (const [name, der] of certificates) {
    const { index } = await store.alarms.watched(kind, name);
    const columns = certificateColumns(der);
    const state = columns.notAfter !== undefined && columns.notAfter <= now ? 'expired' : 'active';
    const facts: CertificateFacts = {
      index,
      name,
      ...columns,
      state,
      profile: kind === 'root' ? name : '',
      ...(isClockSuspect && { isClockSuspect }),
    };
    await observe({ ...context, policy }, conditionsOf(facts, now, policy), name);
  }
  const gone = (await store.alarms.names(kind)).filter((name) => !certificates.has(name));
  for (const name of gone) await forget(context, kind, name);
}

function endOf(der: Uint8Array): number {
  return certificateColumns(der).notAfter?.getTime() ?? 0;
}

/** End what stands of a name that is gone, and give its number up. */
async function forget(context: WatchContext, kind: WatchedKind, name: string): Promise<void> {
  const { alarms } = context.store;
  const watched = await alarms.find(kind, name);
  if (watched === undefined) return;
  await observe(context, removed(subjectOf(watched)), name);
  await alarms.forget(kind, name);
}

/** No certkeeper was there before: a clock that says so has no battery. */
const beginning = new Date(Date.UTC(2026, 0, 1));

/**
 * Find out whether the clock can be right, and have it told when not: before the first certkeeper, before the newest time
 * there was, or by more than a day before a CRL that is held. Who is wrong, the clock now or the one of then, shows after a day: then it is believed.
 */
export async function doubtClock(context: Omit<WatchContext, 'isClockSuspect'>): Promise<boolean> {
  const { store, clock } = context;
  const now = clock.now();
  const { newestAt, doubtedSince } = await store.alarms.seen(now);
  const isLong = doubtedSince !== undefined && now.getTime() - doubtedSince.getTime() >= dayMs;
  if (isLong) await store.alarms.believe(now);
  const crlAt = await clockBehindCrls(store, now);
  const isSetBack = doubtedSince !== undefined && !isLong;
  const isSuspect = now < beginning || isSetBack || crlAt !== undefined;
  const besides = isSetBack
    ? `, and has said ${formatTime(newestAt)} before`
    : crlAt && `, and a CRL that is held is of ${formatTime(crlAt)}`;
  const text = `it says ${formatTime(now)}${(now >= beginning && besides) || ''}`;
  const observation: Observation = {
    subject: { type: 'source', endpoint: clockEndpoint },
    conditions: isSuspect ? [clockSuspect(text)] : [],
  };
  // What was not told because of the clock is told now. Before its own alarm ends: whoever is killed between the two,
  // the next one finds that alarm, and does it again.
  const told = await store.alarms.of(subjectKey(observation.subject));
  if (!isSuspect && told.length > 0) await store.schedule.wake();
  await observe({ ...context, isClockSuspect: isSuspect }, observation, clockEndpoint);
  return isSuspect;
}

async function observe(
  {
    store,
    clock,
    isStarting,
    policy: known,
  }: WatchContext & { readonly policy?: NotificationPolicy },
  observation: Observation,
  name: string,
  told?: { readonly index: number; readonly version: number },
): Promise<readonly Alarm[]> {
  const now = clock.now();
  const policy = known ?? (await notificationPolicy(store));
  const lateMs = isStarting ? Math.floor(spread(name) * usualSpreadSeconds * 1000) : 0;
  const { alarms } = await store.alarms.look(subjectKey(observation.subject), now, (standing) => ({
    ...react({ ...standing, observation, now, policy }),
    notBefore: new Date(now.getTime() + lateMs),
    ...(told && { told }),
  }));
  return alarms;
}

function subjectOf({ index }: Watched): AlarmSubject {
  return { type: 'certificate', index };
}
