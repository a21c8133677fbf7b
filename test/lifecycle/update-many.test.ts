import { describe, expect, it } from 'vitest';
import { CertError } from '../../src/base/errors.ts';
import { chooseMany, type Chosen } from '../../src/lifecycle/choose-many.ts';
import type { LifecycleContext } from '../../src/lifecycle/context.ts';
import {
  exitCodeOfMany,
  updateMany,
  type UpdateManyRequest,
  type UpdateOutcome,
} from '../../src/lifecycle/update-many.ts';
import { initialized, makeSite, named, type Site, type SiteOptions } from './site.ts';

/** A site with certificates gw0, gw1, … each a day apart. */
async function siteWith(count: number, options: SiteOptions = {}): Promise<Site> {
  const site = await makeSite(options);
  for (let i = 0; i < count; i++) {
    await initialized(site, { name: named(`gw${i}`) });
    await site.clock.advance(86_400);
  }
  return site;
}

async function everything({ context }: Site): Promise<readonly Chosen[]> {
  return (await chooseMany(context, { afterExpiry: false })).chosen;
}

const usual: UpdateManyRequest = { afterExpiry: false, waitSeconds: 0, atOnce: 4, perCa: 2 };

/** Renew and keep what was told. */
async function run(
  context: LifecycleContext,
  chosen: readonly Chosen[],
  changes: Partial<UpdateManyRequest> = {},
): Promise<{ readonly outcomes: readonly UpdateOutcome[]; readonly told: readonly string[] }> {
  const told: string[] = [];
  const outcomes = await updateMany(context, chosen, { ...usual, ...changes }, (outcome) => {
    told.push(`${outcome.name} ${outcome.type}`);
  });
  return { outcomes, told };
}

const typesOf = (outcomes: readonly UpdateOutcome[]): readonly string[] =>
  outcomes.map(({ type }) => type);

describe('chooseMany()', () => {
  it('takes those that end first in front, of a CA, or within a time', async () => {
    const site = await siteWith(3);
    expect((await everything(site)).map(({ name }) => name)).toStrictEqual(['gw0', 'gw1', 'gw2']);
    const choose = async (choice: object) => {
      const { chosen } = await chooseMany(site.context, { afterExpiry: false, ...choice });
      return chosen.map(({ name }) => name);
    };
    expect(await choose({ ca: named('lab') })).toHaveLength(3);
    expect(await choose({ ca: named('other') })).toStrictEqual([]);
    // 90 days each; the first has 87 left.
    expect(await choose({ withinSeconds: 88.5 * 86_400 })).toStrictEqual(['gw0', 'gw1']);
  });

  it('says what it skips, of those that were meant only', async () => {
    const site = await siteWith(1);
    const { store, clock } = site;
    const { der, chain } = (await store.certificates.current('gw0')) ?? {
      der: new Uint8Array(),
      chain: [],
    };
    const at = clock.now();
    for (const [name, source] of [
      ['watched', 'track'],
      ['keyless', 'import'],
      ['lost', 'import'],
    ] as const) {
      const ca = name === 'lost' ? {} : { ca: named('lab') };
      await store.certificates.import({ name: named(name), der, chain, source, at, ...ca });
    }
    const skipped = async (choice: object) =>
      (await chooseMany(site.context, { afterExpiry: false, ...choice })).skipped;
    expect(await skipped({})).toStrictEqual([
      { name: 'keyless', reason: 'its key is not here' },
      { name: 'lost', reason: 'it has no CA profile' },
      { name: 'watched', reason: 'it is only tracked, somebody else renews it' },
    ]);
    expect(await skipped({ withinSeconds: 60 })).toStrictEqual([]);
    await clock.advance(100 * 86_400);
    expect(await skipped({ ca: named('lab') })).toContainEqual({
      name: 'gw0',
      reason: expect.stringMatching(/^it expired on 20/),
    });
    const { chosen } = await chooseMany(site.context, { afterExpiry: true });
    expect(chosen.map(({ name }) => name)).toStrictEqual(['gw0']);
  });
});

describe('updateMany()', () => {
  it('renews all, so many at a time and so many of a CA, and tells of each', async () => {
    const site = await siteWith(9);
    let inside = 0;
    let most = 0;
    site.setWire(async (der, lab) => {
      most = Math.max(most, ++inside);
      await new Promise<void>((resolve) => setImmediate(resolve));
      const answer = await lab(der);
      inside--;
      return answer;
    });
    const { outcomes, told } = await run(site.context, await everything(site), { perCa: 3 });
    expect(typesOf(outcomes)).toStrictEqual(Array<string>(9).fill('renewed'));
    expect(told).toHaveLength(9);
    expect(most).toBe(3);
    expect(exitCodeOfMany(outcomes)).toBe(0);
    for (const { version } of await site.store.certificates.list()) expect(version).toBe(2);
  });

  it('goes on when one fails, and has its reason and the exit code of the worst', async () => {
    const site = await siteWith(4);
    const chosen = await everything(site);
    await site.store.certificates.remove('gw2');
    const { outcomes } = await run(site.context, chosen);
    expect(typesOf(outcomes)).toStrictEqual(['renewed', 'renewed', 'failed', 'renewed']);
    expect(outcomes[2]).toMatchObject({ code: 'CERT_UNKNOWN' });
    expect(exitCodeOfMany(outcomes)).toBe(3);
    await site.relab({ refuse: 'badRequest' });
    const refused = (await run(site.context, await everything(site))).outcomes;
    expect(refused[0]).toMatchObject({ type: 'failed', code: 'CMP_REJECTED' });
    expect(exitCodeOfMany(refused)).toBe(7);
  });

  it('asks for all before it asks about those that wait, and follows them as long as it was told', async () => {
    const site = await siteWith(5);
    await site.relab({ polls: 2, checkAfterSeconds: 30 });
    const { outcomes } = await run(site.context, await everything(site), { waitSeconds: 0 });
    expect(typesOf(outcomes)).toStrictEqual(Array<string>(5).fill('waiting'));
    expect(exitCodeOfMany(outcomes)).toBe(8);
    expect(await site.store.transactions.outstanding()).toHaveLength(5);
    const again = await run(site.context, await everything(site), { waitSeconds: 600 });
    expect(typesOf(again.outcomes)).toStrictEqual(Array<string>(5).fill('renewed'));
    expect(again.told.slice(0, 5).every((line) => line.endsWith('waiting'))).toBe(true);
    expect(await site.store.transactions.outstanding()).toStrictEqual([]);
  });

  it('does not ask a CA for the rest that does not answer', async () => {
    const site = await siteWith(9);
    let asked = 0;
    site.setWire(async () => {
      asked++;
      throw new CertError('NETWORK_UNREACHABLE', 'Cannot connect');
    });
    const { outcomes } = await run(site.context, await everything(site));
    expect(asked).toBeLessThanOrEqual(4);
    expect(typesOf(outcomes).slice(0, 3)).toStrictEqual(['failed', 'failed', 'failed']);
    expect(outcomes.at(-1)).toMatchObject({ type: 'left', reason: 'CA "lab" does not answer' });
    expect(exitCodeOfMany(outcomes)).toBe(5);
  });

  it('begins nothing more after Ctrl-C, and leaves what is outstanding', async () => {
    const site = await siteWith(6);
    const ending = new AbortController();
    let sent = 0;
    site.setWire(async (der, lab) => {
      if (++sent === 3) ending.abort(new Error('interrupted'));
      ending.signal.throwIfAborted();
      return lab(der);
    });
    const context = { ...site.context, signal: ending.signal };
    const { outcomes } = await run(context, await everything(site), { atOnce: 1 });
    expect(outcomes).toHaveLength(6);
    expect(outcomes.slice(2).every(({ type }) => type === 'left')).toBe(true);
    // What was interrupted is gone on with, and not asked for again.
    site.setWire();
    const after = (await run(site.context, await everything(site))).outcomes;
    expect(typesOf(after)).toStrictEqual(Array<string>(6).fill('renewed'));
    expect(await site.store.transactions.outstanding()).toStrictEqual([]);
  });
});
