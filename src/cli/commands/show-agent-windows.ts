import { formatTime } from '../../base/format-time.ts';
import { opensAt } from '../../scheduler/maintenance-window.ts';
import { readWindows } from '../../lifecycle/stored-windows.ts';
import type { Body } from '../command.ts';
import { formatDuration } from '../render.ts';
import { readStored } from '../stored.ts';
import { formatTable } from '../table.ts';

/** List the times in which certificates may be renewed. */
export const run: Body<Record<never, never>> = async (_, context) => {
  const windows =
    (await readStored(context, async ({ store, clock }) =>
      (await readWindows(store)).map((window) => ({
        ...window,
        next: opensAt([window], clock.now()),
      })),
    )) ?? [];
  context.print.show(
    { windows: windows.map((each) => ({ ...each, next: each.next && formatTime(each.next) })) },
    () =>
      windows.length === 0
        ? 'Renewals are begun at any time\n'
        : formatTable(
            ['NAME', 'CRON', 'TIMEZONE', 'DURATION', 'OPEN AT'].map((title) => ({ title })),
            windows.map(({ name, cron, timezone, durationSeconds, next }) => [
              name,
              cron,
              timezone,
              formatDuration(durationSeconds),
              next === undefined ? 'never' : formatTime(next),
            ]),
          ),
  );
  return 0;
};
