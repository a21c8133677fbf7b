import { certTrapHours, certTrapRepeatHours } from '../../lifecycle/setting-keys.ts';
import { usualPolicy } from '../../traps/alarms/policy.ts';
import type { Body } from '../command.ts';

/** Warn of ends as usual again. */
export const run: Body<Record<never, never>> = async (_, context) => {
  const { store } = await context.services();
  const had = [
    await store.settings.remove(certTrapHours),
    await store.settings.remove(certTrapRepeatHours),
  ].includes(true);
  await store.schedule.wake();
  const { warningHours, repeatHours } = usualPolicy;
  context.print.done(
    { had, warningHours, repeatHours },
    `Ends are warned of as usual: ${warningHours} hours before, of what is renewed here not before half of the time for that is gone; and again after ${repeatHours}`,
  );
  return 0;
};
