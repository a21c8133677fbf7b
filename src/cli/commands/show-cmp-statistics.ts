import type { Body } from '../command.ts';
import { formatTime } from '../../base/format-time.ts';
import { readStored, whereLooked } from '../stored.ts';
import { formatTable } from '../table.ts';

/** Show what was counted, by CA. */
export const run: Body<Record<never, never>> = async (_args, context) => {
  const { print } = context;
  const read = await readStored(context, ({ store }) => store.statistics.read());
  const { since, counters } = read ?? { since: undefined, counters: [] };
  const byCa: Record<string, Record<string, number>> = {};
  for (const { ca, counter, value } of counters) (byCa[ca] ??= {})[counter] = value;
  print.show({ since: since === undefined ? undefined : formatTime(since), counters: byCa }, () => {
    const nothing = `Nothing was counted yet${whereLooked(context)}\n`;
    const head = since === undefined ? nothing : `Since ${formatTime(since)}\n`;
    if (counters.length === 0) return head;
    const columns = [
      { title: 'CA' },
      { title: 'COUNTER' },
      { title: 'VALUE', align: 'right' },
    ] as const;
    return (
      head +
      formatTable(
        columns,
        counters.map(({ ca, counter, value }) => [ca, counter, String(value)]),
      )
    );
  });
  return 0;
};
