import { formatTime } from '../base/format-time.ts';
import { CertError } from '../base/errors.ts';
import { toHex } from '../base/bytes.ts';
import type { LifecycleContext } from './context.ts';

/** Beyond the time a command was told to wait: longer than any CA, disk or operator takes. */
const LEASE_MARGIN_MS = 3_600_000;

const LEASE_ID_OCTETS = 16;

/**
 * Do one thing at a time per name: two commands that both go on with one transaction would take each other's
 * answers, and two deliveries each other's files. The lease is in the store, names its holder, and is taken
 * over from a process that is no more.
 *
 * @param waitSeconds how long the work may wait for a CA
 * @throws {CertError} IN_PROGRESS, naming the process that holds the name
 */
export async function alone<T>(
  { store, clock, random, holder, livenessOf }: LifecycleContext,
  name: string,
  waitSeconds: number,
  work: () => Promise<T>,
): Promise<T> {
  const id = toHex(random.bytes(LEASE_ID_OCTETS));
  const now = clock.now();
  const expiresAt = new Date(now.getTime() + waitSeconds * 1000 + LEASE_MARGIN_MS);
  const lease = await store.leases.acquire(
    name,
    { ...holder, id },
    now,
    expiresAt,
    (owner) => livenessOf(owner) !== 'dead',
  );
  if ('heldBy' in lease) {
    const { pid, host, since } = lease.heldBy;
    const where = host === holder.host ? '' : ` on ${host}`;
    throw new CertError(
      'IN_PROGRESS',
      `Cannot work on "${name}" now: process ${pid}${where} has been at it since ${formatTime(since)}`,
      { hint: 'Wait until it has ended; what it leaves behind can be gone on with' },
    );
  }
  try {
    return await work();
  } finally {
    await store.leases.release(name, id, lease.fence);
  }
}
