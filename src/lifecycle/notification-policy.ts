import type { Store } from '../store/store.ts';
import { usualPolicy, type NotificationPolicy } from '../traps/alarms/policy.ts';
import { certTrapHours, certTrapRepeatHours } from './setting-keys.ts';

/** The most hours that can be set: a year, of which no more than half of the lifetime is used. */
export const mostWarningHours = 8760;

/** Read when ends are warned of, and how often what stands is told again. */
export async function notificationPolicy(
  store: Pick<Store, 'settings'>,
): Promise<NotificationPolicy> {
  return {
    ...usualPolicy,
    warningHours: hoursOf(await store.settings.get(certTrapHours), usualPolicy.warningHours),
    repeatHours: hoursOf(await store.settings.get(certTrapRepeatHours), usualPolicy.repeatHours),
  };
}

function hoursOf(setting: string | undefined, usual: number): number {
  if (setting === undefined || !/^[0-9]{1,4}$/.test(setting)) return usual;
  return Math.min(Number(setting), mostWarningHours);
}
