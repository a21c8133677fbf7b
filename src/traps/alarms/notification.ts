import type { Operation } from '../../base/events.ts';
import type { Severity } from './severity.ts';

/** A notification by its name in CERT-LIFECYCLE-MIB. */
export type NotificationName =
  | 'clmCertAboutToExpire'
  | 'clmCertExpired'
  | 'clmCertExpiryCleared'
  | 'clmCertIssued'
  | 'clmCertRenewed'
  | 'clmCertRenewalFailed'
  | 'clmRequestWaiting'
  | 'clmCertRevoked'
  | 'clmStapleStale'
  | 'clmStapleRecovered'
  | 'clmDeployFailed'
  | 'clmRevocationSourceStale'
  | 'clmRevocationSourceRecovered'
  | 'clmTestNotification';

/** What webhooks, commands and logs alone are told: a stranger brings it about, and is to flood no manager. */
export type LocalNotificationName = 'peer-revoked';

/** Where a certificate stands, as ClmLifecycleState has it. */
export type NotifiedState =
  | 'unknown'
  | 'requested'
  | 'waiting'
  | 'active'
  | 'renewing'
  | 'failed'
  | 'expiring'
  | 'expired'
  | 'revoked'
  | 'superseded'
  | 'blocked'
  | 'deployPending';

/** What an event is about, as ClmOperation has it. */
export type NotifiedOperation =
  | Exclude<Operation, 'genm'>
  | 'none'
  | 'poll'
  | 'certConf'
  | 'genm'
  | 'deploy'
  | 'fetch';

/** The certificate that a notification is about: the columns of its row. Nothing of it is secret. */
export interface NotifiedCertificate {
  /** Identifier of the name in the store, from 1: the same after a renewal, and never given again. 0 of a peer's. */
  readonly index: number;
  readonly name: string;
  /** RFC 4514 text; empty while there is no certificate, as the next three. */
  readonly subject: string;
  readonly issuer: string;
  /** Hexadecimal content octets of the INTEGER. */
  readonly serialNumber: string;
  /** Hexadecimal SHA-256 of its DER. */
  readonly fingerprint: string;
  /** Absent while there is no certificate, as the next. */
  readonly notBefore?: Date;
  readonly notAfter?: Date;
  readonly state: NotifiedState;
  /** Label of the CA profile; empty where there is none. */
  readonly profile: string;
}

/** What a notification says beside its certificate; what does not apply is absent. */
export interface NotificationDetails {
  readonly operation?: NotifiedOperation;
  /** Hexadecimal. */
  readonly transactionID?: string;
  /** PKIStatus of RFC 9810; absent when the CA gave none. */
  readonly pkiStatus?: number;
  /** For machines: a PKIFailureInfo name or a code of ours; several are separated by commas. */
  readonly reason?: string;
  /** Failed attempts in a row, or polls done so far. */
  readonly attempts?: number;
  /** Absent when nothing more is done unattended. */
  readonly nextAttempt?: Date;
  /** Endpoint, hook or URL, without credentials. */
  readonly endpoint?: string;
  /** Hexadecimal, of the certificate that was replaced. */
  readonly oldSerialNumber?: string;
  /** nextUpdate of an OCSP response or a CRL, or the time of a revocation. */
  readonly deadline?: Date;
}

/** Something to tell those who watch. Plain data: the same for SNMP, webhook, command and log. */
export interface Notification {
  readonly name: NotificationName | LocalNotificationName;
  /** Number of the event; a repeat has the number of what it repeats. 0 of what the MIB has not: nobody misses that. */
  readonly sequence: number;
  readonly severity: Severity;
  readonly at: Date;
  /** One line for people; never a secret. */
  readonly text: string;
  readonly certificate?: NotifiedCertificate;
  readonly details: NotificationDetails;
  /** Key of the alarm it tells of; absent of an event. */
  readonly alarm?: string;
  /** Nothing was told of this alarm before: who did not get it needs no clear either. */
  readonly isFirst: boolean;
  /** Keys of the alarms it ends. */
  readonly ends: readonly string[];
  /** Notifications of this alarm that were held back since the last one. */
  readonly suppressed: number;
}

/** A notification that SNMP has a name for. */
export type MibNotificationEvent = Notification & { readonly name: NotificationName };

/** Tell whether SNMP has a name for a notification. */
export function isOfMib(notification: Notification): notification is MibNotificationEvent {
  return notification.name !== 'peer-revoked';
}
