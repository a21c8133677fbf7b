import { describe, expect, it } from 'vitest';
import { CertError } from '../../src/base/errors.ts';
import { refusalOf } from '../../src/ca/refusal.ts';

describe('refusalOf()', () => {
  it('turns an error of a received message into a refusal with its text', () => {
    expect(refusalOf(new CertError('CMP_TIME_SKEW', 'Cannot accept "ir": too old'))).toEqual({
      type: 'refusal',
      failInfo: 'badTime',
      text: 'Cannot accept "ir": too old',
    });
  });

  it('throws on what the sender is not to blame for', () => {
    for (const thrown of [new CertError('STORE_FULL', 'Cannot write'), new Error('bug'), 'text']) {
      expect(() => refusalOf(thrown)).toThrow(thrown instanceof Error ? thrown : 'text');
    }
  });
});
