import type { NotificationName } from './alarms/notification.ts';
import type { NotifiedObject } from './mib-objects.ts';

/** A notification of the MIB, as its NOTIFICATION-TYPE says it. */
export interface MibNotification {
  /** Last arc of its OID. */
  readonly number: number;
  /** In the order in which they are sent. */
  readonly objects: readonly NotifiedObject[];
  readonly description: string;
}

/** Every notification, in the order of the numbers. */
export const mibNotifications: Readonly<Record<NotificationName, MibNotification>> = {
  clmCertAboutToExpire: {
    number: 1,
    objects: [
      'clmCertName',
      'clmCertSubject',
      'clmCertIssuer',
      'clmCertSerialNumber',
      'clmCertNotAfter',
      'clmCertTimeLeft',
      'clmCertState',
      'clmEventSeverity',
      'clmEventSequence',
      'clmEventTime',
      'clmEventText',
      'clmEventNextAttempt',
      'clmEventSuppressed',
    ],
    description:
      'The certificate expires within the configured warning time and no valid successor is installed.',
  },
  clmCertExpired: {
    number: 2,
    objects: [
      'clmCertName',
      'clmCertSubject',
      'clmCertIssuer',
      'clmCertSerialNumber',
      'clmCertNotAfter',
      'clmCertTimeLeft',
      'clmCertState',
      'clmEventSeverity',
      'clmEventSequence',
      'clmEventTime',
      'clmEventText',
      'clmEventNextAttempt',
      'clmEventSuppressed',
    ],
    description: 'The certificate in use has expired and has no valid successor.',
  },
  clmCertExpiryCleared: {
    number: 3,
    objects: [
      'clmCertName',
      'clmCertSerialNumber',
      'clmCertNotAfter',
      'clmEventSeverity',
      'clmEventSequence',
      'clmEventTime',
      'clmEventText',
      'clmEventReason',
    ],
    description:
      'Ends an earlier clmCertAboutToExpire or clmCertExpired. clmEventReason is renewed, removed, disabled or threshold-changed.',
  },
  clmCertIssued: {
    number: 4,
    objects: [
      'clmCertName',
      'clmCertSubject',
      'clmCertIssuer',
      'clmCertSerialNumber',
      'clmCertNotAfter',
      'clmCertProfile',
      'clmEventSeverity',
      'clmEventSequence',
      'clmEventTime',
      'clmEventText',
      'clmEventOperation',
      'clmEventTransactionId',
    ],
    description: 'A first certificate was issued (ir or cr) and installed.',
  },
  clmCertRenewed: {
    number: 5,
    objects: [
      'clmCertName',
      'clmCertSubject',
      'clmCertIssuer',
      'clmCertSerialNumber',
      'clmCertNotAfter',
      'clmCertProfile',
      'clmEventSeverity',
      'clmEventSequence',
      'clmEventTime',
      'clmEventText',
      'clmEventOperation',
      'clmEventTransactionId',
      'clmEventOldSerialNumber',
    ],
    description:
      'A successor was issued and installed. Sent after the deploy steps, not when the CA answered.',
  },
  clmCertRenewalFailed: {
    number: 6,
    objects: [
      'clmCertName',
      'clmCertSubject',
      'clmCertSerialNumber',
      'clmCertNotAfter',
      'clmCertTimeLeft',
      'clmCertProfile',
      'clmEventSeverity',
      'clmEventSequence',
      'clmEventTime',
      'clmEventText',
      'clmEventOperation',
      'clmEventTransactionId',
      'clmEventPkiStatus',
      'clmEventReason',
      'clmEventAttempts',
      'clmEventNextAttempt',
      'clmEventSuppressed',
    ],
    description:
      'An enrolment or update failed; with clmEventReason not-yet-valid, what came of one is in force and begins later than now by the clock of the sender. Columns of a certificate that does not exist yet are empty strings, and clmCertTimeLeft is 0.',
  },
  clmRequestWaiting: {
    number: 7,
    objects: [
      'clmCertName',
      'clmCertProfile',
      'clmCertNotAfter',
      'clmEventSeverity',
      'clmEventSequence',
      'clmEventTime',
      'clmEventText',
      'clmEventOperation',
      'clmEventTransactionId',
      'clmEventAttempts',
      'clmEventNextAttempt',
    ],
    description:
      'The CA answered waiting and the request is being polled. Sent once when the state is entered, then by the repeat rule.',
  },
  clmCertRevoked: {
    number: 8,
    objects: [
      'clmCertName',
      'clmCertSubject',
      'clmCertIssuer',
      'clmCertSerialNumber',
      'clmEventSeverity',
      'clmEventSequence',
      'clmEventTime',
      'clmEventText',
      'clmEventReason',
      'clmEventDeadline',
    ],
    description:
      'An OCSP response, a CRL or a revocation made here says that a certificate in use is revoked. clmEventReason is the CRLReason name; clmEventDeadline is the revocation time.',
  },
  clmStapleStale: {
    number: 9,
    objects: [
      'clmCertName',
      'clmCertSerialNumber',
      'clmEventSeverity',
      'clmEventSequence',
      'clmEventTime',
      'clmEventText',
      'clmEventReason',
      'clmEventEndpoint',
      'clmEventDeadline',
      'clmEventAttempts',
      'clmEventNextAttempt',
    ],
    description:
      'No fresh OCSP response could be had for stapling. clmEventDeadline is the nextUpdate of the one still served.',
  },
  clmStapleRecovered: {
    number: 10,
    objects: [
      'clmCertName',
      'clmCertSerialNumber',
      'clmEventSeverity',
      'clmEventSequence',
      'clmEventTime',
      'clmEventText',
      'clmEventEndpoint',
      'clmEventDeadline',
    ],
    description: 'Ends an earlier clmStapleStale.',
  },
  clmDeployFailed: {
    number: 11,
    objects: [
      'clmCertName',
      'clmCertSerialNumber',
      'clmCertNotAfter',
      'clmEventSeverity',
      'clmEventSequence',
      'clmEventTime',
      'clmEventText',
      'clmEventReason',
      'clmEventEndpoint',
      'clmEventAttempts',
      'clmEventNextAttempt',
    ],
    description:
      'A new certificate is in the store but a file could not be written or a hook failed, so the old one may still be served.',
  },
  clmRevocationSourceStale: {
    number: 12,
    objects: [
      'clmEventSeverity',
      'clmEventSequence',
      'clmEventTime',
      'clmEventText',
      'clmEventReason',
      'clmEventEndpoint',
      'clmEventDeadline',
      'clmEventAttempts',
    ],
    description:
      'A CRL or an OCSP responder used to check peers gives no fresh answer. clmEventEndpoint is its URL without credentials. clmEventReason is source-failing, crl-expired, crl-rollback (it gives a CRL older than the one held) or responder-unauthorized; clmEventDeadline is the nextUpdate of the CRL that is held. Also told so: clock-suspect of the endpoint clock, and backup-failed of the endpoint backup; peer-refused of an endpoint ipsec peer NAME, whose tunnel was ended.',
  },
  clmRevocationSourceRecovered: {
    number: 13,
    objects: [
      'clmEventSeverity',
      'clmEventSequence',
      'clmEventTime',
      'clmEventText',
      'clmEventEndpoint',
      'clmEventDeadline',
    ],
    description: 'Ends an earlier clmRevocationSourceStale.',
  },
  clmTestNotification: {
    number: 14,
    objects: ['clmEventSeverity', 'clmEventSequence', 'clmEventTime', 'clmEventText'],
    description: 'Sent by the test command.',
  },
};
