import type { AlarmSubject } from './alarm.ts';
import type { AlarmFamily, Condition, Occurrence } from './condition.ts';
import type { NotifiedCertificate } from './notification.ts';

/** Why a certificate is warned of no more. */
export type ExpiryEnd = 'renewed' | 'removed' | 'disabled' | 'threshold-changed';

/** What is true of a subject now, as whoever looked at it says. */
export interface Observation {
  readonly subject: AlarmSubject;
  /** Absent of a source, and of a name that was removed. */
  readonly certificate?: NotifiedCertificate;
  /** Everything that is wrong. What stands and is not in here is over. */
  readonly conditions: readonly Condition[];
  /** What cannot be told now, since the clock is wrong: alarms about it stay as they are. */
  readonly undecided?: readonly AlarmFamily[];
  /** What happened since the last look, in its order. */
  readonly occurrences?: readonly Occurrence[];
  /** Why the end is warned of no more; absent: found out from the serial numbers. */
  readonly expiryEnd?: ExpiryEnd;
  /** nextUpdate of the fresh response or CRL that ends what was stale. */
  readonly freshUntil?: Date;
}

/** Say that a name is no more: all its alarms end. */
export function removed(subject: AlarmSubject): Observation {
  return { subject, conditions: [], expiryEnd: 'removed' };
}
