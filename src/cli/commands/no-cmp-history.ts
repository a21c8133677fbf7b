import { historyLimit } from '../../lifecycle/setting-keys.ts';
import type { Body } from '../command.ts';

/** Undo `cmp history`: the usual number. */
export const run: Body<Record<never, never>> = async (_args, { services, print }) => {
  const { store } = await services();
  const had = await store.settings.remove(historyLimit);
  print.done({ removed: had }, 'The history keeps the last 100 transactions');
  return 0;
};
