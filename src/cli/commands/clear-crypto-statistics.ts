import type { Body } from '../command.ts';

/** Set the counters of judging peers to zero. */
export const run: Body<Record<never, never>> = async (_args, { services, print }) => {
  const { store, clock } = await services();
  await store.validationStatistics.clear(clock.now());
  print.done({ cleared: true }, 'The counters of judging peers are zero');
  return 0;
};
