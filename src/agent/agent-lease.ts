import { toHex } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { formatTime } from '../base/format-time.ts';
import type { LifecycleContext } from '../lifecycle/context.ts';

/** What agents keep each other out by; no certificate can have this name. */
const leaseName = '(agent)';

/** Longer than any tick takes; a holder that was killed is known to be dead at once, on this host. */
const leaseMs = 600_000;

/** That this process is the agent of a store. */
export interface AgentLease {
  /** Go on being it. @throws {CertError} IN_PROGRESS when another agent has taken over */
  keep(): Promise<void>;
  /** The same where much time may have passed since: a run of thousands of renewals takes longer than the lease. */
  keepOn(): Promise<void>;
  release(): Promise<void>;
}

type Needed = Pick<LifecycleContext, 'store' | 'clock' | 'random' | 'holder' | 'livenessOf'>;

/**
 * Become the agent of a store.
 *
 * @throws {CertError} IN_PROGRESS, naming the agent that is there
 */
export async function becomeAgent(services: Needed): Promise<AgentLease> {
  const { store, clock, random, holder, livenessOf } = services;
  const id = toHex(random.bytes(16));
  const expiry = () => new Date(clock.now().getTime() + leaseMs);
  const lease = await store.leases.acquire(
    leaseName,
    { ...holder, id },
    clock.now(),
    expiry(),
    (owner) => livenessOf(owner) !== 'dead',
  );
  if ('heldBy' in lease) {
    const { pid, host, since } = lease.heldBy;
    throw new CertError(
      'IN_PROGRESS',
      `Cannot run the agent: process ${pid} on ${host} has been the agent of this store since ${formatTime(since)}`,
      { hint: 'One agent is enough for a store; see "certkeeper agent status"' },
    );
  }
  let keptAt = clock.now();
  const keep = async (): Promise<void> => {
    if (!(await store.leases.renew(leaseName, id, lease.fence, expiry()))) {
      throw new CertError('IN_PROGRESS', 'Cannot go on: another agent has taken this store over', {
        hint: 'See "certkeeper agent status"',
      });
    }
    keptAt = clock.now();
  };
  return {
    keep,
    async keepOn() {
      const sinceMs = clock.now().getTime() - keptAt.getTime();
      if (sinceMs < 0 || sinceMs > leaseMs / 3) await keep();
    },
    async release() {
      await store.leases.release(leaseName, id, lease.fence);
    },
  };
}

/** Find the agent of a store, if one is there. */
export async function agentOf(
  services: Pick<LifecycleContext, 'store' | 'livenessOf'>,
): Promise<{ readonly pid: number; readonly host: string; readonly since: Date } | undefined> {
  const owner = await services.store.leases.holder(leaseName);
  return owner !== undefined && services.livenessOf(owner) !== 'dead' ? owner : undefined;
}
