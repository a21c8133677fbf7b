import { agentOf } from '../../agent/agent-lease.ts';
import { askAgent } from '../../agent/control-client.ts';
import { formatTime } from '../../base/format-time.ts';
import { agentSocket } from '../agent-socket.ts';
import { tellOnlyBy } from '../agent-tell.ts';
import type { Body } from '../command.ts';
import type { Json } from '../json.ts';
import type { agentSocketParameters } from '../parameters-agent-socket.ts';
import { readStored, whereLooked } from '../stored.ts';
import { formatFields } from '../table.ts';

/** Tell whether an agent runs, and how it does. Exit code 0 when one does, else 3. */
export const run: Body<typeof agentSocketParameters> = async ({ socket }, context) => {
  if (socket !== undefined) return await tellOnlyBy(socket, { command: 'status' }, context);
  const read = await readStored(context, async (services) => ({
    agent: await agentOf(services),
    now: services.clock.now(),
    next: await services.store.schedule.next(),
  }));
  const agent = read?.agent;
  if (read === undefined || agent === undefined) {
    context.print.show({ running: false }, () => `No agent runs${whereLooked(context)}\n`);
    return 3;
  }
  // Why it cannot be asked is not why it would not run.
  const status = await askAgent(agentSocket(context), 'status').catch(() => undefined);
  const { pid, host, since } = agent;
  const live = readStatus(status);
  const told = live.next ?? read.next;
  // What changed is due since the beginning of time, so that it is looked at whatever the clock says.
  const next = told && formatTime(new Date(Math.max(new Date(told).getTime(), read.now.getTime())));
  context.print.show({ running: true, pid, host, since: formatTime(since), ...live, next }, () =>
    formatFields([
      ['agent', `process ${pid} on ${host}`],
      ['since', formatTime(since)],
      ['next', next ?? 'nothing to do'],
      ['runs', live.runs?.toString()],
      ['last run', live.lastRunAt],
      ['trouble', live.trouble],
      ['configuration', configurationText(live.configuration)],
      ['metrics', live.metrics],
      ['serves', live.serves === undefined ? undefined : `other agents on port ${live.serves}`],
      ['OCSP responder', live.responder],
      ...(live.tunnels ?? []).map((each): [string, string] => ['tunnels', tunnelsText(each)]),
    ]),
  );
  return 0;
};

/** Whatever the agent of another version says, only what we know of it is taken. */
function readStatus(status: object | undefined): {
  readonly runs?: number;
  readonly lastRunAt?: string;
  readonly next?: string;
  readonly trouble?: string;
  readonly metrics?: string;
  readonly serves?: number;
  readonly responder?: string;
  readonly tunnels?: readonly ShownTunnels[];
  readonly configuration?: ShownConfiguration;
} & { readonly [key: string]: Json | undefined } {
  const {
    runs,
    lastRun,
    next,
    trouble,
    metrics,
    serves,
    responder,
    tunnels,
    configuration,
  }: Readonly<Record<string, unknown>> = { ...status };
  const shown = configurationOf(configuration);
  const gateways = tunnelsOf(tunnels);
  const at =
    typeof lastRun === 'object' && lastRun !== null && 'at' in lastRun ? lastRun.at : undefined;
  return {
    ...(typeof runs === 'number' && { runs }),
    ...(typeof at === 'string' && { lastRunAt: formatTime(new Date(at)) }),
    ...(typeof next === 'string' && { next }),
    ...(typeof trouble === 'string' && { trouble }),
    ...(typeof metrics === 'string' && { metrics }),
    ...(typeof serves === 'number' && { serves }),
    ...(typeof responder === 'string' && { responder }),
    ...(gateways.length > 0 && { tunnels: gateways }),
    ...(shown && { configuration: shown }),
  };
}

/** How it is with the tunnels of one charon. */
type ShownTunnels = {
  readonly socket: string;
  readonly established: number;
  readonly refused: readonly string[];
  readonly trouble?: string;
};

function tunnelsOf(value: unknown): readonly ShownTunnels[] {
  if (!Array.isArray(value)) return [];
  return value.flatMap((each: unknown) => {
    if (typeof each !== 'object' || each === null) return [];
    const { socket, established, refused, trouble }: Readonly<Record<string, unknown>> = {
      ...each,
    };
    if (typeof socket !== 'string' || typeof established !== 'number') return [];
    return [
      {
        socket,
        established,
        refused: Array.isArray(refused)
          ? refused.filter((name: unknown) => typeof name === 'string')
          : [],
        ...(typeof trouble === 'string' && { trouble }),
      },
    ];
  });
}

function tunnelsText({ socket, established, refused, trouble }: ShownTunnels): string {
  if (trouble !== undefined) return trouble;
  const out = refused.length === 0 ? '' : `, kept out: ${refused.join(', ')}`;
  return `${established} established at ${socket}${out}`;
}

/** How the agent stands to its configuration file. */
type ShownConfiguration = {
  readonly file: string;
  readonly appliedAt?: string;
  readonly trouble?: string;
};

function configurationOf(value: unknown): ShownConfiguration | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { file, appliedAt, trouble }: Readonly<Record<string, unknown>> = { ...value };
  if (typeof file !== 'string') return undefined;
  return {
    file,
    ...(typeof appliedAt === 'string' && { appliedAt: formatTime(new Date(appliedAt)) }),
    ...(typeof trouble === 'string' && { trouble }),
  };
}

function configurationText(configuration: ShownConfiguration | undefined): string | undefined {
  if (configuration === undefined) return undefined;
  const { file, appliedAt, trouble } = configuration;
  const applied = appliedAt === undefined ? 'not applied yet' : `applied at ${appliedAt}`;
  return `${file}, ${applied}${trouble === undefined ? '' : `; what was before is in force: ${trouble}`}`;
}
