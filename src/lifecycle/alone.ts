import { formatTime } from '../base/format-time.ts';
import { CertError } from '../base/errors.ts';
import { toHex } from '../base/bytes.ts';
import type { LeaseOwner } from '../store/leases-contract.ts';
import type { LifecycleContext } from './context.ts';
import { realIkePorts } from './ipsec-ports.ts';

/** Beyond the time a command was told to wait: longer than any CA, disk or operator takes. */
const LEASE_MARGIN_MS = 3_600_000;

const LEASE_ID_OCTETS = 16;

/**
 * Do one thing at a time per name: two commands that both go on with one transaction would take each other's
 * answers, and two deliveries each other's files. The lease is in the store, names its holder, and is taken
 * over from a process that provably is no more.
 *
 * @param waitSeconds how long the work may wait for a CA
 * @param work done in a context that delivers nothing once another process has taken the name over
 * @throws {CertError} IN_PROGRESS, naming the process that holds the name
 */
export async function alone<T>(
  context: LifecycleContext,
  name: string,
  waitSeconds: number,
  work: (held: LifecycleContext) => Promise<T>,
): Promise<T> {
  const { store, clock, random, holder, log } = context;
  const id = toHex(random.bytes(LEASE_ID_OCTETS));
  const expiry = (now: Date) => new Date(now.getTime() + waitSeconds * 1000 + LEASE_MARGIN_MS);
  const now = clock.now();
  const expiresAt = expiry(now);
  const lease = await store.leases.acquire(name, { ...holder, id }, now, expiresAt, (owner) =>
    mayLive(context, owner),
  );
  if ('heldBy' in lease) throw inProgress(context, name, lease.heldBy);
  const isOurs = async (): Promise<boolean> => {
    if ((await store.leases.holder(name))?.id !== id) return false;
    // After its time anybody may take it from us at any moment.
    const later = clock.now();
    return later < expiresAt || store.leases.renew(name, id, lease.fence, expiry(later));
  };
  const { ike = realIkePorts } = context;
  const held: LifecycleContext = {
    ...context,
    async deliver(files) {
      // Transactions are fenced by their revision; files have nothing that would tell who wrote last.
      if (!(await isOurs())) throw takenOver(name);
      return context.deliver(files);
    },
    ike: {
      ...ike,
      async open(socket, options) {
        // Nor has a charon.
        if (!(await isOurs())) throw takenOver(name);
        return ike.open(socket, options);
      },
    },
  };
  try {
    return await work(held);
  } finally {
    await store.leases.release(name, id, lease.fence).catch((error: unknown) => {
      // What the work has come to counts. The name must not stay closed to us for that.
      stranded.add(id);
      const why = error instanceof Error ? error.message : String(error);
      log.warn(`"${name}" could not be given free for other processes: ${why}`);
    });
  }
}

/** Between two tries to take a name that another process holds. */
const SOON_PAUSE_MS = 100;

/** Two seconds: longer than any other import, shorter than an operator's patience. */
const SOON_TRIES = 20;

/**
 * Do something short alone: who holds the name now is waited for a moment, because what that one does may be as short.
 *
 * @throws {CertError} IN_PROGRESS, as `alone`
 */
export async function aloneSoon<T>(
  context: LifecycleContext,
  name: string,
  work: (held: LifecycleContext) => Promise<T>,
): Promise<T> {
  for (let tries = 1; ; tries++) {
    let hasBegun = false;
    try {
      return await alone(context, name, 0, (held) => {
        hasBegun = true;
        return work(held);
      });
    } catch (error) {
      const isHeld = error instanceof CertError && error.code === 'IN_PROGRESS' && !hasBegun;
      if (!isHeld || tries === SOON_TRIES) throw error;
    }
    await context.clock.sleep(SOON_PAUSE_MS, context.signal);
  }
}

/** Leases of this process that could not be given back: its next command takes them over. */
const stranded = new Set<string>();

function mayLive({ livenessOf }: LifecycleContext, owner: LeaseOwner): boolean {
  return !stranded.has(owner.id) && livenessOf(owner) !== 'dead';
}

function inProgress(
  { holder, livenessOf }: LifecycleContext,
  name: string,
  heldBy: LeaseOwner & { readonly since: Date },
): CertError {
  const { pid, host, since } = heldBy;
  const where = host === holder.host ? '' : ` on ${host}`;
  const hint =
    livenessOf(heldBy) === 'alive'
      ? 'Wait until it has ended; what it leaves behind can be gone on with'
      : 'Whether it still runs cannot be told from here: wait until it has ended, or, when you know that ' +
        `it has, give the name free with "certkeeper clear cmp cert-name ${name}"`;
  return new CertError(
    'IN_PROGRESS',
    `Cannot work on "${name}" now: process ${pid}${where} has been at it since ${formatTime(since)}`,
    { hint },
  );
}

function takenOver(name: string): CertError {
  return new CertError(
    'IN_PROGRESS',
    `Cannot deliver "${name}": this took so long that another process took the name over`,
    {
      hint: `See "certkeeper show cert ${name}"; "certkeeper cmp poll current-cert ${name}" delivers what is not delivered yet`,
    },
  );
}
