import { historyLimit } from '../../lifecycle/setting-keys.ts';
import type { Body } from '../command.ts';
import type { historyLimitParameters } from '../parameters-cmp.ts';

/** Set how many transactions the history keeps. */
export const run: Body<typeof historyLimitParameters> = async ({ keep }, { services, print }) => {
  const { store } = await services();
  await store.settings.set(historyLimit, String(keep));
  print.done({ keep }, `The history keeps the last ${keep} transactions`);
  return 0;
};
