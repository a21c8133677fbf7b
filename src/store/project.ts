import type { LifecycleEvent, Operation } from '../base/events.ts';
import { unreachable } from '../base/errors.ts';
import type { HistoryRecord } from './records-contract.ts';

/** A change to the history or the statistics. */
export type Projection =
  | { readonly type: 'count'; readonly ca: string; readonly counter: string }
  | {
      readonly type: 'fail-info';
      readonly transactionID: string;
      readonly failInfo: readonly string[];
    };

/**
 * Say what an event adds to history and statistics.
 *
 * Counters: `sent.<body>`, `received.<body>`, `polls`, `status.<PKIStatus>`, `failInfo.<bit>`,
 * `error.<transport|http|asn1|protection|policy>`, `delivery.done`, `delivery.failed`, `served.with-key`,
 * `served.without-key`; beside these `transactionCounter`. How a transaction begins and ends is not taken from events: `open` and
 * `finish` of the store know it better, also the ends that no event tells.
 */
export function project(event: LifecycleEvent): readonly Projection[] {
  const count = (counter: string): Projection => ({ type: 'count', ca: event.ca, counter });
  switch (event.type) {
    case 'sent':
      return event.body === 'pollReq'
        ? [count('sent.pollReq'), count('polls')]
        : [count(`sent.${event.body}`)];
    case 'received':
      return [
        count(`received.${event.body}`),
        ...(event.status === undefined ? [] : [count(`status.${event.status}`)]),
        ...(event.failInfo ?? []).map((bit) => count(`failInfo.${bit}`)),
      ];
    case 'rejected':
      // Its bits were counted with the message that brought them.
      return [{ type: 'fail-info', transactionID: event.transactionID, failInfo: event.failInfo }];
    case 'failed':
    case 'error':
      return [count(`error.${event.errorClass}`)];
    case 'delivered':
      return [count('delivery.done')];
    case 'delivery-failed':
      return [count('delivery.failed')];
    case 'served':
      return [count(event.withKey ? 'served.with-key' : 'served.without-key')];
    case 'requested':
    case 'waiting':
    case 'issued':
    case 'refused':
    case 'revoked':
    case 'cleared':
      return [];
    default:
      return unreachable(event);
  }
}

/** Name the counter of transactions: `transaction.ir.opened`, `transaction.ir.granted`, … */
export function transactionCounter(
  operation: Operation,
  what: 'opened' | Exclude<HistoryRecord['result'], 'outstanding'>,
): string {
  return `transaction.${operation}.${what}`;
}
