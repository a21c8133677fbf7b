import { readFile, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { CertError } from '../base/errors.ts';
import { reasonOf } from '../deploy/delivery-error.ts';
import { audited } from '../lifecycle/audit.ts';
import type { LifecycleContext } from '../lifecycle/context.ts';
import type { AuditActor } from '../store/audit-contract.ts';
import { carryOut, planConfig, type ApplyOptions, type ConfigPlan } from './apply.ts';
import { maxConfigOctets } from './document.ts';
import type { Change } from './entry.ts';
import { formatFault } from './fault.ts';

/** How an agent applies its file. */
export interface ApplyFileOptions extends Pick<ApplyOptions, 'secret'> {
  readonly actor: AuditActor;
}

/** What became of a file. */
export interface AppliedFile {
  /** What was changed, as `ca.rootA removed`. */
  readonly made: readonly string[];
  readonly failed: readonly string[];
}

/**
 * Make what is stored equal to a file: an agent does so when it starts and when it is told to reload. What changes of
 * deployments is delivered by the agent itself. A file with faults changes nothing.
 *
 * @returns what was changed, and why other changes were not made
 * @throws {CertError} CONFIG_INVALID with the first fault, after a warning for each; FILE_UNREADABLE; STORE_…
 */
export async function applyConfigFile(
  context: LifecycleContext,
  path: string,
  { actor, secret }: ApplyFileOptions,
): Promise<AppliedFile> {
  const { file, plan } = await planFile(context, path, { secret });
  if (plan.type === 'faulty') throw refusal(context, file, plan.faults.map(formatFault));
  const { changes } = plan;
  if (changes.length === 0) return { made: [], failed: [] };
  const act = { actor, what: 'config apply', arguments: [['file', file]] as const };
  const failed = await audited(context, act, () =>
    carryOut({ ...context, isLater: true }, changes),
  );
  for (const { error } of failed) context.log.warn(error.message);
  const made = changes.filter((each) => failed.every(({ change }) => change !== each)).map(nameOf);
  // What somebody has set at the keyboard may be gone: each is named.
  for (const each of made) context.log.info(`configuration "${file}": ${each}`);
  return { made, failed: failed.map(({ error }) => error.message) };
}

/**
 * Tell what `applyConfigFile` would change now; of a file with faults, nothing.
 *
 * @returns as `AppliedFile.made`
 * @throws {CertError} CONFIG_INVALID for a file that others can write; FILE_UNREADABLE; STORE_…
 */
export async function compareConfigFile(
  context: LifecycleContext,
  path: string,
  options: Pick<ApplyOptions, 'secret'>,
): Promise<readonly string[]> {
  const { plan } = await planFile(context, path, options);
  return plan.type === 'faulty' ? [] : plan.changes.map(nameOf);
}

async function planFile(
  context: LifecycleContext,
  path: string,
  { secret }: Pick<ApplyOptions, 'secret'>,
): Promise<{ readonly file: string; readonly plan: ConfigPlan }> {
  const file = resolve(path);
  const octets = await readConfigFile(file);
  return { file, plan: await planConfig(context, octets, { base: dirname(file), secret }) };
}

function nameOf({ path, type }: Change): string {
  return `${path.join('.')} ${type}`;
}

function refusal({ log }: LifecycleContext, file: string, faults: readonly string[]): CertError {
  for (const fault of faults) log.warn(`"${file}": ${fault}`);
  const [first = ''] = faults;
  const others = faults.length > 1 ? `, and ${faults.length - 1} more` : '';
  return new CertError('CONFIG_INVALID', `Cannot apply "${file}": ${first}${others}`, {
    hint: `Nothing was changed; see all with "certkeeper config apply ${file} --dry-run"`,
  });
}

/** Whoever can change the file has the agent run what he likes: it names hooks, programs and roots. */
function assertOurs(
  { mode, uid }: { readonly mode: number; readonly uid: number },
  file: string,
): void {
  const refuse = (why: string, hint: string): CertError =>
    new CertError('CONFIG_INVALID', `Cannot apply "${file}": ${why}`, { hint });
  const self = process.geteuid?.() ?? 0;
  if ((mode & 0o002) !== 0) {
    throw refuse('every user of this machine can change it', `Take that away: chmod o-w ${file}`);
  }
  if (uid !== 0 && uid !== self) {
    throw refuse(
      `it belongs to uid ${uid}`,
      `Make it one of this user, or of root: chown ${self} ${file}`,
    );
  }
}

/** Read a configuration file. @throws {CertError} FILE_UNREADABLE */
async function readConfigFile(file: string): Promise<Uint8Array> {
  let octets: Uint8Array;
  try {
    assertOurs(await stat(file), file);
    octets = await readFile(file);
  } catch (cause) {
    if (cause instanceof CertError) throw cause;
    throw new CertError(
      'FILE_UNREADABLE',
      `Cannot read configuration "${file}": ${reasonOf(cause)}`,
      {
        cause,
        hint: 'Name a file this user can read',
      },
    );
  }
  assertSize(octets, file);
  return octets;
}

/** Refuse what is too large to be a configuration. @throws {CertError} FILE_UNREADABLE */
function assertSize(octets: Uint8Array, file: string): void {
  if (octets.length <= maxConfigOctets) return;
  throw new CertError(
    'FILE_UNREADABLE',
    `Cannot use "${file}" as configuration: it is over ${maxConfigOctets >> 20} MiB`,
  );
}
