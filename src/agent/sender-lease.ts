import { toHex } from '../base/bytes.ts';
import type { LifecycleContext } from '../lifecycle/context.ts';

/** What senders keep each other out by; no certificate can have this name. */
const leaseName = '(notifications)';

/** Longer than one round of sending takes; a holder that was killed is known to be dead at once, on this host. */
const leaseMs = 600_000;

/** That this process is the one that sends: of two with one engineID, receivers would take neither. */
export interface SenderLease {
  /** Go on being it; `false` when another has taken over. */
  keep(): Promise<boolean>;
  release(): Promise<void>;
}

/** Become the one that sends. @returns undefined when another process is */
export async function becomeSender({
  store,
  clock,
  random,
  holder,
  livenessOf,
}: Pick<LifecycleContext, 'store' | 'clock' | 'random' | 'holder' | 'livenessOf'>): Promise<
  SenderLease | undefined
> {
  const id = toHex(random.bytes(16));
  const expiry = () => new Date(clock.now().getTime() + leaseMs);
  const lease = await store.leases.acquire(
    leaseName,
    { ...holder, id },
    clock.now(),
    expiry(),
    (owner) => livenessOf(owner) !== 'dead',
  );
  if ('heldBy' in lease) return undefined;
  return {
    keep: () => store.leases.renew(leaseName, id, lease.fence, expiry()),
    async release() {
      await store.leases.release(leaseName, id, lease.fence);
    },
  };
}
