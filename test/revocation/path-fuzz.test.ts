import { describe, expect, it } from 'vitest';
import { scaled } from '../harness/effort.ts';
import { fuzzPaths } from '../harness/fuzz-paths.ts';

describe('the certificates of a peer, changed at random,', () => {
  it('never throw, and none that nobody signed is in a valid path', () => {
    const count = scaled(5000);
    const { failures, cases, read, validAnew, reasons } = fuzzPaths(20_261_121, count);
    expect(failures).toEqual([]);
    expect(cases).toBe(count);
    // What is tried goes deep enough to mean something.
    expect(read).toBeGreaterThan(count / 2);
    expect(validAnew).toBeGreaterThan(count / 50);
    expect(reasons.size).toBeGreaterThan(12);
  }, 60_000);
});
