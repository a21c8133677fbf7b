import { Cron } from 'croner';
import type { MaintenanceWindow } from '../../src/lifecycle/stored-windows.ts';
import type { Chance } from './chance.ts';

const hourMs = 3_600_000;

/** Windows that operators have; most have none. */
export function drawWindows(draw: Chance): readonly MaintenanceWindow[] {
  const timezone = draw.pick(['UTC', 'Europe/Berlin', 'America/New_York', 'Asia/Kolkata']);
  const night = { cron: '0 2 * * *', timezone, durationSeconds: 3 * 3600 };
  const weekend = { cron: '30 4 * * 6', timezone, durationSeconds: 6 * 3600 };
  const patchDay = { cron: '0 22 12 * *', timezone, durationSeconds: 5 * 3600 };
  return draw.pick([[], [], [], [], [night], [weekend], [patchDay], [weekend, patchDay]]);
}

/** The windows of a world, as a calendar has them. */
export interface Calendar {
  readonly hasWindows: boolean;
  isOpen(ms: number): boolean;
  /** When one opens, at or after a moment. */
  opensAfter(ms: number): number;
  /** When one opened last that was open for a while, at or before a moment; -Infinity when that was too long ago. */
  openedBefore(ms: number): number;
}

/** Read a calendar. */
export function calendar(windows: readonly MaintenanceWindow[]): Calendar {
  const openings = windows.map(({ cron, timezone, durationSeconds }) => ({
    cron: new Cron(cron, { timezone, paused: true }),
    durationMs: durationSeconds * 1000,
  }));
  return {
    hasWindows: windows.length > 0,
    isOpen: (ms) => openings.some(({ cron, durationMs }) => after(cron, ms - durationMs) <= ms),
    opensAfter: (ms) => Math.min(...openings.map(({ cron }) => after(cron, ms))),
    openedBefore: (ms) =>
      Math.max(
        ...openings.map(({ cron, durationMs }) => {
          const at = after(cron, ms - durationMs);
          return at <= ms - hourMs ? at : -Infinity;
        }),
      ),
  };
}

function after(cron: Cron, ms: number): number {
  return cron.nextRun(new Date(ms - 1000))?.getTime() ?? Infinity;
}
