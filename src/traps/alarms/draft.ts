import type { Alarm } from './alarm.ts';
import {
  clearedBy,
  raisedBy,
  type AlarmFamily,
  type Condition,
  type Occurrence,
} from './condition.ts';
import type { Notification, NotificationDetails } from './notification.ts';
import type { ExpiryEnd, Observation } from './observation.ts';

/** A notification before it has its time and its words. */
export type Draft = Omit<Notification, 'sequence' | 'at' | 'text'> & {
  /** Absent: the next. */
  readonly sequence?: number;
  /** Of whoever failed. */
  readonly words?: string;
};

/** Give the failed attempts, or the polls, that a condition tells of. */
export function attemptsOf({ details }: Condition): number {
  const { attempts = 0 }: NotificationDetails = details;
  return attempts;
}

/** Count what of an alarm is not told. */
export function heldBack(alarm: Alarm, condition: Condition): Alarm {
  const attempts = attemptsOf(condition);
  // Polls are no notifications that somebody misses.
  const more = condition.type === 'request-waiting' ? 0 : Math.max(0, attempts - alarm.attempts);
  return { ...alarm, attempts, heldBack: alarm.heldBack + more };
}

/** Tell of something that is wrong; `alarm` is absent when nothing was told of it before. */
export function raiseOf(condition: Condition, { certificate }: Observation, alarm?: Alarm): Draft {
  return {
    name: raisedBy[condition.type].name,
    severity: condition.severity,
    ...(certificate !== undefined && { certificate }),
    ...(condition.text !== undefined && { words: condition.text }),
    details: condition.details,
    isFirst: alarm === undefined,
    ends: [],
    // This attempt is told: only those before it were held back.
    suppressed: alarm?.heldBack ?? 0,
  };
}

/** Tell of a new certificate, and that it settles what stood. */
export function occurrenceOf(
  { type, details }: Occurrence,
  { certificate }: Observation,
  settled: readonly Alarm[],
): Draft {
  return {
    name: type === 'issued' ? 'clmCertIssued' : 'clmCertRenewed',
    severity: 'cleared',
    ...(certificate !== undefined && { certificate }),
    details,
    isFirst: false,
    ends: settled.map(({ key }) => key),
    suppressed: 0,
  };
}

/** Tell that something is over. */
export function clearOf(
  { key, family, heldBack: suppressed, last }: Alarm,
  observation: Observation,
): Draft {
  const certificate = observation.certificate ?? last.certificate;
  return {
    name: clearedBy[family] ?? last.name,
    severity: 'cleared',
    ...(certificate !== undefined && { certificate }),
    details: clearDetails(family, last, observation),
    alarm: key,
    isFirst: false,
    ends: [key],
    suppressed,
  };
}

function clearDetails(
  family: AlarmFamily,
  last: Notification,
  observation: Observation,
): NotificationDetails {
  if (family === 'expiry') return { reason: expiryEndOf(last, observation) };
  // Nothing more is going to be tried: it is over.
  const { nextAttempt: _, ...details } = last.details;
  const isOfFresh = family === 'staple' || family === 'source';
  const deadline = isOfFresh ? observation.freshUntil : undefined;
  return deadline === undefined ? details : { ...details, deadline };
}

function expiryEndOf(last: Notification, { certificate, expiryEnd }: Observation): ExpiryEnd {
  if (expiryEnd !== undefined) return expiryEnd;
  if (certificate === undefined) return 'removed';
  const isSame = certificate.serialNumber === last.certificate?.serialNumber;
  return isSame ? 'threshold-changed' : 'renewed';
}
