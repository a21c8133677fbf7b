import type { Store } from '../store/store.ts';
import { dayMs } from '../traps/alarms/policy.ts';

/** Setting: since when the clock has been behind a CRL that is held, in epoch milliseconds. */
const behindSince = 'clock-behind-crls-since';

/**
 * Tell whether the clock is behind a CRL that was verified by more than a day: a CA signs none for days to come. After a
 * day of that it is the CA whose clock is ahead.
 *
 * @returns thisUpdate of that CRL; undefined when the clock can be right, or is believed
 */
export async function clockBehindCrls(
  { heldCrls, settings }: Pick<Store, 'heldCrls' | 'settings'>,
  now: Date,
): Promise<Date | undefined> {
  const times = (await heldCrls.list()).map(({ thisUpdate }) => thisUpdate.getTime());
  const newest = Math.max(...times);
  const stored = await settings.get(behindSince);
  if (newest - now.getTime() <= dayMs) {
    if (stored !== undefined) await settings.remove(behindSince);
    return undefined;
  }
  const since = Number(stored ?? Number.NaN);
  // Set back once more: the day begins anew.
  if (!(since <= now.getTime())) {
    await settings.set(behindSince, String(now.getTime()));
    return new Date(newest);
  }
  return now.getTime() - since < dayMs ? new Date(newest) : undefined;
}
