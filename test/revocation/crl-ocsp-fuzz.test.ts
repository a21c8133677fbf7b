import { describe, expect, it } from 'vitest';
import { fuzzRevocation } from './crl-ocsp-fuzz.ts';

describe('CRLs and OCSP responses, changed at random,', () => {
  it('never throw, end soon, and count for nothing unless what is signed is as it was', () => {
    const result = fuzzRevocation({ seed: 20_261_121, cases: 5000, maxCaseMs: 1000 });
    expect(result.failures).toEqual([]);
    expect(result.cases).toBe(5000);
    // What is tried goes deep enough to mean something.
    expect(result.read).toBeGreaterThan(500);
    expect(result.signedAnew).toBeGreaterThan(1000);
    expect(result.verdicts.get('good')).toBeGreaterThan(50);
    expect(result.verdicts.get('revoked')).toBeGreaterThan(50);
    expect(result.verdicts.size).toBeGreaterThan(12);
  }, 60_000);
});
