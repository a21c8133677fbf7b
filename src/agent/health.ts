import { formatTime } from '../base/format-time.ts';
import type { AgentStatus } from './agent.ts';

/** Whether an agent does what it is there for. */
export interface Health {
  readonly isReady: boolean;
  /** Why not; lower case, no final period. */
  readonly reason?: string;
}

/** How long ago the last run may have ended: there is one a minute. */
const patienceMs = 15 * 60_000;

/** How long a run may take: after a CA was compromised there are ten thousand certificates to be renewed. */
const longestRunMs = 2 * 3_600_000;

/** Judge an agent by what it last did. */
export function healthOf(
  { trouble, lastRun, busySince, startedAt }: AgentStatus,
  now: Date,
): Health {
  if (trouble !== undefined) return { isReady: false, reason: trouble };
  const isWithin = (since: Date, ms: number): boolean => now.getTime() - since.getTime() <= ms;
  if (busySince !== undefined && isWithin(busySince, longestRunMs)) return { isReady: true };
  const last = lastRun?.at ?? startedAt;
  if (isWithin(last, patienceMs)) return { isReady: true };
  return { isReady: false, reason: `nothing was looked at since ${formatTime(last)}` };
}

/** Judge an agent that may not even be able to tell: its store may not open. */
export async function askHealth(
  status: () => Promise<AgentStatus>,
  now: () => Date,
): Promise<Health> {
  try {
    return healthOf(await status(), now());
  } catch (error) {
    return { isReady: false, reason: error instanceof Error ? error.message : String(error) };
  }
}
