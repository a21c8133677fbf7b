import { describe, expect, it } from 'vitest';
import type { PKIFailureBit } from '../../../src/cmp/message/pki-status-info.ts';
import type { Step } from '../../../src/cmp/transaction/step.ts';
import { readRefusedRepeat } from '../../../src/cmp/transaction/refused-repeat.ts';
import { awaitingCertificate } from './states.ts';

const pollReq: Step = {
  type: 'send',
  phase: { type: 'polled', value: awaitingCertificate },
  body: { type: 'pollReq', value: [{ certReqId: 0 }] },
};

function status(...failInfo: PKIFailureBit[]) {
  return { status: 'rejection', ...(failInfo.length > 0 && { failInfo }) } as const;
}

function rejected(...failInfo: PKIFailureBit[]): Step {
  return {
    type: 'done',
    outcome: { type: 'rejected', status: status(...failInfo), details: ['why'] },
  };
}

function unconfirmed(...failInfo: PKIFailureBit[]): Step {
  return { type: 'done', outcome: { type: 'unconfirmed', status: status(...failInfo) } };
}

describe('readRefusedRepeat()', () => {
  it('reads transactionIdInUse as a message whose answer is lost', () => {
    const lost = { type: 'lost', status: status('transactionIdInUse') };
    expect(readRefusedRepeat(rejected('transactionIdInUse'))).toEqual({
      ...lost,
      details: ['why'],
    });
  });

  it('asks for no second certificate where it was a certConf that is known already [C12]', () => {
    expect(readRefusedRepeat(unconfirmed('transactionIdInUse'))).toBeUndefined();
  });

  it('leaves every other answer what it is', () => {
    for (const step of [
      rejected(),
      // Too old, or our clock is off: that is no reason to take anything for lost.
      rejected('badTime'),
      rejected('badTime', 'transactionIdInUse'),
      unconfirmed('badTime'),
      rejected('badPOP'),
      rejected('badRecipientNonce'),
      unconfirmed('badCertId'),
      { type: 'done', outcome: { type: 'granted' } },
      { type: 'done', outcome: { type: 'refused', reason: 'wrong key' } },
      pollReq,
    ] satisfies Step[]) {
      expect(readRefusedRepeat(step)).toBeUndefined();
    }
  });
});
