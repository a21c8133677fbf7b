import { timingSafeEqual } from 'node:crypto';
import { describe, expect, it, vi } from 'vitest';
import { verifyResponse } from '../../../src/cmp/protection/verify.ts';
import { answer, expectedUnderMac } from '../answers.ts';

vi.mock('node:crypto', { spy: true });

describe('verifyResponse()', () => {
  it('compares a received MAC in constant time, right or wrong [R7]', async () => {
    const right = await answer();
    const wrong = await answer({ protection: (mac) => mac.with(0, (mac[0] ?? 0) ^ 1) });
    vi.mocked(timingSafeEqual).mockClear();
    verifyResponse(right, expectedUnderMac);
    expect(() => verifyResponse(wrong, expectedUnderMac)).toThrow(/MAC does not fit/);
    expect(vi.mocked(timingSafeEqual).mock.calls).toEqual([
      [right.protection, right.protection],
      [right.protection, wrong.protection],
    ]);
  });
});
