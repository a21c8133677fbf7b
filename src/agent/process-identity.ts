import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';

/** Which process holds something: a pid alone is given to another one sooner or later. */
export interface ProcessIdentity {
  readonly pid: number;
  /** Start time of the process, as the operating system counts it; empty where it does not say. */
  readonly startedAt: string;
  readonly host: string;
}

/** Identify this process. */
export function thisProcess(): ProcessIdentity {
  return { pid: process.pid, startedAt: startOf(process.pid) ?? '', host: hostname() };
}

/**
 * Tell whether a process is still there. One of another host counts as alive: nothing here can tell, and a
 * lease of its expires.
 */
export function isAlive({ pid, startedAt, host }: ProcessIdentity): boolean {
  if (host !== hostname()) return true;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // Anything but "no such process" says that there is one, of another user.
    if (error instanceof Error && 'code' in error && error.code === 'ESRCH') return false;
  }
  const start = startOf(pid);
  return start === undefined || start === startedAt;
}

/** Read the start time of a process on Linux: field 22 of its stat, counted after the command's name. */
function startOf(pid: number): string | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
  } catch {
    return undefined;
  }
}
