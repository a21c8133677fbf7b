import { toHex } from '../base/bytes.ts';
import type { LifecycleContext } from '../lifecycle/context.ts';
import { snmpBaseOid } from '../lifecycle/setting-keys.ts';
import type { DestinationRecord } from '../store/notifications-contract.ts';
import { afterFailure, dispatch, type OutboxEntry } from '../traps/alarms/outbox.ts';
import { fullBucket, usualRate, type TokenBucket } from '../traps/alarms/token-bucket.ts';
import { defaultBaseOid } from '../traps/base-oid.ts';
import { isRetried, type Destination } from '../traps/destination.ts';
import type { NotificationSender } from '../traps/sender.ts';
import { startEngine, type SnmpEngine } from '../traps/snmp-engine.ts';
import { decodeDestination } from '../lifecycle/destination-settings.ts';
import { senderFor } from '../lifecycle/notification-sender.ts';
import { becomeSender, type SenderLease } from './sender-lease.ts';

/** What sending stands on. */
export type NotifierContext = Pick<
  LifecycleContext,
  'store' | 'clock' | 'random' | 'log' | 'holder' | 'livenessOf'
> & {
  /** Milliseconds since any moment, by a clock that nobody sets. */
  monotonicMs(): number;
  /** Ends what is under way. */
  readonly signal: AbortSignal;
  /** Makes the way to a destination; absent: the real one. */
  readonly openSender?: typeof senderFor;
};

/** What sends what is in the outbox. */
export interface Notifier {
  /**
   * Send what is due, unless another process does.
   *
   * @param only one destination, and no other
   * @returns when to come back, if there is reason to
   */
  send(only?: string): Promise<Date | undefined>;
  /** Let another process send. */
  close(): Promise<void>;
}

/** When to see whether another process has stopped to send. */
const elsewhereMs = 60_000;

/** Make what sends: one destination waits for no other, and of one certificate one thing is told after the other. */
export function createNotifier(context: NotifierContext): Notifier {
  const { store, clock, signal, openSender = senderFor } = context;
  const ways = new Map<string, Way>();
  const engine = engineOf(context);
  let lease: SenderLease | undefined;

  const keepLease = async (): Promise<boolean> => {
    if (lease !== undefined && (await lease.keep())) return true;
    lease = await becomeSender(context);
    return lease !== undefined;
  };

  const serve = async (record: DestinationRecord): Promise<Date | undefined> => {
    for (;;) {
      const queue = await store.outbox.of(record.name);
      if (queue.length === 0 || signal.aborted) return undefined;
      const way = await wayTo(record);
      const now = clock.now();
      const { entries, bucket, nextAt } = dispatch(queue, way.bucket, usualRate, now);
      way.bucket = bucket;
      if (entries.length === 0) return nextAt;
      if (!(await keepLease())) return new Date(now.getTime() + elsewhereMs);
      await Promise.all(entries.map((entry) => sendOne(context, way, entry)));
    }
  };

  const wayTo = async (record: DestinationRecord): Promise<Way> => {
    const { name, settings } = record;
    const secrets = await store.destinations.secrets(name);
    const baseOid = (await store.settings.get(snmpBaseOid)) ?? defaultBaseOid;
    const shape = JSON.stringify([
      settings,
      baseOid,
      ...[...secrets].map(([word, octets]) => [word, toHex(octets)]),
    ]);
    const known = ways.get(name);
    if (known?.shape === shape) return known;
    await known?.close();
    const destination = decodeDestination(record);
    const made = openWay(destination, () =>
      openSender(destination, secrets, { clock, engine, baseOid }),
    );
    const way = { ...made, shape, bucket: known?.bucket ?? fullBucket(usualRate, clock.now()) };
    ways.set(name, way);
    return way;
  };

  return {
    async send(only) {
      const records = await store.destinations.list();
      const names = new Set(records.map(({ name }) => name));
      for (const [name, way] of ways) {
        if (names.has(name)) continue;
        ways.delete(name);
        await way.close();
      }
      const waiting = await store.outbox.sizes();
      if (waiting.size === 0) return undefined;
      if (!(await keepLease())) return new Date(clock.now().getTime() + elsewhereMs);
      const times = await Promise.all(
        records
          .filter(({ name }) => waiting.has(name) && (only ?? name) === name)
          .map((record) => serve(record)),
      );
      return times
        .filter((at) => at !== undefined)
        .toSorted((a, b) => a.getTime() - b.getTime())[0];
    },
    async close() {
      for (const way of ways.values()) await way.close();
      ways.clear();
      await lease?.release();
      lease = undefined;
    },
  };
}

/** A destination, as it is set now. */
interface Way {
  readonly destination: Destination;
  readonly shape: string;
  bucket: TokenBucket;
  sender(): Promise<NotificationSender>;
  close(): Promise<void>;
}

function openWay(
  destination: Destination,
  open: () => Promise<NotificationSender>,
): Pick<Way, 'destination' | 'sender' | 'close'> {
  let made: Promise<NotificationSender> | undefined;
  return {
    destination,
    sender: () => (made ??= open()),
    close: async () => await (await made?.catch(() => undefined))?.close(),
  };
}

async function sendOne(
  { store, clock, log, signal }: NotifierContext,
  way: Way,
  entry: OutboxEntry,
): Promise<void> {
  const begun = await store.outbox.begin(entry);
  if (begun === undefined) return;
  try {
    const sender = await way.sender();
    await sender.send(begun.notification, signal);
  } catch (error) {
    // It stays, and is sent again by whoever is next.
    if (signal.aborted) return;
    const text = error instanceof Error ? error.message : String(error);
    const at = clock.now();
    const next = isRetried(way.destination) ? afterFailure(begun, at) : undefined;
    log.warn(text);
    await store.outbox.failed(begun, next, { text, at });
    return;
  }
  await store.outbox.sent(begun, clock.now());
}

/** Start the engine at the first use: its new number of boots is stored before anything is sent. */
function engineOf({
  store,
  random,
  monotonicMs,
}: NotifierContext): () => Promise<{ engine: SnmpEngine; uptimeMs: () => number }> {
  let started: Promise<{ engine: SnmpEngine; uptimeMs: () => number }> | undefined;
  const start = async () => {
    const since = monotonicMs();
    const engine = await store.snmpEngine.change((stored) => startEngine(stored, random));
    return { engine, uptimeMs: () => monotonicMs() - since };
  };
  return () => (started ??= start());
}
