import { formatTime } from '../../base/format-time.ts';
import { opensAt } from '../../scheduler/maintenance-window.ts';
import { putWindow } from '../../lifecycle/stored-windows.ts';
import type { Body } from '../command.ts';
import type { agentWindowParameters } from '../parameters-agent.ts';
import { formatDuration } from '../render.ts';

/** Set a time in which certificates may be renewed. */
export const run: Body<typeof agentWindowParameters> = async (args, context) => {
  const { name, cron, duration: durationSeconds, timezone } = args;
  const { store, clock } = await context.services();
  const window = { name, cron, durationSeconds, timezone: timezone ?? 'UTC' };
  await putWindow(store, window);
  const next = opensAt([window], clock.now());
  context.print.done(
    { ...window, next: next && formatTime(next) },
    `Renewals are begun in maintenance windows only; "${name}" is open for ${formatDuration(durationSeconds)}` +
      (next === undefined ? '' : `, next at ${formatTime(next)}`),
  );
  return 0;
};
