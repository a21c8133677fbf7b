/** A column of clmCertTable by its name in the MIB. */
export type CertificateColumn =
  | 'clmCertIndex'
  | 'clmCertName'
  | 'clmCertSubject'
  | 'clmCertIssuer'
  | 'clmCertSerialNumber'
  | 'clmCertFingerprint'
  | 'clmCertNotBefore'
  | 'clmCertNotAfter'
  | 'clmCertTimeLeft'
  | 'clmCertState'
  | 'clmCertProfile';

/** An object of an event by its name in the MIB. */
export type EventObject =
  | 'clmEventSequence'
  | 'clmEventTime'
  | 'clmEventSeverity'
  | 'clmEventText'
  | 'clmEventOperation'
  | 'clmEventTransactionId'
  | 'clmEventPkiStatus'
  | 'clmEventReason'
  | 'clmEventAttempts'
  | 'clmEventNextAttempt'
  | 'clmEventSuppressed'
  | 'clmEventEndpoint'
  | 'clmEventOldSerialNumber'
  | 'clmEventDeadline';

/** An object of the MIB, as its OBJECT-TYPE says it. */
export interface MibObject {
  /** Last arc of its OID. */
  readonly number: number;
  readonly syntax: string;
  readonly units?: string;
  readonly description: string;
}

/** Columns of clmCertTable, whose index is clmCertIndex. */
export const certificateColumns: Readonly<Record<CertificateColumn, MibObject>> = {
  clmCertIndex: {
    number: 1,
    syntax: 'Unsigned32 (1..4294967295)',
    description:
      'Identifier of the certificate name in the store. It stays the same when the certificate is renewed and is never used again for another name.',
  },
  clmCertName: {
    number: 2,
    syntax: 'SnmpAdminString (SIZE (1..128))',
    description: 'Configured name of the certificate.',
  },
  clmCertSubject: {
    number: 3,
    syntax: 'SnmpAdminString (SIZE (0..255))',
    description: 'Subject in the form of RFC 4514, cut at 255 octets on a character border.',
  },
  clmCertIssuer: {
    number: 4,
    syntax: 'SnmpAdminString (SIZE (0..255))',
    description: 'Issuer, in the same form as clmCertSubject.',
  },
  clmCertSerialNumber: {
    number: 5,
    syntax: 'ClmOctets',
    description: 'Content octets of the DER serial number.',
  },
  clmCertFingerprint: {
    number: 6,
    syntax: 'ClmOctets',
    description: 'SHA-256 over the DER certificate.',
  },
  clmCertNotBefore: {
    number: 7,
    syntax: 'DateAndTime',
    description: 'Start of validity, in UTC, 11 octets.',
  },
  clmCertNotAfter: {
    number: 8,
    syntax: 'DateAndTime',
    description: 'End of validity, in UTC, 11 octets.',
  },
  clmCertTimeLeft: {
    number: 9,
    syntax: 'Integer32',
    units: 'seconds',
    description:
      'Seconds until the end of validity when the value was made; 0 or less when the certificate has expired. Values outside the range of Integer32 are reported as the nearest limit.',
  },
  clmCertState: {
    number: 10,
    syntax: 'ClmLifecycleState',
    description: 'Lifecycle state.',
  },
  clmCertProfile: {
    number: 11,
    syntax: 'SnmpAdminString (SIZE (0..128))',
    description: 'Name of the enrolment profile (CA and policy) in use.',
  },
};

/** What an event says beside the columns of its certificate. */
export const eventObjects: Readonly<Record<EventObject, MibObject>> = {
  clmEventSequence: {
    number: 1,
    syntax: 'Unsigned32',
    description:
      'Number of the event. It grows by one with every event of one sender. A repeat of a notification has the number of the first one, so a receiver can drop doubles and see gaps.',
  },
  clmEventTime: {
    number: 2,
    syntax: 'DateAndTime',
    description: 'Time of the event, in UTC, 11 octets.',
  },
  clmEventSeverity: {
    number: 3,
    syntax: 'ClmSeverity',
    description: 'Severity; cleared(1) ends an earlier alarm.',
  },
  clmEventText: {
    number: 4,
    syntax: 'SnmpAdminString (SIZE (0..255))',
    description: 'One line for people. Never holds secrets.',
  },
  clmEventOperation: {
    number: 5,
    syntax: 'ClmOperation',
    description: 'Operation the event is about.',
  },
  clmEventTransactionId: {
    number: 6,
    syntax: 'ClmOctets',
    description: 'CMP transactionID; empty when there is none.',
  },
  clmEventPkiStatus: {
    number: 7,
    syntax: 'Integer32 (-1..6)',
    description:
      'PKIStatus of RFC 9810; -1 when the CA gave none (for example when it could not be reached).',
  },
  clmEventReason: {
    number: 8,
    syntax: 'SnmpAdminString (SIZE (0..255))',
    description:
      'Machine-readable reason: a PKIFailureInfo name (badPOP) or a local code (ca-unreachable, hook-failed); several are separated by commas.',
  },
  clmEventAttempts: {
    number: 9,
    syntax: 'Unsigned32',
    description: 'Failed attempts in a row, or polls done so far.',
  },
  clmEventNextAttempt: {
    number: 10,
    syntax: 'DateAndTime',
    description:
      'When the manager will try again, in UTC. All octets zero when it will not try again on its own.',
  },
  clmEventSuppressed: {
    number: 11,
    syntax: 'Unsigned32',
    description:
      'Notifications of this type for this certificate that throttling held back since the last one sent.',
  },
  clmEventEndpoint: {
    number: 12,
    syntax: 'SnmpAdminString (SIZE (0..255))',
    description: 'Endpoint, hook, or URL the event is about.',
  },
  clmEventOldSerialNumber: {
    number: 13,
    syntax: 'ClmOctets',
    description: 'Serial number of the certificate that was replaced.',
  },
  clmEventDeadline: {
    number: 14,
    syntax: 'DateAndTime',
    description:
      'nextUpdate of the OCSP response or CRL the event is about, or the revocation time, in UTC.',
  },
};

/** What a notification may carry. */
export type NotifiedObject = Exclude<CertificateColumn, 'clmCertIndex'> | EventObject;

/** Tell columns, which have an instance for each certificate, from what has one instance. */
export function isColumn(name: NotifiedObject): name is Exclude<CertificateColumn, 'clmCertIndex'> {
  return name in certificateColumns;
}
