import { toHex } from '../../base/bytes.ts';
import { CertError } from '../../base/errors.ts';
import type { LifecycleEvent } from '../../base/events.ts';
import { commandLine } from '../command-line.ts';
import type { Body } from '../command.ts';
import { confirm } from '../confirm.ts';
import type { clearNameParameters } from '../parameters-cmp.ts';
import { plural } from '../plural.ts';

/** Close what is outstanding for a name and forget its history; keys and certificates stay. */
export const run: Body<typeof clearNameParameters> = async ({ certName }, context) => {
  const { store, clock } = await context.services();
  const outstanding = await store.transactions.outstanding(certName);
  const history = (await store.history.list()).filter((line) => line.name === certName);
  if (outstanding.length === 0 && history.length === 0) {
    throw new CertError(
      'CERT_UNKNOWN',
      `Cannot clear "${certName}": it has neither an outstanding request nor a history`,
      { hint: `See ${commandLine(['show', 'cmp', 'history'], context.globals)}` },
    );
  }
  const what = [
    ...outstanding.map(({ operation, ca }) => `the outstanding ${operation} to ${ca}`),
    ...(history.length === 0
      ? []
      : [plural(history.length, 'line of history', 'lines of history')]),
  ];
  const agreed = await confirm(
    `Clear "${certName}" (${what.join(', ')})? Keys and certificates stay.`,
    `clear "${certName}"`,
    context,
  );
  if (!agreed) {
    context.print.done({ cleared: false }, 'Nothing was changed');
    return 0;
  }
  const at = clock.now();
  const events = outstanding.map(({ ca, transactionID }): LifecycleEvent => ({
    type: 'cleared',
    at,
    name: certName,
    ca,
    transactionID: toHex(transactionID),
  }));
  const closed = await store.transactions.clear(certName, at, events);
  context.print.done(
    { cleared: true, name: certName, closed },
    `Closed ${plural(closed, 'outstanding request', 'outstanding requests')} of "${certName}" and forgot its history`,
  );
  return 0;
};
