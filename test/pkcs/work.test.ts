import { describe, expect, it } from 'vitest';
import { fileWork } from '../../src/pkcs/work.ts';

const unusable = expect.objectContaining({ code: 'KEY_UNUSABLE' });

describe('fileWork()', () => {
  it('lets a file spend its iterations in parts, and no more', () => {
    const work = fileWork(5000);
    work.spend(2048);
    work.spend(2952);
    expect(() => work.spend(1)).toThrow(unusable);
  });

  it.each([0, -1, 2 ** 47 * 2 ** 10])('refuses %i iterations', (iterations) => {
    expect(() => fileWork().spend(iterations)).toThrow(unusable);
  });
});
