import { describe, expect, it } from 'vitest';
import { scaled } from '../harness/effort.ts';
import { killAgents } from './agent-kills.ts';

// In front of a lab whose certificates live for less than a minute, in about as long; more of it: npm run agent:kills.
describe('an agent that is killed again and again', () => {
  it('loses no key and no certificate, asks for none twice, and lets none lapse', async () => {
    const kills = scaled(100);
    const tally = await killAgents({ kills, seed: 20_261_121 });
    expect(tally.violations).toEqual([]);
    expect(tally.kills).toBe(kills);
    // It was killed at work, not only beside it.
    expect(tally.renewals).toBeGreaterThan(0);
    expect(tally.outstanding).toBeGreaterThan(0);
    expect(tally.early).toBeGreaterThan(0);
  }, 600_000);
});
