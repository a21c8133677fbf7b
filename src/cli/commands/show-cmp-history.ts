import type { Body } from '../command.ts';
import type { historyParameters } from '../parameters-cmp.ts';
import { formatTime } from '../../base/format-time.ts';
import { type Style } from '../render.ts';
import { readStored, whereLooked } from '../stored.ts';
import { formatTable } from '../table.ts';

/** List the last transactions, newest first. */
export const run: Body<typeof historyParameters> = async ({ limit }, context) => {
  const { print } = context;
  const history = (await readStored(context, ({ store }) => store.history.list(limit))) ?? [];
  const json = history.map((line) => ({
    openedAt: formatTime(line.openedAt),
    closedAt: line.closedAt === undefined ? undefined : formatTime(line.closedAt),
    name: line.name,
    request: line.operation,
    ca: line.ca,
    result: line.result,
    failInfo: line.failInfo,
    text: line.text,
    transactionID: line.transactionID,
  }));
  print.show({ history: json }, () => {
    if (json.length === 0) return `There is no history${whereLooked(context)}\n`;
    const columns = [
      { title: 'OPENED' },
      { title: 'CLOSED' },
      { title: 'NAME' },
      { title: 'REQUEST' },
      { title: 'CA' },
      { title: 'RESULT' },
      { title: 'TRANSACTION' },
      { title: 'TEXT' },
    ];
    return formatTable(
      columns,
      json.map((line) => [
        line.openedAt,
        line.closedAt ?? '',
        line.name,
        line.request,
        line.ca,
        { text: line.result, paint: colourOf(line.result, print.style) },
        line.transactionID,
        // The text of a rejection has them in it, unless it is from elsewhere.
        [line.failInfo?.filter((bit) => line.text?.includes(bit) !== true).join(', '), line.text]
          .filter(Boolean)
          .join(': '),
      ]),
    );
  });
  return 0;
};

function colourOf(result: string, style: Style): (text: string) => string {
  if (result === 'granted' || result === 'revoked') return style.good;
  if (result === 'outstanding') return style.warn;
  return result === 'cleared' ? style.dim : style.bad;
}
