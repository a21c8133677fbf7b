import { afterEach, describe, expect, it, vi } from 'vitest';
import { scaled } from './effort.ts';

afterEach(() => vi.unstubAllEnvs());

describe('scaled()', () => {
  it.each([
    [undefined, 200],
    ['1', 200],
    ['10', 2000],
    ['0.1', 20],
    ['0.0001', 1],
  ])('with CERTKEEPER_EFFORT=%s makes %i of 200', (effort, count) => {
    vi.stubEnv('CERTKEEPER_EFFORT', effort);
    expect(scaled(200)).toBe(count);
  });

  it.each(['', '0', '-1', 'much', 'NaN', 'Infinity'])('refuses %j', (effort) => {
    vi.stubEnv('CERTKEEPER_EFFORT', effort);
    expect(() => scaled(200)).toThrow('CERTKEEPER_EFFORT');
  });
});
