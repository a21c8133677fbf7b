import { describe, expect, it } from 'vitest';

import { CertError, type ErrorCode } from '../../src/base/errors.ts';
import { parseLabel } from '../../src/base/label.ts';
import type { PKIFailureBit } from '../../src/cmp/message/pki-status-info.ts';
import type { EnrollmentResult } from '../../src/lifecycle/result.ts';
import { outcomeOf, outcomeOfError } from '../../src/scheduler/outcome.ts';

const said = {
  name: parseLabel('gw1', 'cert-name'),
  ca: parseLabel('lab', 'ca-root'),
  transactionID: '00',
};

function rejected(failInfo: readonly PKIFailureBit[], isUnauthenticated = false): EnrollmentResult {
  return {
    ...said,
    type: 'rejected',
    status: { status: 'rejection', failInfo, statusString: ['No'] },
    details: ['because'],
    ...(isUnauthenticated && { isUnauthenticated }),
  };
}

describe('outcomeOf()', () => {
  it('takes a wait for done: a poll follows', () => {
    const waiting = { ...said, type: 'waiting', nextPollAt: new Date(0), polls: 1 } as const;
    expect(outcomeOf(waiting)).toStrictEqual({ type: 'done' });
  });

  it.each(['notAuthorized', 'badPOP', 'badCertTemplate', 'signerNotTrusted'] as const)(
    'blocks after a rejection for %s',
    (bit) => {
      expect(outcomeOf(rejected([bit]))).toMatchObject({ type: 'blocked', code: 'CMP_REJECTED' });
      expect(outcomeOf(rejected(['systemFailure', bit]))).toMatchObject({ type: 'blocked' });
    },
  );

  it.each([['systemUnavail'], ['systemFailure'], ['badTime'], []] as const)(
    'tries again after a rejection for %s',
    (...bits) => {
      expect(outcomeOf(rejected(bits))).toMatchObject({ type: 'failing', isCaDown: false });
    },
  );

  it('is not blocked by a rejection that anybody could have sent', () => {
    expect(outcomeOf(rejected(['notAuthorized'], true))).toMatchObject({ type: 'failing' });
  });

  it('keeps what the CA said', () => {
    const outcome = outcomeOf(rejected(['badPOP']));
    expect(outcome).toMatchObject({ text: expect.stringMatching(/badPOP.*No.*because/) });
  });

  it('blocks after a certificate that we refused', () => {
    expect(outcomeOf({ ...said, type: 'refused', reason: 'expired' })).toMatchObject({
      type: 'blocked',
      text: 'expired',
    });
  });
});

describe('outcomeOfError()', () => {
  it.each([
    ['NETWORK_UNREACHABLE', 'failing', true],
    ['NETWORK_TIMEOUT', 'failing', true],
    ['HTTP_STATUS', 'failing', true],
    ['CMP_PROTECTION_INVALID', 'failing', false],
    ['TOKEN_UNAVAILABLE', 'failing', false],
    ['STORE_FULL', 'failing', false],
    ['CA_UNKNOWN', 'blocked', false],
    ['SECRET_UNAVAILABLE', 'blocked', false],
    ['KEY_UNUSABLE', 'blocked', false],
    ['CERT_INVALID', 'blocked', false],
  ] as const)('of %s is %s, with the CA down: %s', (code, type, isCaDown) => {
    expect(outcomeOfError(new CertError(code, 'why'))).toStrictEqual({
      type,
      code,
      text: 'why',
      isCaDown,
    });
  });

  it.each<ErrorCode>(['IN_PROGRESS', 'STORE_CONFLICT', 'STORE_LOCKED', 'TRANSACTION_OUTSTANDING'])(
    'of %s is that somebody else is at it',
    (code) => {
      expect(outcomeOfError(new CertError(code, 'why'))).toStrictEqual({ type: 'busy' });
    },
  );

  it('of a bug is a failure like others', () => {
    expect(outcomeOfError(new TypeError('x is undefined'))).toMatchObject({
      type: 'failing',
      code: 'INTERNAL',
    });
  });
});
