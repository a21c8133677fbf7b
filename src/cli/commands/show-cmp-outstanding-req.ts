import type { Services } from '../../agent/compose.ts';
import { toHex } from '../../base/bytes.ts';
import { formatTime } from '../../base/format-time.ts';
import { nextJob } from '../../scheduler/next-job.ts';
import type { OutstandingTransaction } from '../../store/store.ts';
import type { Body } from '../command.ts';
import { readStored, whereLooked } from '../stored.ts';
import { formatTable } from '../table.ts';

/** Read them, with when the agent sends those again that nobody has answered. */
async function readOutstanding({
  store,
  clock,
}: Services): Promise<readonly OutstandingTransaction[]> {
  const now = clock.now();
  return Promise.all(
    (await store.transactions.overview()).map(async (each) => {
      if (each.phase !== 'requested') return each;
      const again = await nextJob(store, each.name, 'enrol', now);
      return again && again.at > now ? { ...each, nextAt: again.at } : each;
    }),
  );
}

/** List the requests that wait for an answer, oldest first. */
export const run: Body<Record<never, never>> = async (_args, context) => {
  const { print } = context;
  const outstanding = (await readStored(context, readOutstanding)) ?? [];
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
