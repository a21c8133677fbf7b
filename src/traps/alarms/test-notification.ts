import type { Notification } from './notification.ts';
import { notificationText } from './text.ts';

/** Make what `snmp destination test` sends: it is told to be one, and raises nothing. */
export function testNotification(sequence: number, now: Date, words?: string): Notification {
  const facts = {
    name: 'clmTestNotification',
    severity: 'indeterminate',
    at: now,
    details: {},
  } as const;
  return {
    ...facts,
    sequence,
    text: notificationText({ ...facts, ...(words !== undefined && { words }) }),
    isFirst: false,
    ends: [],
    suppressed: 0,
  };
}
