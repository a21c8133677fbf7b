import type { LifecycleContext } from './context.ts';
import type { Destination } from '../traps/destination.ts';
import { startEngine } from '../traps/snmp-engine.ts';
import { encodeDestination } from './destination-settings.ts';
import { senderFor } from './notification-sender.ts';
import { defaultBaseOid } from '../traps/base-oid.ts';

/**
 * Refuse a destination to which nothing could ever be sent.
 *
 * @throws {CertError} CONFIG_INVALID
 */
export async function assertSendable(
  { clock, random }: Pick<LifecycleContext, 'clock' | 'random'>,
  destination: Destination,
  secrets: ReadonlyMap<string, Uint8Array>,
): Promise<void> {
  const trial = await senderFor(destination, secrets, {
    clock,
    engine: async () => ({ engine: startEngine(undefined, random), uptimeMs: () => 0 }),
    baseOid: defaultBaseOid,
  });
  await trial.close();
}

/**
 * Set a destination, in place of one of the same name. With the first one of SNMP the engine is made, so that its
 * identity can be told to the receiver before anything is sent.
 *
 * @throws {CertError} CONFIG_INVALID when nothing could ever be sent there
 */
export async function putDestination(
  { store, clock, random }: Pick<LifecycleContext, 'store' | 'clock' | 'random'>,
  destination: Destination,
  secrets: ReadonlyMap<string, Uint8Array>,
): Promise<{ readonly engineID?: string }> {
  await assertSendable({ clock, random }, destination, secrets);
  await store.destinations.put(destination.name, encodeDestination(destination), secrets);
  if (destination.type !== 'snmp') return {};
  const { engineID } = await store.snmpEngine.change(
    // Made, and not started: whoever sends first counts the first boot.
    (stored) => stored ?? { ...startEngine(undefined, random), boots: 0 },
  );
  return { engineID };
}
