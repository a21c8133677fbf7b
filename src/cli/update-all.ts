import { exitCodeOf, CertError, type ExitCode } from '../base/errors.ts';
import { formatTime } from '../base/format-time.ts';
import { printable } from '../base/printable.ts';
import { findProfile } from '../lifecycle/authority.ts';
import { chooseMany, type Chosen, type Skipped } from '../lifecycle/choose-many.ts';
import type { RenewalKey } from '../lifecycle/next-key.ts';
import { exitCodeOfMany, updateMany, type UpdateOutcome } from '../lifecycle/update-many.ts';
import { commandLine } from './command-line.ts';
import type { CommandContext } from './command.ts';
import { confirm } from './confirm.ts';
import { runEnrollment } from './enrollment.ts';
import type { Json } from './json.ts';
import { sentenceOf, startManyProgress } from './many-progress.ts';
import type { ArgsOf } from './parameter.ts';
import type { UpdateParameters } from './parameters-cmp.ts';
import { plural } from './plural.ts';
import { warnOfCap } from './warn-of-cap.ts';

type Args = ArgsOf<UpdateParameters>;

/** As the agent has it. */
const usualAtOnce = 8;
const usualPerCa = 4;

/** Renew many certificates: all, those of a CA profile, those that end soon. */
export async function updateAll(
  args: Args,
  key: RenewalKey['key'],
  command: CommandContext,
): Promise<ExitCode> {
  const { caRoot: ca, expiring: withinSeconds, afterExpiry } = args;
  for (const [word, value] of [
    ['ca-url', args.caUrl],
    ['key-provider', args.keyProvider],
  ] as const) {
    if (value === undefined) continue;
    throw new CertError('USAGE_INVALID', `Cannot use ${word} for many certificates`, {
      hint: 'Name one with current-cert',
    });
  }
  const services = await command.services();
  if (ca !== undefined) await findProfile(services.store, ca);
  const { chosen, skipped } = await chooseMany(services, {
    ...(ca !== undefined && { ca }),
    ...(withinSeconds !== undefined && { withinSeconds }),
    afterExpiry,
  });
  if (args.dryRun) return showChosen(chosen, skipped, command);
  if (!(await isMeant(args, chosen.length, command))) {
    command.print.done({ renewed: 0 }, 'Nothing was changed');
    return 0;
  }
  await warnOfCap(
    services,
    chosen.map(({ name }) => name),
  );
  const progress = startManyProgress(chosen.length, command);
  const request = {
    ...(key && { key }),
    afterExpiry,
    waitSeconds: args.wait,
    atOnce: args.concurrency ?? usualAtOnce,
    perCa: args.perCa ?? usualPerCa,
  };
  let isInterrupted = false;
  const outcomes = await runEnrollment(
    command,
    services,
    async (context) => {
      const { progress: _, ...rest } = context;
      const all = await updateMany(rest, chosen, request, progress.tell);
      isInterrupted = context.signal?.aborted === true;
      return all;
    },
    args.dump,
  ).finally(() => progress.end());
  const told = outcomes === 'interrupted' ? [] : outcomes;
  for (const outcome of told) {
    command.concerns(outcome.name, outcome.type === 'failed' ? outcome.code : undefined);
  }
  return summarise(told, skipped, isInterrupted, command);
}

/** With `ca-root` alone, somebody may only have forgotten which certificate. */
async function isMeant(args: Args, count: number, command: CommandContext): Promise<boolean> {
  if (args.all || args.expiring !== undefined || count === 0) return true;
  const many = `${plural(count, 'certificate')} of CA "${args.caRoot ?? ''}"`;
  return await confirm(`Renew ${many}?`, `renew ${many}`, command);
}

function showChosen(
  chosen: readonly Chosen[],
  skipped: readonly Skipped[],
  { print }: CommandContext,
): ExitCode {
  const json = {
    dryRun: true,
    certificates: chosen.map(({ name, ca, notAfter }) => ({
      name,
      ca,
      notAfter: formatTime(notAfter),
    })),
    skipped: skipped.map((each) => ({ ...each })),
  };
  print.show(json, () =>
    [
      ...chosen.map(
        ({ name, ca, notAfter }) => `${name}: CA "${ca}", until ${formatTime(notAfter)}`,
      ),
      ...skipped.map(skippedText),
      `${plural(chosen.length, 'certificate')} would be renewed; nothing was stored or sent`,
    ]
      .map((line) => `${printable(line)}\n`)
      .join(''),
  );
  return 0;
}

function summarise(
  outcomes: readonly UpdateOutcome[],
  skipped: readonly Skipped[],
  isInterrupted: boolean,
  { print, globals, io }: CommandContext,
): ExitCode {
  const count = (type: UpdateOutcome['type']): number =>
    outcomes.filter((outcome) => outcome.type === type).length;
  const summary = {
    renewed: count('renewed'),
    waiting: count('waiting'),
    failed: count('failed'),
    left: count('left'),
    skipped: skipped.length,
  };
  const worst = exitCodeOfMany(outcomes);
  const exitCode = isInterrupted && worst === 0 ? exitCodeOf.CMP_WAITING : worst;
  const json = {
    summary,
    interrupted: isInterrupted,
    exitCode,
    certificates: outcomes.map(outcomeJson),
    skipped: skipped.map((each) => ({ ...each })),
  };
  if (globals.quiet && exitCode !== 0 && !globals.json) {
    // What is not well is said however quiet.
    const bad = outcomes.filter(({ type }) => type === 'failed');
    for (const outcome of bad) io.stderr.write(`${printable(sentenceOf(outcome))}\n`);
    return exitCode;
  }
  if (globals.quiet && !globals.json) return exitCode;
  print.show(json, () =>
    [
      ...reasonsOf(outcomes),
      ...skipped.map(skippedText),
      sentence(summary, isInterrupted),
      ...(summary.waiting > 0
        ? [`Poll for one that waits: ${commandLine(['cmp', 'poll', 'current-cert', 'N'], globals)}`]
        : []),
    ]
      .map((line) => `${printable(line)}\n`)
      .join(''),
  );
  return exitCode;
}

function sentence(
  { renewed, waiting, failed, left, skipped }: Readonly<Record<string, number>>,
  isInterrupted: boolean,
): string {
  const counts = `renewed ${renewed}, waiting ${waiting}, failed ${failed}, not begun ${left}, skipped ${skipped}`;
  return isInterrupted ? `Interrupted; ${counts}` : `Done: ${counts}`;
}

/** More names of one kind are in --json. */
const maxNames = 10;

/** Say why, once for all that have one reason: of ten thousand it is mostly one. */
function reasonsOf(outcomes: readonly UpdateOutcome[]): readonly string[] {
  const byReason = new Map<string, string[]>();
  for (const outcome of outcomes) {
    if (outcome.type !== 'failed' && outcome.type !== 'left') continue;
    // The name stands in most reasons.
    const reason = outcome.reason.replaceAll(`"${outcome.name}"`, '"N"');
    const key =
      outcome.type === 'failed' ? `Failed (${outcome.code}): ${reason}` : `Not begun: ${reason}`;
    const names = byReason.get(key) ?? [];
    names.push(outcome.name);
    byReason.set(key, names);
  }
  return [...byReason].map(([reason, names]) => {
    const more = names.length > maxNames ? ` and ${names.length - maxNames} more` : '';
    return `${reason}: ${names.slice(0, maxNames).join(', ')}${more}`;
  });
}

function skippedText({ name, reason }: Skipped): string {
  return `Skipped "${name}": ${reason}`;
}

function outcomeJson(outcome: UpdateOutcome): Json {
  const { name, ca, type } = outcome;
  switch (outcome.type) {
    case 'renewed':
      return { name, ca, type, notAfter: formatTime(outcome.notAfter) };
    case 'waiting': {
      const { nextPollAt, text } = outcome;
      return {
        name,
        ca,
        type,
        nextPollAt: formatTime(nextPollAt),
        ...(text !== undefined && { text }),
      };
    }
    case 'failed':
      return { name, ca, type, code: outcome.code, reason: outcome.reason };
    case 'left':
      return { name, ca, type, reason: outcome.reason };
  }
}
