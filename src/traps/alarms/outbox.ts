import type { Notification } from './notification.ts';
import { dayMs } from './policy.ts';
import { compareSeverity } from './severity.ts';
import { refilled, tokenAt, type RateLimits, type TokenBucket } from './token-bucket.ts';

/** A notification on its way to one destination. A row of the store, but for its number. */
export interface NewOutboxEntry {
  /** Name of the destination. */
  readonly destination: string;
  readonly notification: Notification;
  readonly createdAt: Date;
  /** Attempts that were begun, whatever became of them. */
  readonly attempts: number;
  /** Not before. */
  readonly nextAttemptAt: Date;
}

/**
 * A row of the store: its number grows, and tells the order. Number and attempts together name what is being sent: it
 * is removed, or written by `afterFailure`, only if both are still the same, for `enqueue` may have put something
 * newer in its place meanwhile.
 */
export interface OutboxEntry extends NewOutboxEntry {
  readonly id: number;
}

/** How long something is kept for a destination, and how much. */
export interface OutboxLimits {
  readonly maxAgeMs: number;
  /** Of what ends an alarm: nobody will say it again. */
  readonly maxAgeOfEndsMs: number;
  readonly maxEntries: number;
}

/** After a day the repeats have said it again; a thousand are the alarms of a whole network. */
export const usualOutboxLimits: OutboxLimits = {
  maxAgeMs: dayMs,
  maxAgeOfEndsMs: 7 * dayMs,
  maxEntries: 1000,
};

/** What is to be written in one go. */
export interface Enqueued {
  /** Numbers of entries that are to go. */
  readonly remove: readonly number[];
  /** Absent when the destination needs not be told. */
  readonly add?: NewOutboxEntry;
  /** Number of the entry whose place `add` takes, and which goes; absent: it comes last. */
  readonly place?: number;
  /** How many were dropped for want of room: to be counted for the destination. */
  readonly dropped: number;
}

/**
 * Put a notification into the queue of one destination. What it makes out of date there goes: one entry at most is
 * kept of an alarm, and none of one that is over. Whoever was never told of an alarm is not told of its end. Over the
 * bound, the oldest goes, and what ends an alarm at the last.
 *
 * @param queue all entries of this destination
 * @param notBefore when it may be sent at the earliest (`spread`); absent: now
 */
export function enqueue(
  queue: readonly OutboxEntry[],
  notification: Notification,
  destination: string,
  now: Date,
  { maxEntries }: OutboxLimits = usualOutboxLimits,
  notBefore: Date = now,
): Enqueued {
  const gone = queue.filter((entry) => isReplaced(entry.notification, notification));
  const own = gone.find((entry) => entry.notification.alarm === notification.alarm);
  const wasNeverTold = own !== undefined && own.notification.isFirst && own.attempts === 0;
  const isEnd = notification.alarm !== undefined && notification.severity === 'cleared';
  // What those that go would have ended, this one has to.
  const inherited = gone
    .flatMap((entry) => entry.notification.ends)
    .filter((key) => key !== notification.alarm && !notification.ends.includes(key));
  const remove = gone.map(({ id }) => id);
  if (isEnd && wasNeverTold && inherited.length === 0) return { remove, dropped: 0 };
  const kept = queue.filter((entry) => !gone.includes(entry));
  const excess = Math.max(0, kept.length + 1 - maxEntries);
  const dropped = kept
    .toSorted((a, b) => Number(isEnding(a)) - Number(isEnding(b)) || a.id - b.id)
    .slice(0, excess);
  const replaced = own === undefined ? 0 : own.notification.suppressed + 1;
  return {
    remove: [...remove, ...dropped.map(({ id }) => id)],
    add: {
      destination,
      notification: {
        ...notification,
        ends: [...notification.ends, ...new Set(inherited)],
        suppressed: notification.suppressed + replaced,
        // Still unknown to the destination, when what it replaces would have been the first word. One that comes
        // again before its end was told is known.
        isFirst: own === undefined ? notification.isFirst : wasNeverTold,
      },
      createdAt: now,
      attempts: 0,
      nextAttemptAt: notBefore,
    },
    // Where it was: what is told after it may be something that it ends, and that has come again.
    ...(own !== undefined && { place: own.id }),
    dropped: dropped.length,
  };
}

function isEnding({ notification }: OutboxEntry): boolean {
  return notification.ends.length > 0;
}

function isReplaced(old: Notification, fresh: Notification): boolean {
  if (old.alarm === undefined) return false;
  return old.alarm === fresh.alarm || fresh.ends.includes(old.alarm);
}

/** Minutes between the attempts; the last one again and again. */
const delays: readonly number[] = [1, 2, 5, 15, 60];

const longestDelayMs = 60 * 60_000;

/** Count an attempt; written before it is made, so that nobody killed in it takes it for one never made. */
export function begun(entry: OutboxEntry): OutboxEntry {
  return { ...entry, attempts: entry.attempts + 1 };
}

/**
 * Tell when something that could not be sent is tried again: after 1, 2, 5, 15 and then every 60 minutes.
 *
 * @param entry as `begun` made it
 * @returns `undefined` when it is given up, since it is too old
 */
export function afterFailure(
  entry: OutboxEntry,
  now: Date,
  { maxAgeMs, maxAgeOfEndsMs }: OutboxLimits = usualOutboxLimits,
): OutboxEntry | undefined {
  const limitMs = isEnding(entry) ? maxAgeOfEndsMs : maxAgeMs;
  if (now.getTime() - entry.createdAt.getTime() >= limitMs) return undefined;
  const minutes = delays[Math.min(entry.attempts, delays.length) - 1] ?? 1;
  // A clock that was set back does not make it wait for that future.
  const createdAt = entry.createdAt < now ? entry.createdAt : now;
  return { ...entry, createdAt, nextAttemptAt: new Date(now.getTime() + minutes * 60_000) };
}

/** What is to be sent now, in this order, and when to look again. */
export interface Dispatch {
  readonly entries: readonly OutboxEntry[];
  /** As it is when all of them have been sent. */
  readonly bucket: TokenBucket;
  /** Absent when nothing is left. */
  readonly nextAt?: Date;
}

/**
 * Choose what one destination is sent now: the worst first, but never something before what was told earlier of the
 * same certificate, which it may end. Of one certificate it is one at a time: whether the next may follow shows when
 * this one has arrived, or will be tried again.
 *
 * @param queue all entries of this destination
 */
export function dispatch(
  queue: readonly OutboxEntry[],
  bucket: TokenBucket,
  limits: RateLimits,
  now: Date,
): Dispatch {
  const full = refilled(bucket, limits, now);
  const groups = [...Map.groupBy(queue, subjectOf).values()].map((group) =>
    group.toSorted((a, b) => a.id - b.id),
  );
  const ready = groups
    .filter(([first]) => first !== undefined && isDue(first, now))
    .toSorted((a, b) => compareSeverity(worstOf(b), worstOf(a)) || ageOf(a) - ageOf(b));
  const entries = ready.flatMap((group) => group.slice(0, 1)).slice(0, Math.floor(full.tokens));
  const after = { tokens: full.tokens - entries.length, at: now };
  const waiting = groups
    .map((group) => group.find((entry) => !entries.includes(entry))?.nextAttemptAt)
    .filter((moment) => moment !== undefined)
    .toSorted((a, b) => a.getTime() - b.getTime())[0];
  if (waiting === undefined) return { entries, bucket: after };
  const free = tokenAt(after, limits);
  return { entries, bucket: after, nextAt: waiting < free ? free : waiting };
}

/** No attempt is put off by more than an hour: one that is, was so before the clock was set back. */
function isDue({ nextAttemptAt }: OutboxEntry, now: Date): boolean {
  const ms = nextAttemptAt.getTime() - now.getTime();
  return ms <= 0 || ms > longestDelayMs;
}

function subjectOf({ notification }: OutboxEntry): string {
  const { certificate, details } = notification;
  return certificate === undefined ? `at ${details.endpoint ?? ''}` : `of ${certificate.index}`;
}

function worstOf(group: readonly OutboxEntry[]): Notification['severity'] {
  return group
    .map(({ notification }) => notification.severity)
    .reduce((worst, each) => (compareSeverity(each, worst) > 0 ? each : worst), 'cleared');
}

function ageOf([first]: readonly OutboxEntry[]): number {
  return first?.id ?? 0;
}

/** Over how many seconds what is found at start is told. */
export const usualSpreadSeconds = 60;
