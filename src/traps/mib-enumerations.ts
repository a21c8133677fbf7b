import type { NotifiedOperation, NotifiedState } from './alarms/notification.ts';
import type { Severity } from './alarms/severity.ts';

/** ClmLifecycleState. */
export const stateNumbers: Readonly<Record<NotifiedState, number>> = {
  unknown: 1,
  requested: 2,
  waiting: 3,
  active: 4,
  renewing: 5,
  failed: 6,
  expiring: 7,
  expired: 8,
  revoked: 9,
  superseded: 10,
  blocked: 11,
  deployPending: 12,
};

/** ClmSeverity: the numbers of ItuPerceivedSeverity. */
export const severityNumbers: Readonly<Record<Severity, number>> = {
  cleared: 1,
  indeterminate: 2,
  critical: 3,
  major: 4,
  minor: 5,
  warning: 6,
};

/** ClmOperation. */
export const operationNumbers: Readonly<Record<NotifiedOperation, number>> = {
  none: 0,
  ir: 1,
  cr: 2,
  kur: 3,
  p10cr: 4,
  rr: 5,
  poll: 6,
  certConf: 7,
  genm: 8,
  deploy: 9,
  fetch: 10,
};
