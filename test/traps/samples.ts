import type { Alarm } from '../../src/traps/alarms/alarm.ts';
import type { CertificateFacts } from '../../src/traps/alarms/certificate-facts.ts';
import type { Notification, NotificationName } from '../../src/traps/alarms/notification.ts';
import type { Observation } from '../../src/traps/alarms/observation.ts';
import { usualPolicy, type NotificationPolicy } from '../../src/traps/alarms/policy.ts';
import { react } from '../../src/traps/alarms/react.ts';
import { conditionsOf } from '../../src/traps/alarms/watch.ts';
import { mibNotifications } from '../../src/traps/mib-notifications.ts';

/** Ninety days, from 2026-12-01. */
export const facts: CertificateFacts = {
  index: 7,
  name: 'gw1',
  subject: 'CN=gw1,O=Tést',
  issuer: 'CN=CA,O=Test',
  serialNumber: '00d1f39a',
  fingerprint: 'ab'.repeat(32),
  notBefore: new Date('2026-12-01T00:00:00Z'),
  notAfter: new Date('2027-03-01T00:00:00Z'),
  state: 'active',
  profile: 'rootA',
};

/** A moment so many hours before the end of the certificate of `facts`. */
export function hoursLeft(hours: number): Date {
  return new Date(new Date('2027-03-01T00:00:00Z').getTime() - hours * 3_600_000);
}

/** A failed update. */
export const failing: NonNullable<CertificateFacts['failing']> = {
  attempts: 1,
  reason: 'ca-unreachable',
  operation: 'kur',
  isBlocked: false,
};

/** What stands, as it goes from one look to the next. */
export interface Watch {
  look(observed: CertificateFacts | Observation, now: Date): readonly Notification[];
  readonly alarms: () => readonly Alarm[];
  policy: NotificationPolicy;
}

/** Watch one subject as the agent does. */
export function startWatch(policy: NotificationPolicy = usualPolicy): Watch {
  let alarms: readonly Alarm[] = [];
  let nextSequence = 1;
  const watch: Watch = {
    policy,
    alarms: () => alarms,
    look(observed, now) {
      const observation =
        'conditions' in observed ? observed : conditionsOf(observed, now, watch.policy);
      const reaction = react({ alarms, observation, now, policy: watch.policy, nextSequence });
      ({ alarms, nextSequence } = reaction);
      return reaction.notifications;
    },
  };
  return watch;
}

/** What was told, short: name without "clm", severity and sequence number. */
export function told(notifications: readonly Notification[]): string[] {
  return notifications.map(
    ({ name, severity, sequence }) => `${name.slice(3)} ${severity} ${sequence}`,
  );
}

/** Every name of the MIB. */
export const allNames: readonly NotificationName[] = Object.keys(mibNotifications).filter(isName);

function isName(name: string): name is NotificationName {
  return name in mibNotifications;
}

/** A notification with everything in it. */
export function sample(
  name: NotificationName = 'clmCertAboutToExpire',
  more: Partial<Notification> = {},
): Notification {
  const { state: _, occurrences: __, ...certificate } = facts;
  return {
    name,
    sequence: 41,
    severity: 'warning',
    at: new Date('2027-02-25T00:00:00.900Z'),
    text: 'Certificate "gw1" expires',
    certificate: { ...certificate, state: 'expiring' },
    details: {
      operation: 'kur',
      transactionID: '0011223344556677',
      pkiStatus: 2,
      reason: 'badPOP',
      attempts: 3,
      nextAttempt: new Date('2027-02-25T06:00:00Z'),
      endpoint: 'https://crl.example/a.crl',
      oldSerialNumber: '0102',
      deadline: new Date('2027-02-26T00:00:00Z'),
    },
    alarm: 'expiry certificate 7',
    isFirst: true,
    ends: [],
    suppressed: 2,
    ...more,
  };
}
