import { Cron } from 'croner';
import type { MaintenanceWindow } from '../lifecycle/stored-windows.ts';

/**
 * Tell when the next window is open.
 *
 * @returns the moment itself in a window, and when there are no windows; undefined when none opens any more
 */
export function opensAt(windows: readonly MaintenanceWindow[], from: Date): Date | undefined {
  if (windows.length === 0) return from;
  const openings = windows.flatMap((window) => {
    const at = opening(window, from);
    return at === undefined ? [] : [at.getTime()];
  });
  return openings.length === 0 ? undefined : new Date(Math.min(...openings));
}

function opening(
  { cron, timezone, durationSeconds }: MaintenanceWindow,
  from: Date,
): Date | undefined {
  const schedule = new Cron(cron, { timezone, paused: true });
  // One that opened less than its length ago is open still.
  const at = schedule.nextRun(new Date(from.getTime() - durationSeconds * 1000)) ?? undefined;
  return at !== undefined && at < from ? from : at;
}
