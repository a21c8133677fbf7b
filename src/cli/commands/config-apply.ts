import { dirname, resolve } from 'node:path';
import { exitCodeOf } from '../../base/errors.ts';
import { isLabel } from '../../base/label.ts';
import { printable } from '../../base/printable.ts';
import { carryOut, planConfig, worstOf, type FailedChange } from '../../config/apply.ts';
import { maxConfigOctets } from '../../config/document.ts';
import type { Change } from '../../config/entry.ts';
import { formatFault, type Fault } from '../../config/fault.ts';
import type { Body, CommandContext } from '../command.ts';
import { failCommand } from '../failure.ts';
import { readInputFile } from '../files.ts';
import type { Json } from '../json.ts';
import type { configApplyParameters } from '../parameters-config.ts';
import { plural } from '../plural.ts';
import { parseSecretSource, resolveSecret } from '../secret.ts';

/** Make what is stored equal to a file, or show what that would change. */
export const run: Body<typeof configApplyParameters> = async ({ file, dryRun }, context) => {
  const { io, log, print } = context;
  const octets = await readInputFile(file, 'file', io, maxConfigOctets);
  const services = await context.services();
  const base = file === '-' ? process.cwd() : dirname(resolve(file));
  const plan = await planConfig(services, octets, {
    base,
    secret: (source, what) => resolveSecret(parseSecretSource(source, what), what, { io, log }),
  });
  if (plan.type === 'faulty') return reportFaults(file, plan.faults, context);
  const { changes } = plan;
  if (dryRun) {
    print.show({ dryRun: true, changes: changes.map(changeJson) }, () => changesText(changes));
    return 0;
  }
  const signal = io.abortSignal();
  const failed = await carryOut({ ...services, signal, isLater: false }, changes);
  for (const [section, name = ''] of changes.map(({ path }) => path)) {
    if (section === 'certificates' && isLabel(name)) context.concerns(name);
  }
  const worst = worstOf(failed);
  if (worst !== undefined) return reportFailed(changes, failed, context);
  print.done(
    { changes: changes.map(changeJson) },
    changes.length === 0
      ? 'Nothing was changed: all of it is so already'
      : `${plural(changes.length, 'change')} made: ${changes.map(nameOf).join(', ')}`,
  );
  return 0;
};

/** More is not read; a file with so many has one mistake in all of them. */
const maxFaultsShown = 50;

function reportFaults(
  file: string,
  faults: readonly Fault[],
  context: CommandContext,
): ReturnType<typeof failCommand> {
  const failure = {
    code: 'CONFIG_INVALID',
    message: `Cannot apply ${JSON.stringify(file)}: ${plural(faults.length, 'fault')}, nothing was changed`,
    details: [
      ...faults.slice(0, maxFaultsShown).map(formatFault),
      ...(faults.length > maxFaultsShown ? [`and ${faults.length - maxFaultsShown} more`] : []),
    ],
    hint: 'See docs/configuration.md, or let an editor check it against "certkeeper config schema"',
  } as const;
  return failCommand(failure, context, { faults: faults.map((fault) => ({ ...fault })) });
}

function reportFailed(
  changes: readonly Change[],
  failed: readonly FailedChange[],
  context: CommandContext,
): ReturnType<typeof failCommand> {
  const worst = worstOf(failed);
  const code = worst?.code ?? 'INTERNAL';
  const failure = {
    code,
    message: `Cannot apply all: ${failed.length} of ${plural(changes.length, 'change')} failed`,
    details: failed.map(({ change, error }) => `${nameOf(change)}: ${error.message}`),
    hint: worst?.hint ?? 'Apply the file again: it goes on with what is left',
  };
  return failCommand(failure, context, {
    changes: changes.map(changeJson),
    failed: failed.map(({ change, error }) => ({
      path: [...change.path],
      code: error.code,
      message: error.message,
      exitCode: exitCodeOf[error.code],
    })),
  });
}

function changeJson({ path, type, fields }: Change): Json {
  return { path: [...path], type, fields: fields.map((field) => ({ ...field })) };
}

function nameOf({ path, type }: Change): string {
  return `${path.join('.')} ${type}`;
}

const signs = { added: '+', changed: '~', removed: '-' } as const;

function changesText(changes: readonly Change[]): string {
  if (changes.length === 0) return 'Nothing would change\n';
  const lines = changes.flatMap((change) => [
    `${signs[change.type]} ${change.path.join('.')}`,
    ...change.fields.map(({ key, from, to }) => {
      if (from === undefined) return `    ${key}: ${to ?? ''}`;
      return to === undefined ? `    ${key}: ${from} -> (none)` : `    ${key}: ${from} -> ${to}`;
    }),
  ]);
  return `${lines.map(printable).join('\n')}\n${plural(changes.length, 'change')}; nothing was changed\n`;
}
