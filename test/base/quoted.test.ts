import { describe, expect, it } from 'vitest';
import { quoted } from '../../src/base/quoted.ts';

describe('quoted()', () => {
  it('quotes a word as it is', () => {
    expect(quoted('gw"1')).toBe('"gw\\"1"');
    expect(quoted('x'.repeat(64))).toBe(`"${'x'.repeat(64)}"`);
  });

  it('says only how long a long text is, and PEM', () => {
    expect(quoted('x'.repeat(65))).toBe('a text of 65 characters');
    expect(quoted('-----BEGIN PRIVATE KEY-----')).toBe('a text of 27 characters');
  });
});
