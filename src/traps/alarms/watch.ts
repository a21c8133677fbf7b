import { formatTime } from '../../base/format-time.ts';
import type { Alarm } from './alarm.ts';
import { alarmKey } from './alarm.ts';
import {
  decidedByClock,
  notifiedState,
  type CertificateFacts,
  type StaleStaple,
} from './certificate-facts.ts';
import { notYetValid, type Condition } from './condition.ts';
import type { NotifiedCertificate } from './notification.ts';
import type { Observation } from './observation.ts';
import { dayMs, hourMs, type NotificationPolicy } from './policy.ts';
import { isToldOtherwise } from './react.ts';
import { gapEndsAt, repeatAt } from './repeat.ts';

/** Clocks of CAs are ahead by so much all the time: the usual tolerance of CA profiles. */
const aheadMs = 300_000;

/** Of the warning time: with this much of it left, the warning is major. */
const majorPart = 4;

/**
 * Find the moment from which the end of a certificate is warned of: not before half of its lifetime is over.
 *
 * @returns `undefined` when it is not warned of
 */
export function warningAt(
  { notBefore, notAfter }: Pick<CertificateFacts, 'notBefore' | 'notAfter'>,
  policy: NotificationPolicy,
): Date | undefined {
  if (notAfter === undefined || policy.warningHours === 0) return undefined;
  return new Date(notAfter.getTime() - warningMs(notBefore, notAfter, policy));
}

function warningMs(
  notBefore: Date | undefined,
  notAfter: Date,
  { warningHours }: NotificationPolicy,
): number {
  const wanted = Math.round(warningHours * hourMs);
  if (notBefore === undefined) return wanted;
  const whole = Math.max(0, notAfter.getTime() - notBefore.getTime());
  return Math.min(wanted, Math.ceil(whole / 2));
}

/** Tell what is wrong with a certificate now. */
export function conditionsOf(
  facts: CertificateFacts,
  now: Date,
  policy: NotificationPolicy,
): Observation {
  const isSucceeded = hasValidSuccessor(facts, now);
  const isWarned = policy.warningHours > 0;
  return {
    subject: { type: 'certificate', index: facts.index },
    certificate: certificateOf(facts, now, policy),
    conditions: [
      ...(isSucceeded || facts.isClockSuspect === true ? [] : expiryOf(facts, now, policy)),
      ...renewalOf(facts, now),
      ...waitingOf(facts, now),
      ...revocationOf(facts),
      ...undeliveredOf(facts),
      ...(facts.stale ?? []).map((staple) => stapleOf(staple, now)),
    ],
    ...(facts.isClockSuspect === true && { undecided: decidedByClock }),
    ...(facts.occurrences !== undefined && { occurrences: facts.occurrences }),
    ...(facts.freshUntil && { freshUntil: facts.freshUntil }),
    ...(isSucceeded && { expiryEnd: 'renewed' }),
    ...((facts.isUnwatched === true || !isWarned) && !isSucceeded && { expiryEnd: 'disabled' }),
  };
}

function certificateOf(
  facts: CertificateFacts,
  now: Date,
  policy: NotificationPolicy,
): NotifiedCertificate {
  const { index, name, subject, issuer, serialNumber, fingerprint, profile } = facts;
  const { notBefore, notAfter } = facts;
  const state = notifiedState(facts);
  const from = warningAt(facts, policy);
  const isExpiring = state === 'active' && from !== undefined && from <= now;
  return {
    index,
    name,
    subject,
    issuer,
    serialNumber,
    fingerprint,
    ...(notBefore !== undefined && { notBefore }),
    ...(notAfter !== undefined && { notAfter }),
    state: isExpiring ? 'expiring' : state,
    profile,
  };
}

/** A successor counts that is valid without a gap, and longer. */
function hasValidSuccessor({ successor, notAfter }: CertificateFacts, now: Date): boolean {
  if (successor === undefined || successor.notAfter <= now) return false;
  if (notAfter === undefined) return true;
  if (successor.notAfter <= notAfter) return false;
  return successor.notBefore <= now || successor.notBefore <= notAfter;
}

function expiryOf(facts: CertificateFacts, now: Date, policy: NotificationPolicy): Condition[] {
  const { notBefore, notAfter, failing, nextAttempt, isUnwatched, state } = facts;
  if (notAfter === undefined || isUnwatched === true || state === 'superseded') return [];
  const details = nextAttempt === undefined ? {} : { nextAttempt };
  if (notAfter <= now) return [{ type: 'expired', severity: 'critical', details }];
  const from = warningAt(facts, policy);
  if (from === undefined || now < from) return [];
  const left = notAfter.getTime() - now.getTime();
  const isMajor = left <= warningMs(notBefore, notAfter, policy) / majorPart;
  const severity = isMajor ? 'major' : failing === undefined ? 'warning' : 'minor';
  return [{ type: 'about-to-expire', severity, details }];
}

/** One condition, since these are one alarm. */
function renewalOf(facts: CertificateFacts, now: Date): Condition[] {
  const early = facts.isClockSuspect === true ? [] : earlinessOf(facts, now);
  return early.length > 0 ? early : failureOf(facts, now);
}

function failureOf({ failing, nextAttempt, ...facts }: CertificateFacts, now: Date): Condition[] {
  if (failing === undefined) return [];
  const { isBlocked, text, ...details } = failing;
  const from = pressingAt(facts);
  const isPressing = isBlocked || (from !== undefined && from <= now);
  return [
    {
      type: 'renewal-failed',
      severity: isPressing ? 'major' : 'minor',
      ...(text !== undefined && { text }),
      details: { ...details, ...(nextAttempt !== undefined && { nextAttempt }) },
    },
  ];
}

/** In force, and nobody who looks at the clock takes it: the clock of the CA is wrong, or the one here. */
function earlinessOf({ state, notBefore }: CertificateFacts, now: Date): Condition[] {
  if (state !== 'not yet valid' || notBefore === undefined || validAt(notBefore) <= now) return [];
  return [
    {
      type: 'renewal-failed',
      severity: 'major',
      text: `it is valid from ${formatTime(notBefore)}`,
      details: { reason: notYetValid },
    },
  ];
}

function validAt(notBefore: Date): Date {
  return new Date(notBefore.getTime() - aheadMs);
}

/** Half of the time there was to renew in is gone. */
function pressingAt({
  renewAt,
  notAfter,
}: Pick<CertificateFacts, 'renewAt' | 'notAfter'>): Date | undefined {
  if (notAfter === undefined) return undefined;
  if (renewAt === undefined) return notAfter;
  return new Date(Math.ceil((renewAt.getTime() + notAfter.getTime()) / 2));
}

function waitingOf({ waiting, nextAttempt, notAfter }: CertificateFacts, now: Date): Condition[] {
  if (waiting === undefined) return [];
  const { since, polls, operation, transactionID } = waiting;
  const isTooLate =
    notAfter !== undefined &&
    (notAfter <= now || (nextAttempt !== undefined && notAfter <= nextAttempt));
  const isLong = now.getTime() - since.getTime() >= dayMs;
  return [
    {
      type: 'request-waiting',
      severity: isTooLate ? 'major' : isLong ? 'minor' : 'warning',
      details: {
        operation,
        transactionID,
        attempts: polls,
        ...(nextAttempt !== undefined && { nextAttempt }),
      },
    },
  ];
}

function revocationOf({ revoked }: CertificateFacts): Condition[] {
  if (revoked === undefined) return [];
  const { reason, at, text } = revoked;
  const words = text === undefined ? {} : { text };
  const details = { reason, ...(at !== undefined && { deadline: at }) };
  return [{ type: 'revoked', severity: 'critical', ...words, details }];
}

function undeliveredOf({ undelivered }: CertificateFacts): Condition[] {
  if (undelivered === undefined) return [];
  const { text, ...details } = undelivered;
  const words = text === undefined ? {} : { text };
  return [{ type: 'deploy-failed', severity: 'major', ...words, details }];
}

function stapleOf({ deadline, ...staple }: StaleStaple, now: Date): Condition {
  return {
    type: 'staple-stale',
    severity: deadline !== undefined && deadline <= now ? 'major' : 'minor',
    details: { ...staple, ...(deadline !== undefined && { deadline }) },
  };
}

/**
 * Find the next moment at which something of a certificate changes or is told again, if its facts stay as they are.
 *
 * @param alarms those that stand of it
 * @returns `undefined` when nothing will
 */
export function nextChangeAt(
  facts: CertificateFacts,
  alarms: readonly Alarm[],
  policy: NotificationPolicy,
  now: Date,
): Date | undefined {
  const { notBefore, notAfter, waiting, successor } = facts;
  const moments = [
    warningAt(facts, policy),
    notAfter,
    notBefore && validAt(notBefore),
    facts.failing && pressingAt(facts),
    waiting && new Date(waiting.since.getTime() + dayMs),
    successor?.notBefore,
    successor?.notAfter,
    ...(facts.stale ?? []).map(({ deadline }) => deadline),
  ];
  if (notAfter !== undefined) {
    const left = Math.floor(warningMs(notBefore, notAfter, policy) / majorPart);
    moments.push(new Date(notAfter.getTime() - left));
  }
  const observation = conditionsOf(facts, now, policy);
  moments.push(nextTellingAt(observation, alarms, policy));
  return earliestAfter(now, moments);
}

/** Find the next moment at which a standing alarm is told again, if what is observed stays as it is. */
export function nextTellingAt(
  { certificate, conditions, subject }: Observation,
  alarms: readonly Alarm[],
  policy: NotificationPolicy,
): Date | undefined {
  const moments = alarms.map((alarm) => {
    const condition = conditions.find((each) => alarmKey(each, subject) === alarm.key);
    // Undecided, since the clock is wrong.
    if (condition === undefined) return undefined;
    const gap = gapEndsAt(alarm, policy);
    if (isToldOtherwise(alarm, condition)) return gap;
    const again = repeatAt(alarm.lastSentAt, certificate?.notAfter, policy);
    return again === undefined || gap <= again ? again : gap;
  });
  return earliestAfter(new Date(0), moments);
}

function earliestAfter(now: Date, moments: readonly (Date | undefined)[]): Date | undefined {
  return moments
    .filter((moment) => moment !== undefined && moment > now)
    .toSorted((a, b) => Number(a) - Number(b))[0];
}
