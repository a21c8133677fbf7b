import { formatTime } from '../../base/format-time.ts';
import type { Body } from '../command.ts';
import { readStored, whereLooked } from '../stored.ts';
import { formatTable } from '../table.ts';

/** Show how peers were judged, in numbers. */
export const run: Body<Record<never, never>> = async (_args, context) => {
  const read = await readStored(context, ({ store }) => store.validationStatistics.read());
  const { since, counters = [] } = read ?? {};
  const json = {
    since: since && formatTime(since),
    counters: Object.fromEntries(counters.map(({ counter, value }) => [counter, value])),
    lastAt: Object.fromEntries(
      counters.map(({ counter, lastAt }) => [counter, formatTime(lastAt)]),
    ),
  };
  context.print.show(json, () => {
    if (since === undefined) return `No peer was judged yet${whereLooked(context)}\n`;
    const head = `Since ${formatTime(since)}\n`;
    if (counters.length === 0) return head;
    return head + formatTable(columns, counters.map(rowOf));
  });
  return 0;
};

const columns = [
  { title: 'COUNTER' },
  { title: 'VALUE', align: 'right' },
  { title: 'LAST' },
] as const;

function rowOf(one: { readonly counter: string; readonly value: number; readonly lastAt: Date }) {
  return [one.counter, String(one.value), formatTime(one.lastAt)];
}
