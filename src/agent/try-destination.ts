import { CertError } from '../base/errors.ts';
import { silentLog } from '../base/log.ts';
import type { LifecycleContext } from '../lifecycle/context.ts';
import { testNotification } from '../traps/alarms/test-notification.ts';
import { agentOf } from './agent-lease.ts';
import { createNotifier } from './notifier.ts';

/** What became of a test. */
export interface Trial {
  readonly result: 'taken' | 'failed' | 'pending';
  /** Why it failed. */
  readonly text?: string;
  /** Sent by the agent, and not by this process. */
  readonly byAgent: boolean;
  readonly ms: number;
}

type Needed = Pick<
  LifecycleContext,
  'store' | 'clock' | 'random' | 'log' | 'holder' | 'livenessOf'
>;

/** Retries and timeouts of an inform come to 14 s as they usually are. */
const patienceMs = 30_000;
const pauseMs = 100;

/**
 * Send a test notification: by the agent, where one runs, since two senders make each other's messages invalid.
 *
 * @param nudge has a running agent send now
 * @throws {CertError} CONFIG_INVALID when there is no such destination
 */
export async function tryDestination(
  services: Needed,
  name: string,
  nudge: () => Promise<unknown>,
): Promise<Trial> {
  const { store, clock } = services;
  if ((await store.destinations.get(name)) === undefined) {
    throw new CertError('CONFIG_INVALID', `Cannot test destination "${name}": there is none`, {
      hint: 'See "certkeeper show snmp"',
    });
  }
  const byAgent = (await agentOf(services)) !== undefined;
  const begin = performance.now();
  const notification = testNotification(await store.alarms.takeSequence(), clock.now());
  const id = await store.outbox.add(name, notification, clock.now());
  const ending = new AbortController();
  const notifier = byAgent
    ? undefined
    : createNotifier({
        ...services,
        // What goes wrong is the answer.
        log: silentLog,
        monotonicMs: () => performance.now(),
        signal: ending.signal,
      });
  try {
    await (notifier === undefined ? nudge() : notifier.send(name));
    for (;;) {
      const trial = await lookAt(services, name, id);
      const ms = Math.round(performance.now() - begin);
      if (trial !== undefined) return { ...trial, byAgent, ms };
      if (ms > patienceMs) return { result: 'pending', byAgent, ms };
      await clock.sleep(pauseMs);
    }
  } finally {
    ending.abort();
    await notifier?.close();
  }
}

async function lookAt(
  { store }: Needed,
  name: string,
  id: number,
): Promise<Pick<Trial, 'result' | 'text'> | undefined> {
  const entry = (await store.outbox.of(name)).find((each) => each.id === id);
  const record = await store.destinations.get(name);
  if (entry === undefined) {
    return record?.failure === undefined
      ? { result: 'taken' }
      : { result: 'failed', text: record.failure.text };
  }
  // Tried, and put off.
  const isFailed = entry.attempts > 0 && entry.nextAttemptAt > entry.createdAt;
  if (!isFailed) return undefined;
  const failure = record?.failure ?? { text: 'it was not taken', at: entry.nextAttemptAt };
  // Who tests again sends another one.
  await store.outbox.failed(entry, undefined, failure);
  return { result: 'failed', text: failure.text };
}
