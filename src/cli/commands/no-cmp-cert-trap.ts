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
    `The end of a certificate is warned of ${warningHours} hours before it, as usual, and again after ${repeatHours}`,
  );
  return 0;
};
