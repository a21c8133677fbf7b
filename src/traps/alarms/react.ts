import { alarmKey, subjectKey, type Alarm } from './alarm.ts';
import { raisedBy, settledByIssue, type AlarmFamily, type Condition } from './condition.ts';
import { attemptsOf, clearOf, heldBack, occurrenceOf, raiseOf, type Draft } from './draft.ts';
import type { Notification, NotificationDetails } from './notification.ts';
import type { Observation } from './observation.ts';
import type { NotificationPolicy } from './policy.ts';
import { gapEndsAt, repeatAt } from './repeat.ts';
import { compareSeverity } from './severity.ts';
import { notificationText } from './text.ts';

/** What `react` needs. */
export interface ReactInput {
  /** All that stand of this subject, and no others. */
  readonly alarms: readonly Alarm[];
  readonly observation: Observation;
  readonly now: Date;
  readonly policy: NotificationPolicy;
  /** Number of the next event of this sender, from 1. */
  readonly nextSequence: number;
}

/** What is to be written in one go: the alarms in place of those before, the notifications into the outbox. */
export interface Reaction {
  readonly alarms: readonly Alarm[];
  readonly notifications: readonly Notification[];
  readonly nextSequence: number;
}

/** clmEventSequence is an Unsigned32; after the last number comes 1 again. */
export const maxSequence = 4_294_967_295;

/**
 * Tell what has changed. A new alarm is told at once, and so is one that gets worse; one with another reason when
 * the least gap has passed; one that stands unchanged when it is to be repeated; and one that is true no more ends
 * with exactly one notification, be it that of a new certificate. What is not told is counted.
 */
export function react({ alarms, observation, now, policy, nextSequence }: ReactInput): Reaction {
  const standing = new Map(alarms.map((alarm) => [alarm.key, notFromTheFuture(alarm, now)]));
  const conditions = worstByKey(observation);
  const notifications: Notification[] = [];
  let sequence = nextSequence;
  const tell = (draft: Draft): Notification => {
    const { sequence: number = sequence, words, ...rest } = draft;
    if (draft.sequence === undefined) sequence = sequence === maxSequence ? 1 : sequence + 1;
    const text = notificationText({ ...rest, at: now, ...(words !== undefined && { words }) });
    const notification = { ...rest, sequence: number, at: now, text };
    notifications.push(notification);
    return notification;
  };
  const clear = (alarm: Alarm): void => {
    standing.delete(alarm.key);
    tell(clearOf(alarm, observation));
  };

  for (const occurrence of observation.occurrences ?? []) {
    const settled = [...standing.values()].filter(({ family }) => settledByIssue.includes(family));
    for (const { key } of settled) standing.delete(key);
    tell(occurrenceOf(occurrence, observation, settled));
  }
  // Of another certificate: what stood is over, and what is true now is another alarm.
  for (const alarm of standing.values()) if (isOfAnother(alarm, observation)) clear(alarm);
  for (const [key, condition] of conditions) {
    const alarm = standing.get(key);
    const duty = alarm === undefined ? 'raise' : dutyOf(alarm, condition, observation, now, policy);
    if (alarm !== undefined && duty === 'hold') {
      standing.set(key, heldBack(alarm, condition));
      continue;
    }
    // A failure ends the waiting before it; what waits again stays.
    const waited = [...standing.values()].filter(
      (each) => endsByFailure(condition, each.family) && !conditions.has(each.key),
    );
    for (const each of waited) standing.delete(each.key);
    const last = tell({
      ...raiseOf(condition, observation, alarm),
      alarm: key,
      ends: waited.map((each) => each.key),
      ...(alarm !== undefined && duty === 'repeat' && { sequence: alarm.last.sequence }),
    });
    standing.set(key, {
      key,
      subject: subjectKey(observation.subject),
      family: raisedBy[condition.type].family,
      raisedAt: alarm?.raisedAt ?? now,
      lastSentAt: now,
      count: (alarm?.count ?? 0) + 1,
      heldBack: 0,
      attempts: attemptsOf(condition),
      last,
    });
  }
  for (const alarm of standing.values()) {
    if (!conditions.has(alarm.key) && !isUndecided(alarm.family, observation)) clear(alarm);
  }
  return { alarms: [...standing.values()], notifications, nextSequence: sequence };
}

/** A clock that was set back must not silence an alarm until that future comes again. */
function notFromTheFuture(alarm: Alarm, now: Date): Alarm {
  if (alarm.lastSentAt <= now) return alarm;
  return { ...alarm, lastSentAt: now, raisedAt: alarm.raisedAt < now ? alarm.raisedAt : now };
}

function worstByKey({ conditions, subject }: Observation): ReadonlyMap<string, Condition> {
  const worst = new Map<string, Condition>();
  for (const condition of conditions) {
    const key = alarmKey(condition, subject);
    const other = worst.get(key);
    if (other === undefined || compareSeverity(condition.severity, other.severity) > 0)
      worst.set(key, condition);
  }
  return worst;
}

function isUndecided(family: AlarmFamily, { undecided }: Observation): boolean {
  return undecided?.includes(family) ?? false;
}

function isOfAnother({ family, last }: Alarm, observation: Observation): boolean {
  if (family !== 'expiry' && family !== 'revoked') return false;
  if (isUndecided(family, observation)) return false;
  const { certificate } = observation;
  return certificate !== undefined && certificate.serialNumber !== last.certificate?.serialNumber;
}

/** 7 is ended by 6: the CA has refused what it let wait, or is asked no more. */
function endsByFailure(condition: Condition, family: AlarmFamily): boolean {
  return condition.type === 'renewal-failed' && family === 'waiting';
}

/**
 * What is to be done about an alarm that stands: `change` has another number, `repeat` the same, so that a receiver
 * can drop it.
 */
function dutyOf(
  alarm: Alarm,
  condition: Condition,
  { certificate }: Observation,
  now: Date,
  policy: NotificationPolicy,
): 'change' | 'repeat' | 'hold' {
  const severity = compareSeverity(condition.severity, alarm.last.severity);
  if (severity > 0) return 'change';
  const isOther = isToldOtherwise(alarm, condition);
  if (isOther && gapEndsAt(alarm, policy) <= now) return 'change';
  const due = repeatAt(alarm.lastSentAt, certificate?.notAfter, policy);
  if (due === undefined || due > now || gapEndsAt(alarm, policy) > now) return 'hold';
  return severity === 0 && !isOther ? 'repeat' : 'change';
}

/** Tell whether an alarm would be told with another name or reason than last time. */
export function isToldOtherwise({ last }: Alarm, condition: Condition): boolean {
  return (
    raisedBy[condition.type].name !== last.name ||
    reasonOf(condition.details) !== last.details.reason
  );
}

function reasonOf({ reason }: NotificationDetails): string | undefined {
  return reason;
}
