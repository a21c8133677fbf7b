import { CertError } from '../base/errors.ts';
import type { Label } from '../base/label.ts';
import type { LifecycleContext } from './context.ts';

/** A first request, as far as it tells what becomes of it without an answer. */
export interface Leavable {
  readonly name: Label;
  /** Keep it when the CA cannot be reached: the agent sends it again until the deadline of the CA profile. */
  readonly retry?: boolean;
}

/**
 * Make a first request that may be left to the agent: without an answer it stays outstanding, and has failed once, so
 * that it is next sent when a job is that failed.
 *
 * @throws {CertError} what the work throws
 */
export async function leftToAgent<T>(
  context: LifecycleContext,
  { name, retry = false }: Leavable,
  work: (context: LifecycleContext) => Promise<T>,
): Promise<T> {
  if (!retry) return work(context);
  const [unfinished] = await context.store.transactions.outstanding(name);
  // What became of an earlier one puts this one off by nothing.
  if (!unfinished) await context.store.schedule.recovered(name, 'enrol');
  try {
    return await work({ ...context, comesBack: true });
  } catch (error) {
    if (error instanceof CertError) await rememberFailure(context, name, error);
    throw error;
  }
}

async function rememberFailure(
  { store, clock }: LifecycleContext,
  name: Label,
  { code, message: text }: CertError,
): Promise<void> {
  const [outstanding] = await store.transactions.outstanding(name);
  // What the CA has answered to is polled for at its time; what was refused before it was sent is over.
  if (outstanding?.phase !== 'requested') return;
  await store.schedule.failed(name, { job: 'enrol', kind: 'failing', code, text, at: clock.now() });
}
