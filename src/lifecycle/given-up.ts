import { formatTime } from '../base/format-time.ts';
import { CertError, errorClassOf } from '../base/errors.ts';
import { decodeState } from '../cmp/transaction/state.ts';
import type { TransactionRecord } from '../store/store.ts';
import type { LifecycleContext } from './context.ts';

/** Whoever tried within a day was watching: a machine that was off, or a clock set ahead, ends nothing at once. */
const absenceMs = 86_400_000;

/**
 * Tell whether a first request that the agent sends again and again is over, now that this attempt had no answer either:
 * past its deadline, when it was tried in vain within the last day, too. A renewal is not given up for silence, because
 * its old certificate may be at stake.
 *
 * @returns what to end it with
 */
export async function givenUp(
  { store, clock }: LifecycleContext,
  { name, ca, state, deadline }: TransactionRecord,
  error: unknown,
): Promise<CertError | undefined> {
  const now = clock.now();
  if (!(error instanceof CertError) || now <= deadline) return undefined;
  const errorClass = errorClassOf[error.code];
  if (errorClass !== 'transport' && errorClass !== 'http') return undefined;
  if (decodeState(state).phase.type !== 'requested') return undefined;
  const failing = (await store.schedule.failing(name)).find(({ job }) => job === 'enrol');
  const sinceMs = failing ? now.getTime() - failing.lastAt.getTime() : Infinity;
  if (sinceMs < 0 || sinceMs > absenceMs) return undefined;
  return new CertError(
    'NETWORK_TIMEOUT',
    `Gave up the request for "${name}": CA "${ca}" did not answer before ${formatTime(deadline)}; ${error.message}`,
    { cause: error, hint: 'Ask again when the CA can be reached' },
  );
}
