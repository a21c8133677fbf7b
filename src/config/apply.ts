import { CertError, exitCodeOf } from '../base/errors.ts';
import type { LifecycleContext } from '../lifecycle/context.ts';
import type { SecretReader } from '../lifecycle/retrieval-servers.ts';
import type { CarryContext, Change } from './entry.ts';
import type { Fault } from './fault.ts';
import { parseConfig } from './parse.ts';
import { compareSections } from './sections.ts';

/** How a file is applied. */
export interface ApplyOptions {
  /** Directory that its paths count from; absolute. */
  readonly base: string;
  /** Gets what is behind `file:`, `env:` or `cred:`. */
  readonly secret: SecretReader;
}

/** What a file comes to. */
export type ConfigPlan =
  | { readonly type: 'faulty'; readonly faults: readonly Fault[] }
  | { readonly type: 'planned'; readonly changes: readonly Change[] };

/**
 * Tell what a configuration file would change. Nothing is changed, and everything that is wrong with it is told at
 * once.
 *
 * @throws {CertError} STORE_…
 */
export async function planConfig(
  context: LifecycleContext,
  octets: Uint8Array,
  options: ApplyOptions,
): Promise<ConfigPlan> {
  const { file, faults } = parseConfig(octets);
  if (file === undefined) return { type: 'faulty', faults: faults.list() };
  const changes = await compareSections({ ...context, ...options, faults }, file);
  const found = faults.list();
  return found.length > 0 ? { type: 'faulty', faults: found } : { type: 'planned', changes };
}

/** A change that could not be made. */
export interface FailedChange {
  readonly change: Change;
  readonly error: CertError;
}

/**
 * Carry out a plan, change by change, by the use cases that the commands use. What fails does not keep the rest from
 * being done; the same file, applied again, goes on with what is left.
 *
 * @throws {CertError} STORE_…: nothing more can be changed then
 */
export async function carryOut(
  context: CarryContext,
  changes: readonly Change[],
): Promise<readonly FailedChange[]> {
  const failed: FailedChange[] = [];
  for (const change of changes) {
    context.signal?.throwIfAborted();
    try {
      await change.carryOut(context);
    } catch (error) {
      if (!(error instanceof CertError) || error.code.startsWith('STORE_')) throw error;
      failed.push({ change, error });
    }
  }
  return failed;
}

/** The exit code of the worst that failed; 0 when nothing did. */
export function worstOf(failed: readonly FailedChange[]): CertError | undefined {
  return failed
    .map(({ error }) => error)
    .toSorted((a, b) => rank(a) - rank(b))
    .at(0);
}

/** What is stored and not delivered is less than what is not stored. */
function rank({ code }: CertError): number {
  return code === 'DELIVERY_FAILED' ? 100 : exitCodeOf[code];
}
