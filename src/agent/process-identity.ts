import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';

/** Which process holds something: a pid alone is given to another one sooner or later. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Start time of the process, as the operating system counts it; empty where it does not say. */
  readonly startedAt: string;
  readonly host: string;
  /** The kernel's boot id; empty where it has none. */
  readonly boot: string;
  /** The namespace that the pid counts in; empty where it cannot be told. */
  readonly pidNamespace: string;
}

/** What can be told of a process: `unknown` may well be alive. */
export type Liveness = 'alive' | 'dead' | 'unknown';

/** Identify this process. */
export function thisProcess(): ProcessIdentity {
  const { pid } = process;
  return { pid, startedAt: statOf(pid)?.startedAt ?? '', host: hostname(), ...surroundings() };
}

/**
 * Tell whether a process is still there. Dead is only what provably is: one that this kernel, asked in the
 * namespace of its pid, does not know, knows as ended, or has given its pid to another; or one of this host
 * before it was booted again.
 *
 * @param here what this process knows of where it is
 */
export function livenessOf(
  owner: ProcessIdentity,
  here: Pick<ProcessIdentity, 'host' | 'boot' | 'pidNamespace'> = {
    host: hostname(),
    ...surroundings(),
  },
): Liveness {
  if (owner.boot === '' || here.boot === '') return 'unknown';
  const isNear = owner.pidNamespace !== '' && owner.pidNamespace === here.pidNamespace;
  if (owner.boot !== here.boot) {
    // Containers share the kernel under other names; another kernel under our name is ours of earlier.
    if (owner.host !== here.host) return 'unknown';
    // Or the same one: systemd-nspawn tells a boot id of its own, which a service that has a /proc/sys of its own does
    // not see. A process that was given the same pid at the same hundredth of a second is that process.
    return isNear && lookAt(owner) === 'alive' ? 'alive' : 'dead';
  }
  return isNear ? lookAt(owner) : 'unknown';
}

/** Look at a pid of this namespace. */
function lookAt(owner: Pick<ProcessIdentity, 'pid' | 'startedAt'>): Liveness {
  try {
    process.kill(owner.pid, 0);
  } catch (error) {
    // Anything but "no such process" says that there is one, of another user.
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return 'dead';
  }
  const stat = statOf(owner.pid);
  if (stat === undefined || owner.startedAt === '') return 'unknown';
  // A zombie has ended; only its parent has not asked how.
  return stat.startedAt === owner.startedAt && !/^[ZX]/.test(stat.state) ? 'alive' : 'dead';
}

function surroundings(): Pick<ProcessIdentity, 'boot' | 'pidNamespace'> {
  return {
    boot: readLine(() => readFileSync('/proc/sys/kernel/random/boot_id', 'utf8')),
    // A /proc of another namespace counts other pids than ours: nothing can be told by it.
    pidNamespace:
      readLine(() => readlinkSync('/proc/self')) === String(process.pid)
        ? readLine(() => readlinkSync('/proc/self/ns/pid'))
        : '',
  };
}

/** Read the state and the start time of a process on Linux: fields 3 and 22 of its stat, after its name. */
function statOf(pid: number): { readonly state: string; readonly startedAt: string } | undefined {
  const line = readLine(() => readFileSync(`/proc/${pid}/stat`, 'utf8'));
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const [state, startedAt] = [fields[0], fields[19]];
  return state === undefined || startedAt === undefined ? undefined : { state, startedAt };
}

function readLine(read: () => string): string {
  try {
    return read().trim();
  } catch {
    return '';
  }
}
