import { describe, expect, it } from 'vitest';
import { CertError, exitCodeOf, invariant } from '../../src/base/errors.ts';

describe('CertError', () => {
  it('carries its code, hint, transactionID and cause', () => {
    const cause = new Error('underneath');
    const error = new CertError('CMP_REJECTED', 'Cannot enrol "gw1": badPOP', {
      cause,
      hint: 'Ask the CA',
      transactionID: '5f3a',
    });
    expect(error).toBeInstanceOf(Error);
    expect(error).toMatchObject({
      name: 'CertError',
      code: 'CMP_REJECTED',
      hint: 'Ask the CA',
      transactionID: '5f3a',
      cause,
    });
  });

  it('has no cause at all when there is none, so that nothing prints "cause: undefined"', () => {
    expect(Object.hasOwn(new CertError('INTERNAL', 'x'), 'cause')).toBe(false);
  });
});

describe('exitCodeOf', () => {
  it('keeps 0 for success and 11 for the findings of doctor', () => {
    for (const [code, exitCode] of Object.entries(exitCodeOf)) {
      expect(exitCode, code).toBeGreaterThanOrEqual(1);
      expect(exitCode, code).toBeLessThanOrEqual(10);
    }
  });

  it('names codes in capitals with underscores', () => {
    for (const code of Object.keys(exitCodeOf)) expect(code).toMatch(/^[A-Z]+(?:_[A-Z]+)*$/);
  });
});

describe('invariant()', () => {
  it('throws INTERNAL only for what does not hold', () => {
    expect(() => invariant(true, 'x')).not.toThrow();
    expect(() => invariant(false, 'one issued certificate')).toThrow(
      expect.objectContaining({
        code: 'INTERNAL',
        message: 'Cannot go on: one issued certificate does not hold',
      }),
    );
  });
});
