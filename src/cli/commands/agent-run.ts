import { startAgent } from '../../agent/agent.ts';
import { answersOf, listenForControl } from '../../agent/control-server.ts';
import { beat } from '../../scheduler/beat.ts';
import { CertError } from '../../base/errors.ts';
import { agentSocket } from '../agent-socket.ts';
import type { Body, CommandContext } from '../command.ts';
import type { agentRunParameters } from '../parameters-agent.ts';

/** Be the agent of the store until Ctrl-C, SIGTERM or `agent stop`. */
export const run: Body<typeof agentRunParameters> = async (args, context) => {
  const { globals, io, log } = context;
  if (globals.storeKey?.kind === 'prompt') {
    throw new CertError('USAGE_INVALID', 'Cannot run the agent with a store key that is typed in', {
      hint: 'Give it by --store-key file:PATH, env:NAME or cred:NAME: nobody is there when it starts again',
    });
  }
  const services = await context.services();
  const stopped = io.abortSignal();
  const agent = await startAgent(services, {
    names: args.concurrency,
    perCa: args.perCa,
    beat: (tick) => beat(tick, beatSeconds(context)),
    monotonicMs: () => performance.now(),
  });
  const path = agentSocket(context);
  const endControl = await listenForControl(
    path,
    answersOf(agent, () => agent.run()),
  ).catch((error: unknown) => {
    // It renews all the same; it only cannot be asked.
    log.warn(error instanceof Error ? error.message : String(error));
    return async () => {};
  });
  context.print.done({ running: true, socket: path }, 'The agent runs; Ctrl-C ends it');
  // Keeps the process: everything else of it waits without doing so.
  const alive = setInterval(() => {}, 2 ** 30);
  try {
    stopped.addEventListener('abort', () => void agent.stop(), { once: true });
    if (stopped.aborted) await agent.stop();
    await agent.ended;
  } finally {
    clearInterval(alive);
    await endControl();
  }
  context.print.done({ running: false }, 'The agent has ended');
  return 0;
};

/** Only for tests under a clock that runs fast. */
function beatSeconds({ io: { env } }: CommandContext): number | undefined {
  const text = env['CERTKEEPER_TEST_BEAT_SECONDS'] ?? '';
  return /^[1-9]$/.test(text) ? Number(text) : undefined;
}
