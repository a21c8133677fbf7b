import type { Store } from '../store/store.ts';
import { hourMs, usualPolicy, type NotificationPolicy } from '../traps/alarms/policy.ts';
import { certTrapHours, certTrapRepeatHours } from './setting-keys.ts';

/** The most hours that can be set: a year, of which no more than half of the lifetime is used. */
export const mostWarningHours = 8760;

/**
 * Read when ends are warned of, and how often what stands is told again.
 *
 * @param renewalMs how long before its end a certificate is renewed here; absent where nobody does that. Unless a time
 *   is set, no healthy renewal is warned of: half of that must be gone.
 */
export async function notificationPolicy(
  store: Pick<Store, 'settings'>,
  renewalMs?: number,
): Promise<NotificationPolicy> {
  const usual = usualWarningHours(renewalMs);
  return {
    ...usualPolicy,
    warningHours: hoursOf(await store.settings.get(certTrapHours), usual),
    repeatHours: hoursOf(await store.settings.get(certTrapRepeatHours), usualPolicy.repeatHours),
  };
}

/** At least a millisecond: 0 would be never. */
function usualWarningHours(renewalMs: number | undefined): number {
  const { warningHours } = usualPolicy;
  if (renewalMs === undefined) return warningHours;
  return Math.min(warningHours, Math.max(1, Math.floor(renewalMs / 2)) / hourMs);
}

function hoursOf(setting: string | undefined, usual: number): number {
  if (setting === undefined || !/^[0-9]{1,4}$/.test(setting)) return usual;
  return Math.min(Number(setting), mostWarningHours);
}
