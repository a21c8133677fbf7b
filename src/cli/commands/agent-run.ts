import { dirname, resolve } from 'node:path';
import { startAgent, type Agent } from '../../agent/agent.ts';
import { judgesFor } from '../../agent/answer-validate.ts';
import { createDailyBackups } from '../../agent/daily-backup.ts';
import type { Services } from '../../agent/compose.ts';
import { answersOf } from '../../agent/control-server.ts';
import { keepResponding } from '../../agent/keep-responding.ts';
import { keepTunnels } from '../../agent/keep-tunnels.ts';
import { assertPlaceAllowed, type MetricsPlace } from '../../agent/metrics-server.ts';
import { startOperations, type OperationsOptions } from '../../agent/operations.ts';
import { groupActCounter } from '../../agent/request-counter.ts';
import { watchedValidation } from '../../agent/watched-validation.ts';
import { beat } from '../../scheduler/beat.ts';
import { CertError } from '../../base/errors.ts';
import { applyAtStart, configApplier, type ConfigApplier } from '../agent-config.ts';
import type { Reloaded } from '../agent-reloaded.ts';
import { assertServable, servingPlace, startServing } from '../agent-serving.ts';
import { groupPlaceOf, listenIn } from '../agent-listening.ts';
import { agentSocket } from '../agent-socket.ts';
import type { Body, CommandContext } from '../command.ts';
import type { ArgsOf } from '../parameter.ts';
import type { agentRunParameters } from '../parameters-agent.ts';
import { readVersion } from '../version.ts';

/** Be the agent of the store until Ctrl-C, SIGTERM or `agent stop`. */
export const run: Body<typeof agentRunParameters> = async (args, context) => {
  const { globals, io } = context;
  if (globals.storeKey?.kind === 'prompt') {
    throw new CertError('USAGE_INVALID', 'Cannot run the agent with a store key that is typed in', {
      hint: 'Give it by --store-key file:PATH, env:NAME or cred:NAME: nobody is there when it starts again',
    });
  }
  const operating = await operationsOf(args, context);
  const groupPlaces = await groupPlaceOf(args, context);
  const place = servingPlace(args);
  const opened = await context.services();
  const validation = watchedValidation(opened, { ocspOctets: args.ocspCache * 1024 * 1024 });
  // One for all: what was asked a moment ago is not asked again.
  const services: Services = { ...opened, peerValidation: async () => validation.context };
  const configure = configApplier(services, args.config, context);
  await applyAtStart(configure, context);
  await assertServable(services, place);
  const stopped = io.abortSignal();
  const path = agentSocket(context);
  const testBeat = beatSeconds(context);
  const agent = await startAgent(services, {
    names: args.concurrency,
    perCa: args.perCa,
    beat: (tick) => beat(tick, testBeat),
    monotonicMs: () => performance.now(),
    later: (tick, ms) => void setTimeout(tick, ms).unref(),
    beside: createDailyBackups({ ...services, directory: dirname(path) }),
    crls: validation.refresher,
    validation,
  });
  const operations = await startOperations(services, agent, operating);
  const { metricsUrl } = operations;
  const serving = await startServing(services, place).catch(async (error: unknown) => {
    await operations.close();
    await agent.stop();
    throw error;
  });
  // What was lost is done again in a run of its own: whoever notices has others to look after.
  const tunnels = keepTunnels({
    ...services,
    validation: validation.context,
    wake: () => void agent.look(),
    tell: () => void agent.send(),
    everyMs: testBeat === undefined ? undefined : testBeat * 1000,
  });
  const { heard } = tunnels;
  const responding = await keepResponding({ ...services, validation, heard });
  const reload = async (): Promise<Reloaded> => {
    const done = await reloaded(services, agent, configure);
    await responding.refresh();
    await serving?.refresh();
    void tunnels.refresh();
    return done;
  };
  const answers = {
    ...answersOf(agent, {
      reload,
      compare: async () => (await configure.compare()) ?? {},
      async tell(words, signal) {
        const { tell } = await import('../agent-teller.ts');
        return await tell({ services, context, reload }, words, signal);
      },
      validate: judgesFor({ ...services, validation: validation.context }),
    }),
    status: async () => ({
      ...(await agent.status()),
      metrics: metricsUrl,
      serves: serving?.port(),
      responder: responding.url(),
      tunnels: tunnels.state(),
      configuration: configure.state(),
    }),
  };
  const mayAct = groupActCounter(services.clock);
  const bounded = groupPlaces.map((each) => ({ ...each, mayAct }));
  const endControl = await listenIn([{ path }, ...bounded], answers, context);
  takeHangups(context, reload);
  context.print.done(
    { running: true, socket: path, metrics: metricsUrl, serves: serving?.port() },
    `The agent runs${serving?.port() === undefined ? '' : `, serves other agents on port ${serving.port()}`}${
      metricsUrl === undefined ? '' : `, and tells how it does at ${metricsUrl}`
    }; Ctrl-C ends it`,
  );
  // Keeps the process: everything else of it waits without doing so.
  const alive = setInterval(() => {}, 2 ** 30);
  try {
    await operations.ready();
    const stop = (): void => {
      void operations.stopping();
      void agent.stop();
    };
    stopped.addEventListener('abort', stop, { once: true });
    if (stopped.aborted) stop();
    await agent.ended;
  } finally {
    clearInterval(alive);
    await operations.stopping();
    await endControl();
    await tunnels.close();
    await responding.close();
    await serving?.close();
    await operations.close();
    await validation.close();
  }
  context.print.done({ running: false }, 'The agent has ended');
  return 0;
};

async function operationsOf(
  { metrics: port, metricsAddress, metricsOpen, metricsFile }: ArgsOf<typeof agentRunParameters>,
  { io: { env } }: CommandContext,
): Promise<OperationsOptions> {
  if (port === undefined && (metricsAddress !== undefined || metricsOpen)) {
    throw new CertError('USAGE_INVALID', 'Cannot serve metrics: no port is given', {
      hint: 'Add metrics PORT',
    });
  }
  const metrics: MetricsPlace | undefined =
    port === undefined
      ? undefined
      : { port, address: metricsAddress ?? '127.0.0.1', isOpen: metricsOpen };
  if (metrics !== undefined) assertPlaceAllowed(metrics);
  return {
    version: await readVersion(),
    env,
    ...(metrics && { metrics }),
    ...(metricsFile !== undefined && { metricsFile: resolve(metricsFile) }),
  };
}

/** Look at everything again, by the settings as they are now. What is stored decides: nothing is asked for anew. */
async function reloaded(
  { store, log }: Services,
  agent: Agent,
  { apply }: Pick<ConfigApplier, 'apply'>,
): Promise<Reloaded> {
  const changes = await apply();
  await store.schedule.wake();
  log.info('everything is looked at again');
  // Whoever asked has no reason to wait for what CAs say.
  void agent.run();
  return { reloaded: true, changes };
}

/** On a terminal SIGHUP says that this is gone, and ends the agent; to a daemon it says: look at your settings. */
function takeHangups({ io, log }: CommandContext, reload: () => Promise<unknown>): void {
  if (io.stdout.isTTY) return;
  io.onHangup?.(() => {
    reload().catch((error: unknown) => {
      log.warn(`cannot reload: ${error instanceof Error ? error.message : String(error)}`);
    });
  });
}

/** Only for tests under a clock that runs fast. */
function beatSeconds({ io: { env } }: CommandContext): number | undefined {
  const text = env['CERTKEEPER_TEST_BEAT_SECONDS'] ?? '';
  return /^[1-9]$/.test(text) ? Number(text) : undefined;
}
