import type { ErrorClass } from '../../base/events.ts';
import { formatTime } from '../../base/format-time.ts';
import type { Counter, Duration } from '../../store/records-contract.ts';
import type { Body } from '../command.ts';
import { readStored, whereLooked } from '../stored.ts';
import { formatTable } from '../table.ts';

/** Show what was counted, by CA and, where there are several, in all. */
export const run: Body<Record<never, never>> = async (_args, context) => {
  const { print } = context;
  const read = await readStored(context, ({ store }) => store.statistics.read());
  const { since, counters = [], durations = [] } = read ?? {};
  const byCa = withErrorClasses(counters);
  const inAll = byCa.map((counter) => ({ ...counter, ca: all }));
  const sums = sumCounters(inAll);
  const sumDurations = addUp(durations.map((duration) => ({ ...duration, ca: all })));
  const json = {
    since: since === undefined ? undefined : formatTime(since),
    counters: countersJson(byCa),
    lastAt: lastJson(byCa),
    durations: durationsJson(durations),
    all: {
      counters: countersJson(sums)[all] ?? {},
      lastAt: lastJson(sums)[all] ?? {},
      durations: durationsJson(sumDurations)[all] ?? {},
    },
  };
  print.show(json, () => {
    const nothing = `Nothing was counted yet${whereLooked(context)}\n`;
    const head = since === undefined ? nothing : `Since ${formatTime(since)}\n`;
    if (counters.length === 0) return head;
    const hasSeveral = new Set(byCa.map(({ ca }) => ca)).size > 1;
    const timed = [...durations, ...(hasSeveral ? sumDurations : [])];
    return (
      head +
      counterTable([...byCa, ...(hasSeveral ? sums : [])]) +
      (timed.length === 0 ? '' : `\n${durationTable(timed)}`)
    );
  });
  return 0;
};

/** No label has a blank in it. */
const all = 'all CAs';

const errorClasses = [
  'asn1',
  'http',
  'policy',
  'protection',
  'transport',
] as const satisfies readonly ErrorClass[];

/** Add the error classes nothing was counted of: which kind of error there was not is worth knowing, too. */
function withErrorClasses(counters: readonly Counter[]): readonly Counter[] {
  const zeros = [...new Set(counters.map(({ ca }) => ca))].flatMap((ca) =>
    errorClasses.map((errorClass) => ({ ca, counter: `error.${errorClass}`, value: 0 })),
  );
  const isCounted = (zero: Counter): boolean =>
    counters.some(({ ca, counter }) => ca === zero.ca && counter === zero.counter);
  return [...counters, ...zeros.filter((zero) => !isCounted(zero))].toSorted(
    (a, b) => compare(a.ca, b.ca) || compare(a.counter, b.counter),
  );
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

function sumCounters(counters: readonly Counter[]): readonly Counter[] {
  const sums = new Map<string, Counter>();
  for (const counter of counters) {
    const sum = sums.get(counter.counter);
    const lastAt = latest(sum?.lastAt, counter.lastAt);
    const value = (sum?.value ?? 0) + counter.value;
    sums.set(counter.counter, { ...counter, value, ...(lastAt && { lastAt }) });
  }
  return [...sums.values()].toSorted((a, b) => compare(a.counter, b.counter));
}

function latest(one: Date | undefined, other: Date | undefined): Date | undefined {
  return one === undefined || (other !== undefined && other > one) ? other : one;
}

function addUp(durations: readonly Duration[]): readonly Duration[] {
  const sums = new Map<string, Duration>();
  for (const duration of durations) {
    const sum = sums.get(duration.operation);
    sums.set(
      duration.operation,
      sum === undefined
        ? duration
        : {
            ...sum,
            count: sum.count + duration.count,
            totalMs: sum.totalMs + duration.totalMs,
            minMs: Math.min(sum.minMs, duration.minMs),
            maxMs: Math.max(sum.maxMs, duration.maxMs),
          },
    );
  }
  return [...sums.values()].toSorted((a, b) => compare(a.operation, b.operation));
}

function byCaOf<Row extends { readonly ca: string }, Value>(
  rows: readonly Row[],
  entry: (row: Row) => readonly [string, Value],
): Record<string, Record<string, Value>> {
  const grouped: Record<string, Record<string, Value>> = {};
  for (const row of rows) {
    const [key, value] = entry(row);
    (grouped[row.ca] ??= {})[key] = value;
  }
  return grouped;
}

function countersJson(counters: readonly Counter[]) {
  return byCaOf(counters, ({ counter, value }) => [counter, value]);
}

function lastJson(counters: readonly Counter[]) {
  return byCaOf(
    counters.filter(({ lastAt }) => lastAt !== undefined),
    ({ counter, lastAt }) => [counter, lastAt === undefined ? '' : formatTime(lastAt)],
  );
}

function durationsJson(durations: readonly Duration[]) {
  return byCaOf(durations, ({ operation, count, totalMs, minMs, maxMs }) => [
    operation,
    { count, minMs, meanMs: Math.round(totalMs / count), maxMs },
  ]);
}

function counterTable(counters: readonly Counter[]): string {
  const columns = [
    { title: 'CA' },
    { title: 'COUNTER' },
    { title: 'VALUE', align: 'right' },
    { title: 'LAST' },
  ] as const;
  return formatTable(
    columns,
    counters.map(({ ca, counter, value, lastAt }) => [
      ca,
      counter,
      String(value),
      lastAt === undefined ? '' : formatTime(lastAt),
    ]),
  );
}

function durationTable(durations: readonly Duration[]): string {
  const columns = [
    { title: 'CA' },
    { title: 'REQUEST' },
    { title: 'DECIDED', align: 'right' },
    { title: 'SHORTEST', align: 'right' },
    { title: 'MEAN', align: 'right' },
    { title: 'LONGEST', align: 'right' },
  ] as const;
  return formatTable(
    columns,
    durations.map(({ ca, operation, count, totalMs, minMs, maxMs }) => [
      ca,
      operation,
      String(count),
      seconds(minMs),
      seconds(totalMs / count),
      seconds(maxMs),
    ]),
  );
}

function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(1)} s`;
}
