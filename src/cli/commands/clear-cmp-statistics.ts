import type { Body } from '../command.ts';

/** Set the counters to zero. */
export const run: Body<Record<never, never>> = async (_args, { services, print }) => {
  const { store, clock } = await services();
  await store.statistics.clear(clock.now());
  print.done({ cleared: true }, 'The CMP counters are zero');
  return 0;
};
