import { describe, expect, it } from 'vitest';

import type { LifecycleEvent } from '../../src/base/events.ts';
import { project } from '../../src/store/project.ts';
import { context, newTransaction } from './sample.ts';

const says = context(newTransaction());

describe('project()', () => {
  it.each<[string, LifecycleEvent, readonly string[]]>([
    ['a request', { ...says, type: 'sent', body: 'ir' }, ['sent.ir']],
    ['a poll', { ...says, type: 'sent', body: 'pollReq' }, ['sent.pollReq', 'polls']],
    [
      'an answer with status and failure bits',
      {
        ...says,
        type: 'received',
        body: 'ip',
        status: 'rejection',
        failInfo: ['badAlg', 'badPOP'],
      },
      ['received.ip', 'status.rejection', 'failInfo.badAlg', 'failInfo.badPOP'],
    ],
    [
      'an answer without status',
      { ...says, type: 'received', body: 'pkiconf' },
      ['received.pkiconf'],
    ],
    [
      'an error on the way',
      { ...says, type: 'error', code: 'NETWORK_TIMEOUT', errorClass: 'transport' },
      ['error.transport'],
    ],
    [
      'an error that ends the transaction',
      {
        ...says,
        type: 'failed',
        code: 'CMP_PROTECTION_INVALID',
        errorClass: 'protection',
        text: 'why',
      },
      ['error.protection'],
    ],
    ['a delivery', { ...says, type: 'delivered', directory: '/etc' }, ['delivery.done']],
    ['a failed delivery', { ...says, type: 'delivery-failed', text: 'why' }, ['delivery.failed']],
    [
      'an issued certificate',
      { ...says, type: 'issued', notAfter: says.at, serialNumber: '1' },
      [],
    ],
  ])('counts %s for its CA', (_what, event, expected) => {
    expect(project(event)).toStrictEqual(
      expected.map((counter) => ({ type: 'count', ca: 'lab', counter })),
    );
  });

  it('keeps the failure bits of a rejection for the history, counting them only once', () => {
    expect(project({ ...says, type: 'rejected', text: 'No', failInfo: ['badPOP'] })).toStrictEqual([
      { type: 'fail-info', transactionID: says.transactionID, failInfo: ['badPOP'] },
    ]);
  });
});
