import { toHex } from '../../base/bytes.ts';
import { CertError } from '../../base/errors.ts';
import { formatTime } from '../../base/format-time.ts';
import type { LifecycleEvent } from '../../base/events.ts';
import { commandLine } from '../command-line.ts';
import type { Body } from '../command.ts';
import { confirm } from '../confirm.ts';
import type { clearNameParameters } from '../parameters-cmp.ts';
import { plural } from '../plural.ts';

/**
 * Close what is outstanding for a name, forget its history, and give the name free when nothing can be told of
 * the process that holds it; keys and certificates stay.
 */
export const run: Body<typeof clearNameParameters> = async ({ certName }, context) => {
  const { store, clock, livenessOf } = await context.services();
  const outstanding = await store.transactions.overview(certName);
  const history = (await store.history.list()).filter((line) => line.name === certName);
  const holder = await store.leases.holder(certName);
  const isStuck = holder !== undefined && livenessOf(holder) === 'unknown';
  const failing = await store.schedule.failing(certName);
  if (outstanding.length + history.length + failing.length === 0 && !isStuck) {
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
    ...(failing.length === 0 ? [] : ['what is remembered of failures']),
    ...(isStuck
      ? [
          `the hold of process ${holder.pid} on ${holder.host} since ${formatTime(holder.since)}, ` +
            'which may still be at work',
        ]
      : []),
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
  await store.schedule.recovered(certName);
  if (isStuck) await store.leases.free(certName, holder.id);
  context.print.done(
    { cleared: true, name: certName, closed, freed: isStuck },
    `Closed ${plural(closed, 'outstanding request', 'outstanding requests')} of "${certName}" and forgot its history` +
      (isStuck ? '; the name is free' : ''),
  );
  return 0;
};
