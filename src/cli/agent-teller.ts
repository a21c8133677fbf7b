import type { Services } from '../agent/compose.ts';
import { agentActor } from '../agent/actor.ts';
import type { ControlArguments } from '../agent/control-protocol.ts';
import { CertError, type ExitCode } from '../base/errors.ts';
import { isLabel, type Label } from '../base/label.ts';
import { audited, outcomeOfError } from '../lifecycle/audit.ts';
import type { CommandContext } from './command.ts';
import { reloadedText, type Reloaded } from './agent-reloaded.ts';
import { maxToldWaitSeconds } from './agent-tell.ts';
import { reportError } from './failure.ts';
import type { Globals } from './global-options.ts';
import type { Io, Output } from './io.ts';
import { createLog } from './log.ts';
import { createPrinter } from './render.ts';

/** What a command would have printed, and its exit code. */
export interface Told {
  readonly exitCode: ExitCode;
  readonly out: string;
  readonly err: string;
  /** Why nothing came of it. */
  readonly failure?: Failure;
}

type Failure = Parameters<CommandContext['failed']>[0];

/** Longest look ahead, as of `agent plan`. */
const maxDays = 3650;

/** How often, and how many times, is looked whether the agent has done with a name: two minutes in all. */
const busy = { everyMs: 250, times: 480 };

/** What is the agent's own: the answer is made by the code of the command, in the process of the agent. */
export interface Teller {
  readonly services: Services;
  /** Of `agent run`. */
  readonly context: Pick<CommandContext, 'globals' | 'io'>;
  reload(): Promise<Reloaded>;
}

/**
 * Do what `agent status`, `agent plan`, `agent reload` and `cmp poll` do, for somebody at the socket.
 *
 * @param words as `tellOf` in the client makes them; whatever else is in them is refused
 * @throws {CertError} USAGE_INVALID
 */
export async function tell(
  { services, context, reload }: Teller,
  words: ControlArguments,
  signal: AbortSignal,
): Promise<Told> {
  const { json, quiet, verbose } = words;
  const asked: Globals = {
    ...context.globals,
    json: json === true,
    quiet: quiet === true,
    verbose: verbose === true,
    yes: false,
  };
  const captured = capture(context.io, signal);
  let failure: Failure | undefined;
  const inside = insideOf(services, asked, captured.io, (reported) => void (failure = reported));
  const done = async (body: () => Promise<ExitCode>): Promise<Told> => {
    let exitCode: ExitCode;
    try {
      exitCode = await body();
    } catch (error) {
      exitCode = reportError(error, captured.io, asked);
      failure =
        error instanceof CertError
          ? { code: error.code, message: error.message }
          : { code: 'INTERNAL', message: String(error) };
    }
    return { exitCode, ...captured.said(), ...(failure && { failure }) };
  };
  switch (words['command']) {
    case 'status': {
      const { run } = await import('./commands/agent-status.ts');
      return await done(() => run({}, inside));
    }
    case 'plan': {
      const days = integer(words, 'days', 1, maxDays);
      const { run } = await import('./commands/agent-plan.ts');
      return await done(() => run({ days }, inside));
    }
    case 'reload':
      return await done(async () => {
        const reloaded = await acting(services, 'agent reload', [], reload, () => failure);
        inside.print.done(reloaded, reloadedText(reloaded));
        return 0;
      });
    case 'poll': {
      const name = label(words['name']);
      const wait = integer(words, 'wait', 0, maxToldWaitSeconds);
      const { pollHere } = await import('./commands/cmp-poll.ts');
      const poll = () => afterOwn(services, name, () => pollHere({ name, wait }, inside), signal);
      const typed = [['current-cert', name]] as const;
      return await done(() => acting(services, 'cmp poll', typed, poll, () => failure));
    }
    default:
      throw new CertError('USAGE_INVALID', 'Cannot tell that: the agent knows no such command');
  }
}

async function acting<T>(
  services: Services,
  what: string,
  words: readonly (readonly [string, string])[],
  body: () => Promise<T>,
  reported: () => Failure | undefined,
): Promise<T> {
  const act = { actor: agentActor(services.holder), what, arguments: words };
  return await audited(services, act, body, (value) => {
    const failure = reported();
    if (failure) return outcomeOfError(new CertError(failure.code, failure.message));
    return { exitCode: typeof value === 'number' ? value : 0 };
  });
}

/** What the agent itself is doing about a name is waited for: to whoever asks they are one. */
async function afterOwn<T>(
  { store, clock, holder }: Services,
  name: Label,
  body: () => Promise<T>,
  signal: AbortSignal,
): Promise<T> {
  for (let times = 0; ; times++) {
    try {
      return await body();
    } catch (error) {
      const isBusy = error instanceof CertError && error.code === 'IN_PROGRESS';
      const owner = isBusy ? await store.leases.holder(name) : undefined;
      const isOwn = isBusy && (owner === undefined || owner.pid === holder.pid);
      if (!isOwn || times >= busy.times) throw error;
      await clock.sleep(busy.everyMs, signal);
    }
  }
}

function never(): never {
  throw new CertError('INTERNAL', 'Cannot do that for somebody at the socket');
}

function insideOf(
  services: Services,
  globals: Globals,
  io: Io,
  failed: CommandContext['failed'],
): CommandContext {
  return {
    io,
    globals,
    log: createLog(io, globals),
    print: createPrinter(io, globals),
    services: async () => ({ ...services, log: createLog(io, globals) }),
    openServices: never,
    isTried: false,
    beforeWriting: () => {},
    // Whoever runs it looks at every name that changed.
    concerns: () => {},
    failed,
    run: never,
  };
}

/** An outside off a terminal, where nobody answers questions. */
function capture({ env }: Io, signal: AbortSignal) {
  const text = { out: '', err: '' };
  const output = (to: keyof typeof text): Output => ({
    write: (more) => void (text[to] += more),
    writeOctets: () => {},
    isTTY: false,
    columns: 80,
  });
  const io: Io = {
    stdout: output('out'),
    stderr: output('err'),
    stdin: {
      isTTY: false,
      readAll: async () => new Uint8Array(),
      readLine: () => Promise.reject(new Error('nobody answers')),
      async *lines() {},
    },
    env,
    abortSignal: () => signal,
  };
  return { io, said: () => ({ ...text }) };
}

function integer(words: ControlArguments, word: string, min: number, max: number): number {
  const value = words[word];
  if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) {
    return value;
  }
  throw new CertError(
    'USAGE_INVALID',
    `Cannot take "${word}": it is no number from ${min} to ${max}`,
  );
}

function label(value: unknown): Label {
  if (typeof value === 'string' && isLabel(value)) return value;
  throw new CertError('USAGE_INVALID', 'Cannot take "name": it is no name of a certificate');
}
