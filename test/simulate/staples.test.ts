import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { scaled } from '../harness/effort.ts';
import type { StapleTrouble } from './staple-faults.ts';
import { isStaplePlant, staplePlants, type StaplePlant } from './staple-plants.ts';
import {
  simulateStaples,
  type StapleWorldOptions,
  type StapleWorldReport,
} from './staple-world.ts';

const memory = '/dev/shm';

function run(options: Omit<StapleWorldOptions, 'directory'>): Promise<StapleWorldReport> {
  const directory = mkdtempSync(
    join(existsSync(memory) ? memory : tmpdir(), 'certkeeper-staples-'),
  );
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return simulateStaples({ ...options, directory });
}

describe('an agent that keeps OCSP responses in a world in which everything goes wrong', () => {
  it('has each endpoint serve one whenever there is any, and asks neither too often nor all at once', async () => {
    const names = scaled(16);
    const made = await run({ seed: 3, single: names, fivefold: Math.ceil(names / 4), days: 5 });
    expect(made.violation, `seed ${made.seed}`).toBeUndefined();
    expect(made.asked).toBeGreaterThan(made.certificates);
    expect(made.kills).toBeGreaterThan(0);
  }, 60_000);

  it('lives through the same things with the same seed', async () => {
    // One at a time: with more, which of their writes are one commit hangs on the machine, and so does where a kill strikes.
    const few = { seed: 5, single: 1, fivefold: 0, days: 4 };
    const [first, second] = [await run(few), await run(few)];
    expect(first).toStrictEqual(second);
    const other = await run({ ...few, seed: 6 });
    expect(other.trace).not.toBe(first.trace);
  }, 60_000);
});

/** What a planted bug is looked for with, and as what it is found. */
interface Hunt {
  readonly kinds: readonly [StapleTrouble];
  readonly found: RegExp;
  /** The first one that is tried: it has shown the bug before. */
  readonly seed?: number;
  readonly names?: number;
  readonly days?: number;
}

const hunts: Readonly<Record<StaplePlant, Hunt>> = {
  'no-backoff': { kinds: ['responder down'], found: /s too early, after 2 failures/ },
  'all-at-once': {
    kinds: ['restarted'],
    found: /requests of a day were sent in one minute/,
    names: 40,
    days: 2,
  },
  forgets: { kinds: ['restarted'], found: /s too early, after 0 failures/, days: 6 },
  'never-withdrawn': { kinds: ['responder down'], found: /serves what ended at/ },
  'not-retried': {
    kinds: ['responder flapping'],
    found: /has no response, with nothing in the way/,
  },
};

describe('the simulation finds', () => {
  it.each(Object.keys(staplePlants).filter(isStaplePlant))(
    '%s',
    async (plant) => {
      const { kinds, found, seed: first = 1, names = 10, days = 4 } = hunts[plant];
      const seeds = [0, 1, 2, 3, 4].map((i) => first + i);
      for (const seed of seeds) {
        const { violation } = await run({
          seed,
          single: names,
          fivefold: 1,
          days,
          plant,
          kinds,
        });
        if (!violation) continue;
        expect(violation.text).toMatch(found);
        return;
      }
      expect.fail(`${plant} was not found with seeds ${seeds.join(', ')}`);
    },
    60_000,
  );
});
