import type { Body } from '../command.ts';
import { limitIn, retentionLimits } from '../../lifecycle/retention-limits.ts';
import { readStored } from '../stored.ts';
import { formatTable } from '../table.ts';

/** Show how much of the past is kept. */
export const run: Body<Record<never, never>> = async (_args, context) => {
  const settings =
    (await readStored(context, ({ store }) => store.settings.list())) ?? new Map<string, string>();
  const limits = retentionLimits.map((limit) => ({ ...limit, kept: limitIn(settings, limit) }));
  const retention = Object.fromEntries(
    limits.map(({ word, kept, usual }) => [word, { kept, usual }]),
  );
  context.print.show({ retention }, () =>
    formatTable(
      [
        { title: 'WORD' },
        { title: 'KEPT', align: 'right' },
        { title: 'USUAL', align: 'right' },
        { title: 'OF' },
      ],
      limits.map(({ word, kept, usual, unit, what }) => [
        word,
        `${kept}${unit}`,
        `${usual}${unit}`,
        what,
      ]),
    ),
  );
  return 0;
};
