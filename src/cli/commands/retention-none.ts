import type { Body } from '../command.ts';
import type { noRetentionParameters } from '../parameters-audit.ts';
import { retentionLimits, type Retained } from '../../lifecycle/retention-limits.ts';

/** Undo `retention`: the usual limits. */
export const run: Body<typeof noRetentionParameters> = async (args, { services, print }) => {
  const named: Readonly<Record<Retained, boolean>> = {
    versions: args.versions,
    history: args.history,
    'hook-runs': args.hookRuns,
    audit: args.audit,
    'orphan-keys': args.orphanKeys,
    dumps: args.dumps,
    backups: args.backups,
  };
  const isAll = !Object.values(named).includes(true);
  const { store } = await services();
  const limits = retentionLimits.filter(({ word }) => isAll || named[word]);
  const removed: string[] = [];
  for (const { word, setting } of limits) {
    if (await store.settings.remove(setting)) removed.push(word);
  }
  print.done(
    { removed },
    `Kept from now on, as usual: ${limits.map(({ usual, unit, what }) => `${what}: ${usual}${unit}`).join('; ')}`,
  );
  return 0;
};
