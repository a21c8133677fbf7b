import { CertError } from '../../base/errors.ts';
import type { Body } from '../command.ts';
import type { retentionParameters } from '../parameters-audit.ts';
import { retentionLimits, type Retained } from '../../lifecycle/retention-limits.ts';

const daySeconds = 86_400;

/** A CA takes weeks to decide at times: until then the key of a lost request is the only way to use its answer. */
const minOrphanDays = 30;

/** Set how much of the past is kept. */
export const run: Body<typeof retentionParameters> = async (args, { services, print }) => {
  const wanted: Partial<Record<Retained, number | undefined>> = {
    versions: args.versions,
    history: args.history,
    'hook-runs': args.hookRuns,
    audit: args.audit,
    'orphan-keys': args.orphanKeys === undefined ? undefined : orphanDays(args.orphanKeys),
    dumps: args.dumps,
    backups: args.backups,
  };
  const given = retentionLimits.flatMap((limit) => {
    const number = wanted[limit.word];
    return number === undefined ? [] : [{ limit, number }];
  });
  const { store } = await services();
  for (const { limit, number } of given) await store.settings.set(limit.setting, String(number));
  print.done(
    { retention: Object.fromEntries(given.map(({ limit, number }) => [limit.word, number])) },
    `Kept from now on: ${given.map(({ limit, number }) => `${limit.what}: ${number}${limit.unit}`).join('; ')}`,
  );
  return 0;
};

/** Whole days, the last one begun counted in. */
function orphanDays(seconds: number): number {
  const days = Math.ceil(seconds / daySeconds);
  if (days >= minOrphanDays) return days;
  throw new CertError(
    'USAGE_INVALID',
    `Cannot keep unused keys for ${days}d: a CA may still issue a certificate for one, at least ${minOrphanDays}d`,
    { hint: `Give orphan-keys ${minOrphanDays}d or more` },
  );
}
