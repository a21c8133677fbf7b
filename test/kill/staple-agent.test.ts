import { describe, expect, it } from 'vitest';
import { scaled } from '../harness/effort.ts';
import { killStapling } from './staple-kills.ts';

describe('an agent that is killed while it refreshes OCSP responses', () => {
  it('leaves in each file a whole response that was verified and kept, and finds its way on', async () => {
    const [kills, names] = [scaled(6), 6];
    const tally = await killStapling({ kills, seed: 20_261_122, names });
    expect(tally.violations).toEqual([]);
    // Those of before and after the kills at the least.
    expect(tally.responses).toBeGreaterThanOrEqual(2 * names);
  }, 120_000);
});
