import type { Services } from '../agent/compose.ts';
import { CertError, type ErrorCode, type ExitCode } from '../base/errors.ts';
import type { Label } from '../base/label.ts';
import { silentLog, type Log } from '../base/log.ts';
import type { ActOutcome } from '../lifecycle/audit.ts';
import type { Command, CommandContext } from './command.ts';
import { joinGlobals, type Globals } from './global-options.ts';
import { commands } from './grammar.ts';
import { Interrupted, type Io } from './io.ts';
import { createLog } from './log.ts';
import { parseCommandLine, type Invocation } from './parse.ts';
import { formatJson } from './json.ts';
import type { Values } from './parameter.ts';
import { createPrinter } from './render.ts';

/** Open what a command works on. */
export type OpenServices = (globals: Globals, io: Io, log: Log) => Promise<Services>;

/** What a line is run under. */
interface Setting {
  readonly openServices: OpenServices;
  readonly commands: readonly Command[];
  readonly globals: Globals;
}

const noGlobals: Globals = { json: false, quiet: false, verbose: false, yes: false };

/**
 * Run one command line, start to end. Never throws, and never ends the process.
 *
 * @param argv the words after the program's name
 * @param openServices how to open the store and what stands on it; tests hand in their own
 */
export async function run(
  argv: readonly string[],
  io: Io,
  openServices: OpenServices = openRealServices,
): Promise<ExitCode> {
  // What completion scripts ask is no command: nobody types it, and its words are those of other commands.
  if (argv[0] === 'complete') {
    const { complete } = await import('./completion-reply.ts');
    return await complete(argv.slice(1), io, (globals) => openServices(globals, io, silentLog));
  }
  return await runLine(argv, io, { openServices, commands, globals: noGlobals });
}

async function runLine(argv: readonly string[], io: Io, setting: Setting): Promise<ExitCode> {
  const all = setting.globals;
  let globals: Pick<Globals, 'json' | 'verbose' | 'state'> = {
    ...all,
    json: all.json || argv.includes('--json'),
    verbose: all.verbose || argv.includes('--verbose'),
  };
  try {
    const invocation = parseCommandLine(argv, setting.commands);
    const joined = { ...invocation, globals: joinGlobals(invocation.globals, all) };
    globals = joined.globals;
    return await act(joined, io, setting);
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    const { reportError } = await import('./failure.ts');
    return reportError(await explained(error, io, globals), io, globals);
  }
}

async function explained(
  error: unknown,
  io: Io,
  globals: Pick<Globals, 'json' | 'verbose' | 'state'>,
): Promise<unknown> {
  if (!(error instanceof CertError) || error.code !== 'STORE_CORRUPT') return error;
  const { namingAgent } = await import('./damaged-store.ts');
  return await namingAgent(error, { io, globals: { ...noGlobals, ...globals } });
}

async function act(invocation: Invocation, io: Io, setting: Setting): Promise<ExitCode> {
  switch (invocation.type) {
    case 'version':
      return await showVersion(invocation.globals, io);
    case 'help': {
      const { helpText } = await import('./help.ts');
      const output = invocation.asked ? io.stdout : io.stderr;
      output.write(helpText(invocation.words, setting.commands, output.columns));
      return invocation.asked ? 0 : 2;
    }
    case 'run':
      break;
  }
  const { command, values } = invocation;
  const isTried = command.hasPreview && values.get('dry-run') === true;
  const preview = isTried ? await import('./preview.ts') : undefined;
  // What is not done need not be asked for.
  const globals = { ...invocation.globals, yes: invocation.globals.yes || isTried };
  const log = createLog(io, globals);
  const isAudited = changesSomething(command, values);
  let opened: Promise<Services> | undefined;
  let begun: Promise<EndAct> | undefined;
  let begunAt: Date | undefined;
  const others = new Map<Label, ErrorCode | undefined>();
  let reported: Parameters<CommandContext['failed']>[0] | undefined;
  const context: CommandContext = {
    io,
    globals,
    log,
    print: createPrinter(io, globals),
    async services() {
      opened ??= openChecked(setting, command, { globals, io, log });
      const services = await opened;
      // Nothing is stored or sent before, and no store is made only to say that a command was misspelt.
      if (isAudited) {
        begunAt ??= services.clock.now();
        await (begun ??= begin(services, command, values, io));
      }
      return preview === undefined ? services : preview.previewServices(services);
    },
    isTried,
    beforeWriting: () => preview?.stopHere(),
    concerns: (name, code) => void others.set(name, code),
    failed: (failure) => void (reported = failure),
    openServices: () => setting.openServices(globals, io, log),
    run: (words, changes = {}) =>
      runLine(
        words,
        { ...(changes.io ?? io), env: { ...io.env, ...changes.env } },
        { ...setting, globals: noGlobals, ...changes },
      ),
  };
  // Whoever failed to open, or to begin, has been told already; there is then nothing to close, or to end.
  const end: EndAct = async (outcome) => (await begun?.catch(() => undefined))?.(outcome);
  // Most do well and have nobody to tell, and load nothing to find that out.
  const tell = async (isDone: boolean, error?: unknown): Promise<void> => {
    const services = begunAt && (await opened?.catch(() => undefined));
    if (begunAt === undefined || services === undefined) return;
    if (isDone && !(await services.store.alarms.isWanted().catch(() => false))) return;
    const { afterAct } = await import('./after-act.ts');
    await afterAct(services, { command, values, others, begunAt, error }, context);
  };
  try {
    const exitCode = await command.start(values, context);
    await end(reported ? await outcomeOfFailure(reported) : { exitCode });
    await tell(exitCode === 0);
    if (begunAt !== undefined && exitCode === 0) {
      const { warnOfAgentFile } = await import('./agent-file-warning.ts');
      await warnOfAgentFile({ command, values }, context);
    }
    return exitCode;
  } catch (error) {
    if (preview !== undefined && error instanceof preview.PreviewEnd) {
      context.print.done(
        { dryRun: true },
        'Everything that is checked before is in order; nothing was written or sent',
      );
      return 0;
    }
    if (begun !== undefined) await end(await outcomeOf(error));
    await tell(false, error);
    throw error;
  } finally {
    const services = await opened?.catch(() => undefined);
    await services?.close();
  }
}

async function openChecked(
  { openServices }: Setting,
  command: Command,
  context: Pick<CommandContext, 'globals' | 'io' | 'log'>,
): Promise<Services> {
  const { globals, io, log } = context;
  const services = await openServices(globals, io, log);
  try {
    const { checkStoreKey } = await import('./store-key-check.ts');
    await checkStoreKey(services, command, context);
    return services;
  } catch (error) {
    await services.close();
    throw error;
  }
}

type EndAct = (outcome: ActOutcome) => Promise<void>;

/** Tell whether a run belongs in the audit trail. */
function changesSomething({ changes }: Command, values: Values): boolean {
  return (changes === 'store' || changes === 'world') && values.get('dry-run') !== true;
}

async function begin(
  services: Services,
  command: Command,
  values: Values,
  io: Io,
): Promise<EndAct> {
  const { beginAct } = await import('../lifecycle/audit.ts');
  const { userActor } = await import('../agent/actor.ts');
  const { auditArguments } = await import('./audit-arguments.ts');
  return await beginAct(services, {
    actor: userActor(services.holder, io.env),
    what: command.words.join(' '),
    arguments: auditArguments(command.parameters, values),
  });
}

/** Exit code that shells give a process ended by Ctrl-C. */
const interruptedExitCode = 130;

async function outcomeOf(error: unknown): Promise<ActOutcome> {
  if (error instanceof Interrupted) return { exitCode: interruptedExitCode, text: 'Interrupted' };
  const { outcomeOfError } = await import('../lifecycle/audit.ts');
  return outcomeOfError(error);
}

async function outcomeOfFailure({
  code,
  message,
}: Parameters<CommandContext['failed']>[0]): Promise<ActOutcome> {
  return await outcomeOf(new CertError(code, message));
}

async function showVersion(globals: Globals, io: Io): Promise<ExitCode> {
  const { readVersion } = await import('./version.ts');
  const version = await readVersion();
  if (globals.json) io.stdout.write(formatJson({ version }));
  else io.stdout.write(`certkeeper ${version}\n`);
  return 0;
}

async function openRealServices(globals: Globals, io: Io, log: Log): Promise<Services> {
  const { openServices } = await import('./open-services.ts');
  return await openServices(globals, io, log);
}
