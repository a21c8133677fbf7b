import { describe, expect, it } from 'vitest';
import type { PKIFailureBit } from '../../../src/cmp/message/pki-status-info.ts';
import type { Step } from '../../../src/cmp/transaction/enrollment.ts';
import { readRefusedRepeat } from '../../../src/cmp/transaction/refused-repeat.ts';
import { awaitingCertificate, confirming, refusing, requested, stateIn } from './states.ts';

const polled = { type: 'polled', value: awaitingCertificate } as const;

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
  it('reads badTime as a message grown too old, in every phase', () => {
    for (const phase of [requested, polled]) {
      expect(readRefusedRepeat(stateIn(phase), rejected('badTime'))).toEqual({ type: 'too-old' });
    }
    expect(readRefusedRepeat(stateIn(confirming), unconfirmed('badTime'))).toEqual({
      type: 'too-old',
    });
  });

  it.each(['transactionIdInUse', 'badRecipientNonce'] as const)(
    'reads %s as a request whose answer is lost',
    (bit) => {
      for (const phase of [requested, polled]) {
        expect(readRefusedRepeat(stateIn(phase), rejected(bit))).toEqual({
          type: 'lost',
          status: status(bit),
          details: ['why'],
        });
      }
    },
  );

  it('reads transactionIdInUse in answer to a certConf as one that had arrived', () => {
    expect(readRefusedRepeat(stateIn(confirming), unconfirmed('transactionIdInUse'))).toEqual({
      type: 'confirmed',
    });
    expect(readRefusedRepeat(stateIn(confirming), unconfirmed('badRecipientNonce'))).toBe(
      undefined,
    );
  });

  it('leaves every other answer what it is', () => {
    for (const step of [
      rejected(),
      rejected('badPOP'),
      unconfirmed('badCertId'),
      { type: 'done', outcome: { type: 'granted' } },
      { type: 'done', outcome: { type: 'refused', reason: 'wrong key' } },
      { type: 'send', phase: polled, body: { type: 'pollReq', value: [{ certReqId: 0 }] } },
    ] satisfies Step[]) {
      for (const phase of [requested, polled, confirming, refusing]) {
        expect(readRefusedRepeat(stateIn(phase), step)).toBeUndefined();
      }
    }
  });
});
