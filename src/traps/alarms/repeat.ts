import type { Alarm } from './alarm.ts';
import { dayMs, hourMs, type NotificationPolicy } from './policy.ts';

/** In the last week before its end a certificate is told of at least daily, and also after it. */
const lastDays = 7;

/** On the last day at least every six hours. */
const lastDayHours = 6;

/**
 * Find the moment at which a standing alarm is told again.
 *
 * @param notAfter end of the certificate it is about, if it is about one
 * @returns `undefined` when it is not repeated
 */
export function repeatAt(
  lastSentAt: Date,
  notAfter: Date | undefined,
  { repeatHours }: NotificationPolicy,
): Date | undefined {
  if (repeatHours === 0) return undefined;
  const last = lastSentAt.getTime();
  const moments = [last + repeatHours * hourMs];
  const end = notAfter?.getTime();
  if (end !== undefined) {
    moments.push(Math.max(last + dayMs, end - lastDays * dayMs));
    const onLastDay = Math.max(last + lastDayHours * hourMs, end - dayMs);
    if (onLastDay < end) moments.push(onLastDay);
  }
  return new Date(Math.min(...moments));
}

/** Find the moment from which a change of an alarm for the better, or of its reason, may be told. */
export function gapEndsAt({ lastSentAt }: Alarm, { minGapSeconds }: NotificationPolicy): Date {
  return new Date(lastSentAt.getTime() + minGapSeconds * 1000);
}
