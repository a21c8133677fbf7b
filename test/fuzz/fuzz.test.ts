import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { diceFor } from './dice.ts';
import { parseElements, writeElements } from './element.ts';
import { fuzz } from './fuzz.ts';
import { mutate } from './mutate.ts';
import { makeSeeds, type Seed } from './seeds.ts';
import { recordTraffic, type Traffic } from './traffic.ts';

const directory = mkdtempSync(join(tmpdir(), 'certkeeper-fuzz-'));
let traffic: Traffic = { dialogues: [], others: [] };
let seeds: readonly Seed[] = [];

beforeAll(async () => {
  traffic = await recordTraffic(directory);
  seeds = makeSeeds(traffic);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

describe('what a peer sends, changed at random,', () => {
  it('is refused with a code, quickly, and accepted only where extraCerts alone differ [R6][R16]', async () => {
    const result = await fuzz({ seeds, seed: 20_261_201, cases: 5000, maxCaseMs: 1000 });
    expect(result.failures).toEqual([]);
    expect(result.cases).toBe(5000);
    // What is tried goes deep enough to mean something.
    expect(result.decoded).toBeGreaterThan(500);
    expect(result.protectedAnew).toBeGreaterThan(50);
    expect(result.dialogues).toBeGreaterThan(200);
  }, 60_000);
});

describe('the fuzzer', () => {
  it('says so when a message is accepted that should not be', async () => {
    const [answer] = seeds.filter(({ isAnswer }) => isAnswer);
    if (!answer) throw new Error('no answer was recorded');
    const blind = [{ ...answer, isAnswer: false }];
    const { failures } = await fuzz({ seeds: blind, seed: 1, cases: 1000 });
    expect(failures[0]?.what).toContain('accepted');
    expect(failures[0]?.hex).toMatch(/^[\da-f]+$/);
  });

  it('changes a message in the same way for the same seed and case', () => {
    const [first, second] = seeds;
    if (!first || !second) throw new Error('nothing was recorded');
    const change = (n: number): Uint8Array => mutate(first.der, second.der, diceFor(7, n));
    expect(change(3)).toEqual(change(3));
    expect(change(3)).not.toEqual(change(4));
  });

  it('writes what it took apart as it was', () => {
    for (const { der } of seeds) {
      expect(writeElements(parseElements(der) ?? [])).toEqual(Uint8Array.from(der));
    }
  });

  it('plays every dialogue again to its end', async () => {
    for (const { answers, replay } of traffic.dialogues) {
      const ending = await replay(answers);
      expect(['granted', 'rejected', 'revoked', 'informed']).toContain(ending.type);
    }
  });
});
