import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { scaled } from '../harness/effort.ts';
import type { FaultKind } from './faults.ts';
import type { Plant } from './plants.ts';
import { simulate, sitesOf, type SimulateOptions } from './simulate.ts';
import type { Summary } from './summary.ts';
import type { WorldReport } from './world.ts';

const memory = '/dev/shm';

async function run(
  options: Omit<SimulateOptions, 'directory' | 'onWorld'>,
): Promise<Summary & { readonly reports: readonly WorldReport[] }> {
  const directory = mkdtempSync(
    join(existsSync(memory) ? memory : tmpdir(), 'certkeeper-simulate-'),
  );
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const reports: WorldReport[] = [];
  const summary = await simulate({
    ...options,
    directory,
    onWorld: (report) => void reports.push(report),
  });
  return { ...summary, reports };
}

const one = [{ site: 1, gateways: 1 }];

describe('an agent in a world in which everything goes wrong', () => {
  it('renews what can be renewed, loses nothing and asks for no more than it may', async () => {
    const gateways = scaled(4);
    const { violations, renewals, kills } = await run({
      seed: 11,
      years: 2,
      sites: sitesOf(11, gateways),
    });
    expect(violations).toStrictEqual([]);
    expect(renewals).toBeGreaterThan(gateways);
    expect(kills).toBeGreaterThan(0);
  }, 60_000);

  it('lives through the same things with the same seed', async () => {
    const [first, second] = [
      await run({ seed: 7, years: 1, sites: one }),
      await run({ seed: 7, years: 1, sites: one }),
    ];
    expect(first.reports).toStrictEqual(second.reports);
    const other = await run({ seed: 8, years: 1, sites: one });
    expect(other.reports[0]?.trace).not.toBe(first.reports[0]?.trace);
  }, 60_000);
});

describe('the simulation', () => {
  it.each<[Plant, readonly [FaultKind, ...FaultKind[]], RegExp]>([
    ['no-cap', ['wrong answers'], /issued \d+ certificates for "gw1" within a day/],
    ['no-backoff', ['CA down'], /messages were sent within a day/],
    ['plan-lost', ['killed at a write'], /could have been renewed/],
    [
      'key-lost',
      ['CA slow'],
      /another key than its certificate|lost its key|could have been renewed/,
    ],
    [
      'forgets-request',
      ['killed at a write'],
      /nothing is known here|could have been renewed|is gone/,
    ],
  ])(
    'finds a planted bug: %s',
    async (plant, kinds, found) => {
      let violations: readonly string[] = [];
      for (let seed = 1; seed <= 6 && violations.length === 0; seed++) {
        ({ violations } = await run({ seed, years: 3, sites: one, plant, kinds }));
      }
      expect(violations).toStrictEqual([expect.stringMatching(found)]);
    },
    60_000,
  );
});
