import { toHex } from '../base/bytes.ts';
import type { CertificateState } from '../lifecycle/certificate-state.ts';
import { renewalTime } from '../lifecycle/renewal-time.ts';
import type { FailingRecord } from '../store/schedule-contract.ts';
import type { CertificateRecord, OutstandingTransaction, Store } from '../store/store.ts';
import type { CertificateFacts, LifecycleWord } from '../traps/alarms/certificate-facts.ts';
import { subjectKey } from '../traps/alarms/alarm.ts';
import type { Occurrence } from '../traps/alarms/condition.ts';
import { usualOutboxLimits } from '../traps/alarms/outbox.ts';
import { nextChangeAt } from '../traps/alarms/watch.ts';
import type { Watched } from '../store/notifications-contract.ts';
import { due, type ScheduleFacts, type Surroundings } from './due.ts';
import type { JobKind } from './job.ts';
import { certificateColumns } from './notified-certificate.ts';
import { ownFacts } from './own-facts.ts';
import type { NameReading } from './read-name.ts';
import { stapleFacts } from './staple-facts.ts';

/** What alarms and notifications are made from, and up to which version that is. */
export interface AlarmFacts {
  readonly facts: CertificateFacts;
  /** The version in use, when there is one that is where it should be. */
  readonly version?: number;
}

/** Tell when something of a name is to be told next, if nothing else changes. */
export async function alarmsAt(
  store: Store,
  reading: NameReading,
  now: Date,
): Promise<Date | undefined> {
  const watched = (await store.alarms.find('certificate', reading.schedule.name)) ?? unknown;
  const { facts } = await alarmFacts(store, reading, watched, now);
  const alarms = await store.alarms.of(subjectKey({ type: 'certificate', index: watched.index }));
  return nextChangeAt(facts, alarms, reading.policy, now);
}

const unhindered: Surroundings = { windows: [], downUntil: new Map() };

const unknown: Watched = { index: 0, toldVersion: 0 };

/** Jobs that ask for a certificate. */
export const asking: readonly JobKind[] = ['update', 'enrol', 'poll', 'fetch'];

/** Read what is told of a name. */
export async function alarmFacts(
  store: Store,
  { schedule, record, state, outstanding, failing: records, stapling }: NameReading,
  watched: Watched,
  now: Date,
  around: Surroundings = unhindered,
): Promise<AlarmFacts> {
  const { name } = schedule;
  const failed = failedOf(records, outstanding);
  const times = due(schedule, around, now);
  const next = times
    .filter(({ kind }) => asking.includes(kind))
    .toSorted((a, b) => a.at.getTime() - b.at.getTime())[0];
  const isDelivered = record?.status === 'current' && schedule.certificate?.delivery === 'done';
  const version = isDelivered ? record.version : undefined;
  const isNew = version !== undefined && version > watched.toldVersion;
  return {
    facts: {
      index: watched.index,
      name,
      ...certificateColumns(record?.der),
      profile: schedule.ca ?? '',
      state: wordOf(state, failed),
      ...renewAtOf(schedule, now),
      ...(failed && { failing: await failingOf(store, name, failed) }),
      ...(outstanding && waitingOf(outstanding)),
      ...(next && { nextAttempt: next.at }),
      ...(await ownFacts(store, record)),
      ...stapleFacts(stapling, record, now),
      ...revokedOf(record),
      ...(await undeliveredOf(store, record, schedule, records, now)),
      ...(isNew && record && { occurrences: await occurrencesOf(store, record, now) }),
    },
    ...(version !== undefined && { version }),
  };
}

/** Where a name stands when nothing goes on but attempts in vain. */
const hindered: readonly LifecycleWord[] = [
  'none',
  'requested',
  'active',
  'expiring',
  'renewing',
  'awaiting import',
];

/** Find what fails of a request, its attempts together; once the CA has answered it, what failed before that is over. */
export function failedOf(
  records: readonly FailingRecord[],
  outstanding: Pick<OutstandingTransaction, 'phase'> | undefined,
): FailingRecord | undefined {
  const isAnswered = outstanding !== undefined && outstanding.phase !== 'requested';
  const kinds: readonly string[] = isAnswered ? ['poll'] : asking;
  const failed = records
    .filter(({ job }) => kinds.includes(job))
    .toSorted((a, b) => b.lastAt.getTime() - a.lastAt.getTime());
  const [last] = failed;
  return last && { ...last, count: failed.reduce((sum, { count }) => sum + count, 0) };
}

/**
 * Tell whether attempts in vain are what there is to know first of a name: what fails goes before what is well; what
 * has ended, or is under way, before that.
 */
export function hindranceOf(
  state: CertificateState,
  failed: FailingRecord | undefined,
): 'failed' | 'blocked' | undefined {
  if (isWaiting(state) || failed === undefined || !hindered.includes(state.type)) return undefined;
  return failed.kind === 'blocked' ? 'blocked' : 'failed';
}

function wordOf(state: CertificateState, failed: FailingRecord | undefined): LifecycleWord {
  return isWaiting(state) ? 'waiting' : (hindranceOf(state, failed) ?? state.type);
}

function isWaiting(state: CertificateState): boolean {
  return 'step' in state && state.step === 'waiting';
}

function renewAtOf(
  { certificate, renewDays, isAutoUpdated }: ScheduleFacts,
  now: Date,
): Pick<CertificateFacts, 'renewAt'> {
  if (!isAutoUpdated || certificate === undefined || certificate.notAfter <= now) return {};
  return { renewAt: renewalTime(certificate, certificate, renewDays).at };
}

async function failingOf(
  store: Store,
  name: string,
  { count: attempts, code, text, kind, firstAt }: FailingRecord,
): Promise<NonNullable<CertificateFacts['failing']>> {
  const last = await store.history.last(name);
  const isOfIt = last?.result === 'rejected' && (last.closedAt ?? last.openedAt) >= firstAt;
  const bits = isOfIt ? (last.failInfo ?? []) : [];
  return {
    attempts,
    reason: bits.length === 0 ? code : bits.join(','),
    operation: last?.operation ?? 'kur',
    ...(isOfIt && { transactionID: last.transactionID, pkiStatus: rejection }),
    text,
    isBlocked: kind === 'blocked',
  };
}

/** PKIStatus of RFC 9810 section 5.2.3. */
const rejection = 2;

function waitingOf({
  phase,
  openedAt,
  polls,
  operation,
  transactionID,
}: OutstandingTransaction): Pick<CertificateFacts, 'waiting'> {
  if (phase !== 'waiting' && phase !== 'polled') return {};
  const waiting = { since: openedAt, polls, operation, transactionID: toHex(transactionID) };
  return { waiting };
}

/** Of one that is revoked, nothing more is said about its end. */
function revokedOf(
  record: CertificateRecord | undefined,
): Pick<CertificateFacts, 'revoked' | 'isUnwatched'> {
  if (record?.status !== 'revoked') return {};
  const { revocationReason: reason = 'unspecified', revokedAt: at } = record;
  return { revoked: { reason, ...(at && { at }) }, isUnwatched: true };
}

async function undeliveredOf(
  store: Store,
  record: CertificateRecord | undefined,
  schedule: ScheduleFacts,
  records: readonly FailingRecord[],
  now: Date,
): Promise<Pick<CertificateFacts, 'undelivered'>> {
  const failed = records.find(({ job }) => job === 'deploy');
  const text = record?.deliveryError ?? failed?.text;
  const delivery = schedule.certificate?.delivery;
  const isPending = delivery === 'pending' || delivery === 'not in use';
  if (record?.status !== 'current' || !isPending || text === undefined) return {};
  const deployments = await store.deployments.list(record.name);
  const where = deployments.find(({ status }) => status?.error !== undefined);
  const again = due(schedule, unhindered, now).find(({ kind }) => kind === 'deploy');
  return {
    undelivered: {
      reason: failed?.code ?? 'DELIVERY_FAILED',
      attempts: failed?.count ?? 1,
      text,
      ...(where && { endpoint: where.label }),
      ...(again && { nextAttempt: again.at }),
    },
  };
}

/** Tell of a certificate that came by a request, or from another node; what people import they know of. */
async function occurrencesOf(
  store: Store,
  { id, name, version, source, deliveredAt }: CertificateRecord,
  now: Date,
): Promise<readonly Occurrence[]> {
  if (source !== 'cmp' && source !== 'fetch') return [];
  // Delivered when nobody was to be told; whoever begins to listen wants no news of years.
  const ageMs = now.getTime() - (deliveredAt?.getTime() ?? 0);
  if (ageMs > usualOutboxLimits.maxAgeOfEndsMs) return [];
  const last = source === 'cmp' ? await store.history.last(name) : undefined;
  const isGranted = last?.result === 'granted';
  const old = (await store.certificates.versions(name))
    .filter((each) => each.id !== id && each.version > 0 && each.version < version)
    .toSorted((a, b) => b.version - a.version)[0];
  const oldSerialNumber = certificateColumns(old?.der).serialNumber;
  return [
    {
      type: version === 1 ? 'issued' : 'renewed',
      details: {
        operation: last?.operation ?? (source === 'fetch' ? 'fetch' : 'none'),
        ...(isGranted && { transactionID: last.transactionID }),
        ...(oldSerialNumber !== '' && { oldSerialNumber }),
      },
    },
  ];
}
