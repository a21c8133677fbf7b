import { toHex } from '../../base/bytes.ts';
import type { Body } from '../command.ts';
import { formatTime } from '../../base/format-time.ts';
import { readStored, whereLooked } from '../stored.ts';
import { formatTable } from '../table.ts';

/** List the requests that wait for an answer, oldest first. */
export const run: Body<Record<never, never>> = async (_args, context) => {
  const { print } = context;
  const outstanding =
    (await readStored(context, ({ store }) => store.transactions.overview())) ?? [];
  const requests = (await readStored(context, ({ store }) => store.keyRequests.list())) ?? [];
  const waiting = requests.map(({ name }) => name);
  const json = outstanding.map((request) => ({
    name: request.name,
    request: request.operation,
    currentCert: request.previousName,
    ca: request.ca,
    url: request.url,
    state: request.phase,
    openedAt: formatTime(request.openedAt),
    nextAt: request.nextAt === undefined ? undefined : formatTime(request.nextAt),
    deadline: formatTime(request.deadline),
    polls: request.polls,
    text: request.text,
    transactionID: toHex(request.transactionID),
  }));
  print.show(
    { outstanding: json, waitingForImport: waiting.length === 0 ? undefined : waiting },
    () => {
      // Made by crypto keygen: their answers come as files.
      const hint = waiting.length === 0 ? '' : `Waiting for import: ${waiting.join(', ')}\n`;
      if (json.length === 0) return `No request is outstanding${whereLooked(context)}\n${hint}`;
      const columns = [
        { title: 'NAME' },
        { title: 'REQUEST' },
        { title: 'CA' },
        { title: 'STATE' },
        { title: 'OPENED' },
        { title: 'NEXT POLL' },
        { title: 'POLLS', align: 'right' },
        { title: 'TRANSACTION' },
        { title: 'TEXT' },
      ] as const;
      const table = formatTable(
        columns,
        json.map((request) => [
          request.name,
          request.currentCert === undefined
            ? request.request
            : `${request.request} (${request.currentCert})`,
          request.ca,
          { text: request.state, paint: print.style.warn },
          request.openedAt,
          request.nextAt ?? 'now',
          String(request.polls),
          request.transactionID,
          request.text ?? '',
        ]),
      );
      return table + hint;
    },
  );
  return 0;
};
