import { describe, expect, it } from 'vitest';
import { scaled } from '../harness/effort.ts';
import { killAgents } from './agent-kills.ts';

// In front of a lab whose certificates live for less than a minute; more of it: npm run agent:kills.
describe('an agent that is killed again and again', () => {
  it('loses no key and no certificate, asks for none twice, and lets none lapse', async () => {
    const kills = scaled(20);
    const tally = await killAgents({ kills, seed: 20_261_121 });
    expect(tally.violations).toEqual([]);
    expect(tally.kills).toBe(kills);
    expect(tally.renewals).toBeGreaterThan(0);
  }, 600_000);
});
