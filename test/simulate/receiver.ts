import type { AgentContext } from '../../src/agent/agent.ts';
import { CertError } from '../../src/base/errors.ts';
import type { Store } from '../../src/store/store.ts';
import type { Notification } from '../../src/traps/alarms/notification.ts';
import type { Destination } from '../../src/traps/destination.ts';
import type { OutboxEntry } from '../../src/traps/alarms/outbox.ts';
import { createStory, type Story } from '../agent/alarm-invariants.ts';
import type { WorldClock } from './clock.ts';
import type { ProcessImage } from './process-image.ts';

/** Who is told: the receiver of SNMP informs, and the way to it. */
export interface Receiver {
  /** As long as it is above 0, nobody answers. */
  gone: number;
  /** Since when somebody does, in epoch milliseconds as they are; absent while nobody does. */
  readonly backSince: number | undefined;
  /** Notifications that were answered. */
  readonly heard: number;
  readonly story: Story;
  /** What was given up and must not have been. */
  readonly lost: readonly string[];
  /** The way to it of one process. */
  connect(image: ProcessImage): NonNullable<AgentContext['openSender']>;
  /** Watch what becomes of what waits for it. */
  watched(store: Store, mayGiveUp: () => boolean): Store;
}

/** So long a round of an inform and its retries keeps the agent, where many are on their way at the same time. */
const silenceMs = 2000;

/** The one destination there is. */
const destination = 'noc';

/** Set up a receiver. */
export function simulatedReceiver(
  clock: WorldClock,
  onHeard: (notification: Notification) => void,
): Receiver {
  let [gone, heard] = [0, 0];
  let backSince: number | undefined = clock.nowMs;
  const story = createStory();
  const lost: string[] = [];
  return {
    get gone() {
      return gone;
    },
    set gone(count) {
      if (count === 0) backSince = clock.nowMs;
      else backSince = undefined;
      gone = count;
    },
    get backSince() {
      return backSince;
    },
    get heard() {
      return heard;
    },
    story,
    lost,
    connect: (image) => async () => ({
      async send(notification, signal) {
        signal?.throwIfAborted();
        await image.live();
        if (gone > 0) {
          clock.advance(silenceMs);
          throw new CertError('NOTIFICATION_FAILED', 'Cannot send: nobody answers');
        }
        heard++;
        story.hear(notification);
        onHeard(notification);
        await image.live();
        return 'acknowledged';
      },
      async close() {},
    }),
    watched: (store, mayGiveUp) => ({
      ...store,
      outbox: {
        ...store.outbox,
        async begin(entry) {
          const { alarm } = entry.notification;
          if (alarm !== undefined) story.begun(alarm);
          return store.outbox.begin(entry);
        },
        async failed(entry, next, failure) {
          if (next === undefined) {
            const { notification, attempts } = entry;
            if (!mayGiveUp() && !isTooOld(entry, failure.at)) {
              lost.push(`${notification.name} was given up after ${attempts} attempts`);
            }
            // From here on nobody can know: it has to get over it.
            story.hear(notification);
          }
          return store.outbox.failed(entry, next, failure);
        },
      },
    }),
  };
}

/** Have the agent tell it. */
export async function tellReceiver(store: Store): Promise<void> {
  const settings: Destination = {
    type: 'snmp',
    name: destination,
    version: '2c',
    kind: 'inform',
    host: '192.0.2.1',
    port: 162,
  };
  await store.destinations.put(destination, JSON.stringify(settings), new Map());
}

const dayMs = 86_400_000;

/** docs/notifications.md: kept for a day; what says that something is over, for a week. */
function isTooOld({ createdAt, notification }: OutboxEntry, at: Date): boolean {
  const ms = at.getTime() - createdAt.getTime();
  return ms >= (notification.ends.length > 0 ? 7 : 1) * dayMs;
}
