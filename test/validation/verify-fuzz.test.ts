import { describe, expect, it } from 'vitest';
import { fuzzVerify } from './verify-fuzz.ts';

describe('a peer of whom something was changed', () => {
  it('is never accepted by what nobody signed, never by hiding that it is revoked, and never an error', async () => {
    const result = await fuzzVerify({ seed: 20_261_122, cases: 5000, maxCaseMs: 1000 });
    expect(result.failures).toStrictEqual([]);
    expect(result.cases).toBe(5000);
    // What was changed is not always what decides.
    expect(result.accepted).toBeGreaterThan(0);
    expect(result.reasons.size).toBeGreaterThan(10);
  }, 120_000);
});
