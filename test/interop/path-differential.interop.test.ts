import { beforeEach, describe, expect, it } from 'vitest';
import { comparePaths, tell } from '../harness/compare-paths.ts';
import { scaled } from '../harness/effort.ts';
import { knownDisagreements } from '../harness/path-disagreements.ts';
import { requirePeer } from '../harness/require.ts';

beforeEach((context) => requirePeer(context, 'openssl'));

describe('openssl verify and we', () => {
  it('say the same of random PKIs, but for what is known', () => {
    const count = scaled(500);
    const { accepted, unexplained } = comparePaths(0, count);
    expect(unexplained.map(tell)).toEqual([]);
    // Both kinds must be there, or agreeing says nothing.
    expect(accepted).toBeGreaterThan(count / 10);
    expect(accepted).toBeLessThan((9 * count) / 10);
  });

  it.each(knownDisagreements.map(({ title, seed }) => [title, seed] as const))(
    'still do not say the same of %s',
    (title, seed) => {
      expect(comparePaths(seed, 1).known).toEqual(new Map([[title, 1]]));
    },
  );

  it('differ in few things', () => {
    expect(knownDisagreements.length).toBeLessThanOrEqual(20);
  });
});
