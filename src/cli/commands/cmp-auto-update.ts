import { formatTime } from '../../base/format-time.ts';
import { setAutoUpdate } from '../../lifecycle/auto-update.ts';
import { nextJob } from '../../scheduler/next-job.ts';
import { agentNote } from '../agent-note.ts';
import type { Body } from '../command.ts';
import type { autoUpdateParameters } from '../parameters-agent.ts';
import { plural } from '../plural.ts';
import { formatDuration } from '../render.ts';

/** Have a certificate renewed by the agent. */
export const run: Body<typeof autoUpdateParameters> = async (args, context) => {
  const { currentName: name, caRoot, time: days } = args;
  const services = await context.services();
  const { at: usual, window } = await setAutoUpdate(services, {
    name,
    days,
    ...(caRoot !== undefined && { ca: caRoot }),
  });
  const next = await nextJob(services.store, name, 'update', services.clock.now());
  const { at = usual, postponed } = next ?? {};
  const windowSeconds = Math.round(window.ms / 1000);
  const isObeyed = window.from === 'days';
  if (!isObeyed) {
    context.log.warn(
      `${plural(days, 'day')} is more than half of the lifetime of "${name}": a third of it holds in place of that`,
    );
  }
  const { agentRuns, text: note } = await agentNote(services, context);
  context.print.done(
    { name, days, windowSeconds, isObeyed, renewalAt: formatTime(at), postponed, agentRuns },
    `"${name}" is renewed by the agent ${isObeyed ? plural(days, 'day') : formatDuration(windowSeconds)} before its end: next at ${formatTime(at)}` +
      (postponed === 'maintenance window' ? ', in a maintenance window' : '') +
      note,
  );
  return 0;
};
