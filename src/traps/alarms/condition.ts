import type { NotificationDetails, NotificationName } from './notification.ts';
import type { Urgency } from './severity.ts';

/** What an alarm is about: of each there stands one at most for a certificate, or for an endpoint. */
export type AlarmFamily =
  | 'expiry'
  | 'renewal'
  | 'waiting'
  | 'revoked'
  | 'staple'
  | 'deploy'
  | 'source';

/** Something that is wrong now. It is reported as long as it lasts, and the alarm ends when it is reported no more. */
export type Condition =
  /** The end is near, and there is no valid successor. */
  | ConditionOf<'about-to-expire', 'nextAttempt'>
  | ConditionOf<'expired', 'nextAttempt'>
  /** An enrolment or an update failed, or what came of it is in force before its time. */
  | ConditionOf<
      'renewal-failed',
      'reason' | 'attempts' | 'nextAttempt' | 'operation' | 'transactionID' | 'pkiStatus'
    >
  /** The CA answered waiting. */
  | ConditionOf<'request-waiting', 'attempts' | 'nextAttempt' | 'operation' | 'transactionID'>
  /** `reason` is a CRLReason by its RFC name, `deadline` the time of the revocation. */
  | ConditionOf<'revoked', 'reason' | 'deadline'>
  /** `deadline` is the nextUpdate of the response still served. */
  | (ConditionOf<'staple-stale', 'reason' | 'deadline' | 'attempts' | 'nextAttempt'> & AtEndpoint)
  /** A file could not be written, or a hook failed. */
  | ConditionOf<'deploy-failed', 'reason' | 'endpoint' | 'attempts' | 'nextAttempt'>
  /** A CRL or an OCSP responder for peers gives no fresh answer; so are told a clock that cannot be right, and a peer that is refused. */
  | (ConditionOf<'revocation-source-stale', 'reason' | 'deadline' | 'attempts'> & AtEndpoint);

interface ConditionOf<Type extends string, Detail extends keyof NotificationDetails> {
  readonly type: Type;
  readonly severity: Urgency;
  /** In the words of whoever failed, without secrets; cut where it is too long. */
  readonly text?: string;
  readonly details: Pick<NotificationDetails, Detail>;
}

interface AtEndpoint {
  readonly details: { readonly endpoint: string };
}

/** How each condition is told. */
export const raisedBy: Readonly<
  Record<Condition['type'], { readonly family: AlarmFamily; readonly name: NotificationName }>
> = {
  'about-to-expire': { family: 'expiry', name: 'clmCertAboutToExpire' },
  expired: { family: 'expiry', name: 'clmCertExpired' },
  'renewal-failed': { family: 'renewal', name: 'clmCertRenewalFailed' },
  'request-waiting': { family: 'waiting', name: 'clmRequestWaiting' },
  revoked: { family: 'revoked', name: 'clmCertRevoked' },
  'staple-stale': { family: 'staple', name: 'clmStapleStale' },
  'deploy-failed': { family: 'deploy', name: 'clmDeployFailed' },
  'revocation-source-stale': { family: 'source', name: 'clmRevocationSourceStale' },
};

/** How the end of an alarm is told, where it has a notification of its own; else by the one it was raised with. */
export const clearedBy: Readonly<Partial<Record<AlarmFamily, NotificationName>>> = {
  expiry: 'clmCertExpiryCleared',
  staple: 'clmStapleRecovered',
  source: 'clmRevocationSourceRecovered',
};

/** Something that happened and is over; it is always told. */
export interface Occurrence {
  /** Of a certificate that is installed and deployed: the first, or a successor. */
  readonly type: 'issued' | 'renewed';
  readonly details: Pick<NotificationDetails, 'operation' | 'transactionID' | 'oldSerialNumber'>;
}

/** What a new certificate settles: no other word is said of the end of these. */
export const settledByIssue: readonly AlarmFamily[] = ['renewal', 'waiting', 'revoked', 'deploy'];

/** The reason where what is wrong with the last renewal is that its certificate is in force before its time. */
export const notYetValid = 'not-yet-valid';

/** Where the suspect clock is told to be. */
export const clockEndpoint = 'clock';

/** Make the condition of a clock that cannot be right: before the build of the program, or before the newest time in the store. */
export function clockSuspect(text: string): Condition {
  return {
    type: 'revocation-source-stale',
    severity: 'major',
    text,
    details: { endpoint: clockEndpoint, reason: 'clock-suspect' },
  };
}

/** Where a daily backup that is not made is told to be. */
export const backupEndpoint = 'backup';

/** Make the condition of a store of which no backup can be made; `isLong` when the last one is of days ago. */
export function backupFailing(text: string, attempts: number, isLong: boolean): Condition {
  return {
    type: 'revocation-source-stale',
    severity: isLong ? 'major' : 'minor',
    text,
    details: { endpoint: backupEndpoint, reason: 'backup-failed', attempts },
  };
}

/** Where an IPsec peer that is refused is told to be. */
export function peerEndpoint(peer: string): string {
  return `${peerWords}${peer}`;
}

/** Name the peer of such an endpoint; undefined of another one. */
export function refusedPeer(endpoint: string): string | undefined {
  return endpoint.startsWith(peerWords) ? endpoint.slice(peerWords.length) : undefined;
}

const peerWords = 'ipsec peer ';

/** Make the condition of an IPsec peer that charon let in, and that is refused here. */
export function peerRefused(peer: string, text: string): Condition {
  return {
    type: 'revocation-source-stale',
    severity: 'major',
    text,
    details: { endpoint: peerEndpoint(peer), reason: 'peer-refused' },
  };
}
