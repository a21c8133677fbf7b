import type { Label } from '../base/label.ts';
import type { CertificateState } from '../lifecycle/certificate-state.ts';
import { daysIn } from '../lifecycle/days-set.ts';
import { moveIn } from '../lifecycle/move-certificate.ts';
import { outlookOf } from '../lifecycle/outlook.ts';
import { readStapling, type Stapling } from '../lifecycle/staple-versions.ts';
import { stapleDueAt } from '../ocsp-staple/due.ts';
import type { FailingRecord } from '../store/schedule-contract.ts';
import type { CertificateRecord, OutstandingTransaction, Store } from '../store/store.ts';
import type { NotificationPolicy } from '../traps/alarms/policy.ts';
import type { ScheduleFacts } from './due.ts';
import type { JobKind } from './job.ts';

const dayMs = 86_400_000;

/** What is stored of a name, read once for its schedule and its alarms. */
export interface NameReading {
  readonly schedule: ScheduleFacts;
  readonly state: CertificateState;
  /** Its latest certificate. */
  readonly record?: CertificateRecord;
  readonly outstanding?: OutstandingTransaction;
  readonly failing: readonly FailingRecord[];
  /** Its OCSP responses and where they are served, if they are anywhere. */
  readonly stapling?: Stapling;
  /** What holds for its notifications. */
  readonly policy: NotificationPolicy;
}

/**
 * Read a name.
 *
 * @returns undefined when nothing is stored of it
 */
export async function readName(
  store: Store,
  name: Label,
  now: Date,
): Promise<NameReading | undefined> {
  const record = await store.certificates.latest(name);
  const { facts, state, outstanding, settings, policy } = await outlookOf(store, name, record, now);
  const failing = await store.schedule.failing(name);
  // A first request that failed is told of, until somebody asks again or clears it.
  if (record === undefined && outstanding === undefined && failing.length === 0) return undefined;
  const fetchDays = daysIn(settings.get('auto-fetch-days'));
  const ca = outstanding?.ca ?? moveIn(settings.get('renew-by'))?.ca ?? record?.ca;
  const tracked = trackedAt(settings);
  const stapling = await readStapling(store, name);
  const stapleAt = stapling && stapleDueAt(stapling.versions, stapling.endpoints, now);
  const replaceAt =
    settings.get('staple-revoked') === 'renew' ? revokedFor(record, stapling) : undefined;
  const schedule: ScheduleFacts = {
    ...facts,
    name,
    ...(ca !== undefined && { ca }),
    isAutoUpdated: facts.renewDays !== undefined,
    ...(fetchDays !== undefined && { autoFetch: { days: fetchDays } }),
    ...(tracked && { tracked }),
    ...(stapleAt && { stapleAt }),
    ...(replaceAt && { replaceAt }),
    failing: failingByJob(failing),
    // Two days, though one counts: a clock that is set ahead drops none of them.
    issuedAt: await store.schedule.issuedSince(name, new Date(now.getTime() - 2 * dayMs)),
  };
  return {
    schedule,
    state,
    ...(record && { record }),
    ...(outstanding && { outstanding }),
    failing,
    ...(stapling && { stapling }),
    policy,
  };
}

/** What is on hold may be good again; what is revoked for good is replaced. */
function revokedFor(
  record: CertificateRecord | undefined,
  stapling: Stapling | undefined,
): Date | undefined {
  if (record?.status !== 'current' || record.ca === undefined) return undefined;
  const version = stapling?.versions.find((each) => each.record.id === record.id);
  const { revoked, triedAt } = version?.kept ?? {};
  return revoked && revoked.reason !== 'certificateHold' ? triedAt : undefined;
}

function trackedAt(settings: ReadonlyMap<string, string>): ScheduleFacts['tracked'] {
  if (!settings.has('track-source')) return undefined;
  const readAt = Number(settings.get('track-read-at'));
  return Number.isFinite(readAt) && readAt > 0 ? { readAt: new Date(readAt) } : {};
}

const jobs: readonly JobKind[] = [
  'update',
  'enrol',
  'poll',
  'fetch',
  'track',
  'deploy',
  'staple',
  'notify',
];

function failingByJob(
  records: Awaited<ReturnType<Store['schedule']['failing']>>,
): ScheduleFacts['failing'] {
  return Object.fromEntries(
    jobs.flatMap((kind) => {
      const record = records.find(({ job }) => job === kind);
      return record === undefined ? [] : [[kind, record] as const];
    }),
  );
}
