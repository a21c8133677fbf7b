import { certTrapHours, certTrapRepeatHours } from '../../lifecycle/setting-keys.ts';
import { warnedInVain } from '../../lifecycle/warned-in-vain.ts';
import { notificationPolicy } from '../../lifecycle/notification-policy.ts';
import type { Body } from '../command.ts';
import type { certTrapParameters } from '../parameters-notify.ts';
import { plural } from '../plural.ts';

/** Set from when on ends are warned of, and how often. */
export const run: Body<typeof certTrapParameters> = async ({ time, repeat }, context) => {
  const { store } = await context.services();
  await store.settings.set(certTrapHours, String(time));
  if (repeat !== undefined) await store.settings.set(certTrapRepeatHours, String(repeat));
  await store.schedule.wake();
  const { repeatHours } = await notificationPolicy(store);
  const names = await warnedInVain(store, time);
  const [first] = names;
  if (first !== undefined) {
    context.log.warn(
      `${plural(time, 'hour')} is more than the agent leaves before it renews ${names.length === 1 ? `"${first}"` : `"${first}" and ${plural(names.length - 1, 'other')}`}: every healthy renewal is warned of`,
    );
  }
  context.print.done(
    { warningHours: time, repeatHours, warnedInVain: names },
    `${time === 0 ? 'Ends are not warned of any more' : `The end of a certificate is warned of ${plural(time, 'hour')} before it`}; ${
      repeatHours === 0
        ? 'what stands is not told again'
        : `what still stands is told again after ${plural(repeatHours, 'hour')}`
    }`,
  );
  return 0;
};
