import { formatTime } from '../base/format-time.ts';
import type { LifecycleContext } from '../lifecycle/context.ts';
import type { DoctorFinding } from '../lifecycle/doctor-finding.ts';
import { dayOf, listDailyBackups } from '../store/daily-backups.ts';
import { agentOf } from './agent-lease.ts';
import { dailyBackupsKept } from './daily-backup.ts';

/** Until one is made: a large store takes its time, and what failed is tried again after an hour. */
const graceMs = 2 * 3_600_000;

/** Look whether the agent has made the backup of today. */
export async function examineBackups(
  services: Pick<LifecycleContext, 'store' | 'clock' | 'livenessOf'>,
  directory: string,
): Promise<readonly DoctorFinding[]> {
  const { store, clock } = services;
  const now = clock.now();
  const [newest] = listDailyBackups(directory, now);
  const about = { check: 'backup' } as const;
  const last = newest === undefined ? 'there is none yet' : `the last one is "${newest.path}"`;
  if ((await dailyBackupsKept(store)) === 0) {
    return [{ ...about, severity: 'note', text: 'none is made by the agent, as it is set' }];
  }
  if (newest?.day === dayOf(now)) return [{ ...about, severity: 'ok', text: last }];
  const agent = await agentOf(services);
  if (agent === undefined) return [{ ...about, severity: 'note', text: last }];
  const midnight = Date.parse(dayOf(now));
  const wantedAt = Math.max(midnight, agent.since.getTime());
  if (now.getTime() - wantedAt < graceMs) return [{ ...about, severity: 'ok', text: last }];
  return [
    {
      ...about,
      severity: 'warning',
      text: `none was made since ${formatTime(new Date(wantedAt))}; ${last}`,
      remedy: `See in the log of the agent why; try it: certkeeper store backup ${directory}/backups/by-hand.db`,
    },
  ];
}
