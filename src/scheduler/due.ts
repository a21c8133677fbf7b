import type { Label } from '../base/label.ts';
import { nextAction, type ActionFacts } from '../lifecycle/next-action.ts';
import { renewalTime, renewalWindow, type Lifetime } from '../lifecycle/renewal-time.ts';
import { uncappedFrom } from './issue-cap.ts';
import type { Job, JobKind, Postponement } from './job.ts';
import type { MaintenanceWindow } from '../lifecycle/stored-windows.ts';
import { opensAt } from './maintenance-window.ts';
import { retryTimeAt, type Failing } from './retry.ts';

/** Everything that decides what is to be done about a name, as it is stored. */
export interface ScheduleFacts extends ActionFacts {
  readonly name: Label;
  /** Label of the CA profile it is renewed by, or is outstanding with. */
  readonly ca?: Label;
  /** `cmp auto-update` is set. */
  readonly isAutoUpdated: boolean;
  /** `cmp auto-fetch` is set: from so many days before the end on. */
  readonly autoFetch?: { readonly days: number };
  /** It is watched at a place that can be read; when that was read last, if ever. */
  readonly tracked?: { readonly readAt?: Date };
  /** What does not work at present. */
  readonly failing: { readonly [Kind in JobKind]?: Failing };
  /** When the name got its certificates, those of the last day at least. */
  readonly issuedAt: readonly Date[];
  /** When something is to be done about its OCSP responses and the endpoints they are served at. */
  readonly stapleAt?: Date;
  /** A responder has said that it is revoked, and it is set that another one is asked for then: since when. */
  readonly replaceAt?: Date;
  /** When alarms may change or repeat next. */
  readonly alarmsAt?: Date;
}

/** What holds for all names. */
export interface Surroundings {
  /** Renewals are begun in these only; none: at any time. */
  readonly windows: readonly MaintenanceWindow[];
  /** Until when a CA that does not answer is left alone; by label of its profile. */
  readonly downUntil: ReadonlyMap<string, Date>;
}

/**
 * Tell what is to be done about a name, and when: for the runner, for `agent plan` and, by `nextJob`, for all
 * that tell a person when a certificate is renewed. What is due
 * has a time that is now or past. Only the renewal of a certificate that is valid is among it: one that has expired
 * is for a person (RFC 9810 section 5.3.5).
 */
export function due(facts: ScheduleFacts, around: Surroundings, now: Date): readonly Job[] {
  const jobs: Job[] = [];
  const add = (kind: JobKind, timing: Timing): void => {
    const { name, ca } = facts;
    jobs.push({ kind, name, ...(ca !== undefined && { ca }), ...timing });
  };
  const action = nextAction(facts, now);
  switch (action.type) {
    case 'poll': {
      const kind = isFirst(facts) ? 'enrol' : 'poll';
      add(kind, asked(facts, kind, { at: action.at ?? now }, around, now));
      break;
    }
    case 'deploy':
      add('deploy', retried(facts, 'deploy', { at: now }, now));
      break;
    case 'renew':
    case 'fetch':
    case 'watch':
    case 'import':
    case 'replace':
    case 'none':
      break;
  }
  // Files that cannot be written keep nobody from renewing: the next certificate is to be there in time.
  const isBusy = facts.outstanding !== undefined;
  if (!isBusy && facts.replaceAt !== undefined) {
    // At once: no maintenance window is worth a revoked certificate.
    const at = facts.replaceAt;
    add('update', request(facts, { at }, { ...around, windows: [] }, now));
  } else if (!isBusy && facts.isAutoUpdated) {
    const at = renewal(facts, now);
    if (at !== undefined) add('update', request(facts, { at }, around, now));
  }
  if (facts.autoFetch !== undefined) {
    const at = fetching(facts, facts.autoFetch.days);
    if (at !== undefined) add('fetch', retried(facts, 'fetch', { at }, now));
  }
  if (facts.tracked !== undefined) {
    add('track', retried(facts, 'track', { at: reading(facts.tracked, now) }, now));
  }
  if (facts.stapleAt !== undefined) {
    add('staple', retried(facts, 'staple', { at: facts.stapleAt }, now));
  }
  if (facts.alarmsAt !== undefined) add('notify', { at: facts.alarmsAt });
  return jobs;
}

interface Timing {
  readonly at: Date;
  readonly postponed?: Postponement;
}

/** A request without an answer, of a name that has no certificate to be renewed. */
function isFirst({ outstanding, certificate }: ScheduleFacts): boolean {
  return (
    outstanding?.phase === 'requested' &&
    outstanding.operation !== 'rr' &&
    certificate?.status !== 'current'
  );
}

/** When the certificate is to be renewed; undefined for one that cannot be. */
function renewal({ certificate, renewDays }: ScheduleFacts, now: Date): Date | undefined {
  if (certificate?.status !== 'current' || !certificate.hasCa || !certificate.hasKey)
    return undefined;
  if (certificate.source === 'track' || certificate.notAfter <= now) return undefined;
  return renewalTime(certificate, certificate, renewDays).at;
}

/** A day: what somebody else renews is warned of for longer. */
const readingMs = 86_400_000;

/** Read at once what was never read, or read in a future that a wrong clock made. */
function reading({ readAt }: NonNullable<ScheduleFacts['tracked']>, now: Date): Date {
  return readAt === undefined || readAt > now ? now : new Date(readAt.getTime() + readingMs);
}

function fetching({ certificate }: ScheduleFacts, days: number): Date | undefined {
  if (certificate === undefined) return undefined;
  return renewalTime(certificate, certificate, days).at;
}

/** A renewal: after what failed, not too often, not while its CA is down, and in a maintenance window if that is in time. */
function request(facts: ScheduleFacts, usual: Timing, around: Surroundings, now: Date): Timing {
  const { certificate, issuedAt, renewDays } = facts;
  // What became of the last request may have come to light by a poll.
  let timing = retried(facts, 'poll', asked(facts, 'update', usual, around, now), now);
  if (certificate === undefined) return timing;
  const window = renewalWindow(certificate, renewDays);
  const intervalMs = renewalIntervalMs(certificate, renewDays);
  timing = later(timing, uncappedFrom(issuedAt, intervalMs, now), 'issued too often');
  const from = timing.at > now ? timing.at : now;
  const opens = opensAt(around.windows, from);
  // Never past the end: the last quarter of the window belongs to whatever goes wrong on the way.
  const latest = certificate.notAfter.getTime() - window.ms / 4;
  const isInTime = opens !== undefined && opens > from && opens.getTime() <= latest;
  return isInTime ? later(timing, opens, 'maintenance window') : timing;
}

/** Tell how long it is from one renewal of a certificate to the next, if all goes well. */
export function renewalIntervalMs(certificate: Lifetime, renewDays?: number): number {
  const lengthMs = certificate.notAfter.getTime() - certificate.notBefore.getTime();
  return lengthMs - renewalWindow(certificate, renewDays).ms;
}

/** Something that a CA is asked. */
function asked(
  facts: ScheduleFacts,
  kind: JobKind,
  usual: Timing,
  { downUntil }: Surroundings,
  now: Date,
): Timing {
  const timing = retried(facts, kind, usual, now);
  return later(timing, downUntil.get(facts.ca ?? ''), 'CA is down');
}

function retried(
  { name, failing }: ScheduleFacts,
  kind: JobKind,
  usual: Timing,
  now: Date,
): Timing {
  const failed = failing[kind];
  if (failed === undefined) return usual;
  const why = failed.kind === 'blocked' ? 'blocked' : 'retry';
  return later(usual, retryTimeAt(failed, `${name} ${kind}`, now), why);
}

function later(timing: Timing, at: Date | undefined, postponed: Postponement): Timing {
  return at !== undefined && at > timing.at ? { at, postponed } : timing;
}
