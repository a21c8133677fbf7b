import type { Clock } from '../base/clock.ts';
import { notificationPolicy } from '../lifecycle/notification-policy.ts';
import type { Store } from '../store/store.ts';
import { subjectKey, type AlarmSubject } from '../traps/alarms/alarm.ts';
import { peerEndpoint, peerRefused, refusedPeer } from '../traps/alarms/condition.ts';
import { react } from '../traps/alarms/react.ts';

/** Tells of IPsec peers that are refused. What stands is in the store: a restart neither repeats nor forgets it. */
export interface TunnelAlarms {
  /** @param text why, in words */
  raise(peer: string, text: string): Promise<void>;
  /** It is accepted, or is no more. Nothing is written where nothing stands. */
  end(peer: string): Promise<void>;
  /** The peers of which one stands. */
  standing(): Promise<readonly string[]>;
}

/** Make it. */
export function tunnelAlarms({
  store,
  clock,
  tell,
}: {
  readonly store: Store;
  readonly clock: Pick<Clock, 'now'>;
  /** Called when something has been written that may have to be sent. */
  readonly tell?: () => void;
}): TunnelAlarms {
  const look = async (
    peer: string,
    conditions: readonly ReturnType<typeof peerRefused>[],
  ): Promise<void> => {
    const subject: AlarmSubject = { type: 'source', endpoint: peerEndpoint(peer) };
    const now = clock.now();
    const policy = await notificationPolicy(store);
    await store.alarms.look(subjectKey(subject), now, (standing) => ({
      ...react({ ...standing, observation: { subject, conditions }, now, policy }),
      notBefore: now,
    }));
    tell?.();
  };
  const standing = async (): Promise<readonly string[]> =>
    (await store.alarms.sources())
      .map((endpoint) => refusedPeer(endpoint))
      .filter((peer) => peer !== undefined);
  return {
    raise: (peer, text) => look(peer, [peerRefused(peer, text)]),
    async end(peer) {
      if ((await standing()).includes(peer)) await look(peer, []);
    },
    standing,
  };
}
