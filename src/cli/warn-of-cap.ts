import { formatTime } from '../base/format-time.ts';
import type { Label } from '../base/label.ts';
import type { LifecycleContext } from '../lifecycle/context.ts';
import { capReached, type CapReached } from '../scheduler/cap-reached.ts';

/** Of more names nobody reads: they have one cause. */
const mostTold = 10;

/**
 * Warn of names that got as many certificates within a day as the agent asks for. Whoever asks by hand gets another one
 * all the same: an error is told of, and a person may have reasons.
 */
export async function warnOfCap(
  { store, clock, log }: Pick<LifecycleContext, 'store' | 'clock' | 'log'>,
  names: readonly Label[],
): Promise<void> {
  const now = clock.now();
  const reached: CapReached[] = [];
  for (const name of names) {
    const cap = await capReached(store, name, now);
    if (cap !== undefined) reached.push(cap);
  }
  for (const { name, count, until } of reached.slice(0, mostTold)) {
    log.warn(
      `"${name}" got ${count} certificates within a day, the most that the agent asks for; ` +
        `it asks for the next one from ${formatTime(until)} on`,
    );
  }
  const more = reached.length - mostTold;
  if (more > 0) log.warn(`so did ${more} more names`);
}
