import type { Clock } from '../base/clock.ts';
import { decodeDestination } from '../lifecycle/destination-settings.ts';
import { certificateColumns } from '../scheduler/notified-certificate.ts';
import type { Store } from '../store/store.ts';
import type { Notification } from '../traps/alarms/notification.ts';
import { notificationText } from '../traps/alarms/text.ts';
import type { ValidationEvent } from '../validation/contract.ts';
import { certificateDer } from '../x509/certificate.ts';

type PeerRevoked = Extract<ValidationEvent, { readonly type: 'peer-revoked' }>;

/** Of these alone so many wait for a destination: what it does not take must not fill the room of alarms. */
const maxWaiting = 100;

/**
 * Make what is told of a peer whose certificate is revoked.
 *
 * @param suppressed how many of these were not told since the last one
 */
export function peerRevokedNotice(
  { certificate, revoked }: PeerRevoked,
  words: string,
  suppressed: number,
  at: Date,
): Notification {
  const about = {
    name: 'peer-revoked',
    severity: 'warning',
    certificate: {
      index: 0,
      name: '',
      ...certificateColumns(certificateDer(certificate)),
      state: 'revoked',
      profile: '',
    },
    details: { reason: revoked.reason, deadline: revoked.revocationDate },
  } as const;
  const text = notificationText({ ...about, at, words });
  return { ...about, sequence: 0, at, text, isFirst: false, ends: [], suppressed };
}

/**
 * Put notices into the outbox of whoever gets them: webhooks, commands and logs. Receivers of SNMP are not told of what
 * strangers bring about.
 */
export async function sendNotices(
  { store, clock }: { readonly store: Store; readonly clock: Pick<Clock, 'now'> },
  notices: readonly Notification[],
): Promise<void> {
  if (notices.length === 0) return;
  const sizes = await store.outbox.sizes();
  for (const record of await store.destinations.list()) {
    if (decodeDestination(record).type === 'snmp') continue;
    if ((sizes.get(record.name) ?? 0) >= maxWaiting) continue;
    for (const notice of notices) await store.outbox.add(record.name, notice, clock.now());
  }
}
