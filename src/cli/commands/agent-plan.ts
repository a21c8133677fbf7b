import { formatTime } from '../../base/format-time.ts';
import type { Label } from '../../base/label.ts';
import type { ScheduleFacts } from '../../scheduler/due.ts';
import { gather } from '../../scheduler/gather.ts';
import type { Job } from '../../scheduler/job.ts';
import { plannedSurroundings } from '../../scheduler/next-job.ts';
import { firstAhead, planAhead } from '../../scheduler/plan.ts';
import { tellOnlyBy } from '../agent-tell.ts';
import type { Body } from '../command.ts';
import type { agentPlanParameters } from '../parameters-agent.ts';
import { plural } from '../plural.ts';
import { shortenPlan } from '../shortened-plan.ts';
import { readStored, whereLooked } from '../stored.ts';
import { formatTable } from '../table.ts';

const dayMs = 86_400_000;

/** List what the agent will do, and when. */
export const run: Body<typeof agentPlanParameters> = async ({ days, socket }, context) => {
  if (socket !== undefined) {
    return await tellOnlyBy(socket, { command: 'plan', days }, context);
  }
  const { jobs, later } = (await readStored(context, async ({ store, clock }) => {
    const now = clock.now();
    const names = new Map<Label, ScheduleFacts>();
    for (const { name } of await store.schedule.all()) {
      const facts = await gather(store, name, now);
      if (facts !== undefined) names.set(name, facts);
    }
    const around = await plannedSurroundings(store);
    return {
      jobs: planAhead(names, around, now, new Date(now.getTime() + days * dayMs)),
      later: firstAhead(names, around, now),
    };
  })) ?? { jobs: [], later: undefined };
  const next = jobs.length === 0 ? later : undefined;
  context.print.show({ days, jobs: jobs.map(jobJson), next: next && jobJson(next) }, () => {
    if (jobs.length === 0) {
      const then =
        next === undefined ? '' : `; next is ${next.kind} "${next.name}" at ${formatTime(next.at)}`;
      return `Nothing to do in ${plural(days, 'day')}${whereLooked(context)}${then}\n`;
    }
    const { shown, notes } = shortenPlan(jobs);
    const table = formatTable(
      ['WHEN', 'WHAT', 'NAME', 'CA', 'LATER FOR'].map((title) => ({ title })),
      shown.map(({ at, kind, name, ca = '', postponed = '' }) => [
        formatTime(at),
        kind,
        name,
        ca,
        postponed,
      ]),
    );
    return table + notes.map((note) => `${note}\n`).join('');
  });
  return 0;
};

function jobJson({ at, kind, name, ca, postponed }: Job) {
  return { at: formatTime(at), kind, name, ca, postponed };
}
