import { formatTime } from '../base/format-time.ts';
import type { Notification } from './alarms/notification.ts';

/**
 * Make what webhooks, commands and the log are told: the same as SNMP, with names in place of numbers, times as UTC
 * texts, and octets in hexadecimal. What does not apply is left out.
 */
export function notificationBody(notification: Notification): Readonly<Record<string, unknown>> {
  const { name, sequence, severity, at, text, certificate, details, alarm, ends, suppressed } =
    notification;
  return {
    schemaVersion: 1,
    notification: name,
    sequence,
    severity,
    at: formatTime(at),
    text,
    ...(certificate !== undefined && { certificate: withTexts(certificate) }),
    ...withTexts(details),
    ...(alarm !== undefined && { alarm }),
    ends,
    suppressed,
  };
}

function withTexts(values: object): Readonly<Record<string, unknown>> {
  return Object.fromEntries(
    Object.entries(values).map(([key, value]: [string, unknown]) => [
      key,
      value instanceof Date ? formatTime(value) : value,
    ]),
  );
}
