import type { AlarmFamily, Condition } from './condition.ts';
import { raisedBy } from './condition.ts';
import type { Notification } from './notification.ts';

/** What is watched: the certificate of a name, or a source of revocation for peers. */
export type AlarmSubject =
  | { readonly type: 'certificate'; readonly index: number }
  | { readonly type: 'source'; readonly endpoint: string };

/** Something that was told to be wrong, and not yet told to be over. A row of the store. */
export interface Alarm {
  /** Unique, and the same as long as it stands. */
  readonly key: string;
  /** As `subjectKey` writes it: the alarms of one subject are read and written together. */
  readonly subject: string;
  readonly family: AlarmFamily;
  readonly raisedAt: Date;
  readonly lastSentAt: Date;
  /** Notifications of it so far, the first among them. */
  readonly count: number;
  /** What would have been told since the last notification, and was held back. */
  readonly heldBack: number;
  /** Failed attempts when it was last looked at, told or not. */
  readonly attempts: number;
  /** What was told last; with severity and sequence number. */
  readonly last: Notification;
}

/** Write a subject as the store has it. */
export function subjectKey(subject: AlarmSubject): string {
  return subject.type === 'certificate'
    ? `certificate ${subject.index}`
    : `source ${subject.endpoint}`;
}

/** Make the key under which a condition of a subject is told: a certificate may have several staples. */
export function alarmKey(condition: Condition, subject: AlarmSubject): string {
  const key = `${raisedBy[condition.type].family} ${subjectKey(subject)}`;
  return condition.type === 'staple-stale' ? `${key} ${condition.details.endpoint}` : key;
}
