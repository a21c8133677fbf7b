import { formatTime } from '../../base/format-time.ts';
import { printable } from '../../base/printable.ts';
import { notYetValid } from './condition.ts';
import { dayMs, hourMs } from './policy.ts';
import type { Notification } from './notification.ts';

/** What a notification is worded from. */
export type TextFacts = Pick<
  Notification,
  'name' | 'severity' | 'at' | 'certificate' | 'details'
> & {
  /** Of whoever failed. */
  readonly words?: string;
};

/** Word a notification for people, in one line. */
export function notificationText(facts: TextFacts): string {
  return printable(textOf(facts));
}

function textOf({ name, severity, at, certificate, details, words }: TextFacts): string {
  const who = certificate === undefined ? '' : `"${certificate.name}"`;
  const { endpoint = '', reason = 'unknown reason', attempts = 0, nextAttempt } = details;
  const until = certificate?.notAfter && formatTime(certificate.notAfter);
  const because = words === undefined ? reason : `${reason}: ${words}`;
  const next = nextAttempt === undefined ? 'not tried again' : `next at ${formatTime(nextAttempt)}`;
  const isOver = severity === 'cleared';
  switch (name) {
    case 'clmCertAboutToExpire':
      return `Certificate ${who} expires at ${until}, ${leftOf(at, certificate?.notAfter)}; no successor is installed`;
    case 'clmCertExpired':
      return `Certificate ${who} has expired at ${until}; no successor is installed`;
    case 'clmCertExpiryCleared':
      return `The end of certificate ${who} is warned of no more: ${reason}`;
    case 'clmCertIssued':
      return `Certificate ${who} was issued and installed, valid until ${until}`;
    case 'clmCertRenewed':
      return `Certificate ${who} was renewed and installed, valid until ${until}`;
    case 'clmCertRenewalFailed':
      if (reason === notYetValid)
        return isOver
          ? `Certificate ${who} is valid by now`
          : `Certificate ${who} is in force before its time; ${because}`;
      if (isOver) return `The request for ${who} fails no more`;
      return `The request for ${who} failed, ${timesOf(attempts)} by now, ${next}; ${because}`;
    case 'clmRequestWaiting':
      if (isOver) return `The request for ${who} waits no more`;
      return `The CA lets the request for ${who} wait, polled ${timesOf(attempts)}, ${next}`;
    case 'clmCertRevoked':
      if (isOver) return `Certificate ${who} is not held for revoked any more`;
      return `Certificate ${who} is revoked: ${because}`;
    case 'clmStapleStale':
      return `There is no fresh OCSP response for ${who} at ${endpoint}; ${because}`;
    case 'clmStapleRecovered':
      return `There is a fresh OCSP response for ${who} at ${endpoint}`;
    case 'clmDeployFailed':
      if (isOver) return `Nothing of certificate ${who} is left to be delivered`;
      return `Certificate ${who} is not delivered, ${timesOf(attempts)} tried, ${next}; ${because}`;
    case 'clmRevocationSourceStale':
      if (reason === 'clock-suspect')
        return `The clock cannot be right: ${words ?? formatTime(at)}`;
      if (reason === 'backup-failed')
        return `The daily backup of the store fails: ${words ?? reason}`;
      if (reason === 'peer-refused')
        return `The tunnel of ${endpoint} is ended: ${words ?? reason}`;
      return `${endpoint} gives no fresh revocation status; ${because}`;
    case 'clmRevocationSourceRecovered':
      if (reason === 'clock-suspect') return 'The clock is held for right again';
      if (reason === 'backup-failed') return 'The daily backup of the store is made again';
      if (reason === 'peer-refused') return `The ${endpoint} is refused no more`;
      return `${endpoint} gives fresh revocation status again`;
    case 'peer-revoked':
      return words ?? `A peer has a certificate that is revoked: ${reason}`;
    case 'clmTestNotification':
      return words ?? 'Test notification of certkeeper';
  }
}

function timesOf(count: number): string {
  return count === 1 ? 'once' : `${count} times`;
}

function leftOf(at: Date, notAfter: Date | undefined): string {
  const ms = Math.max(0, (notAfter?.getTime() ?? 0) - at.getTime());
  if (ms >= 2 * dayMs) return `in ${Math.floor(ms / dayMs)} days`;
  if (ms >= 2 * hourMs) return `in ${Math.floor(ms / hourMs)} hours`;
  const minutes = Math.floor(ms / 60_000);
  return `in ${minutes} ${minutes === 1 ? 'minute' : 'minutes'}`;
}
