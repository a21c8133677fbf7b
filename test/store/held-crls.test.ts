import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { openDatabase } from '../../src/store/database.ts';
import { sqliteCrlSources, sqliteHeldCrls, type HeldLimits } from '../../src/store/held-crls.ts';
import { schema } from '../../src/store/schema.ts';
import type { CrlSources, HeldCrls } from '../../src/store/validation-contract.ts';
import { at, temporaryDirectory } from './sample.ts';

async function opened(limits: Partial<HeldLimits>): Promise<{
  readonly heldCrls: HeldCrls;
  readonly crlSources: CrlSources;
}> {
  const database = await openDatabase({
    path: join(temporaryDirectory(), 'store.db'),
    migrations: schema,
    clock: { sleep: async () => {} },
  });
  onTestFinished(() => database.close());
  const all = { crls: 1000, octets: 1_000_000, sources: 1000, ...limits };
  return { heldCrls: sqliteHeldCrls(database, all), crlSources: sqliteCrlSources(database, all) };
}

const held = (identity: string, fetched: number, more: { readonly nextUpdate?: Date } = {}) => ({
  identity,
  issuer: utf8('issuer'),
  der: new Uint8Array(100),
  thisUpdate: at(0),
  fetchedAt: at(fetched),
  ...more,
});

async function identitiesIn(heldCrls: HeldCrls): Promise<readonly string[]> {
  return (await heldCrls.list()).map(({ identity }) => identity);
}

describe('CRLs that are held', () => {
  it('are no more than a number of them: those fetched longest ago are forgotten', async () => {
    const { heldCrls } = await opened({ crls: 3 });
    for (const [i, one] of ['a', 'b', 'c', 'd', 'e'].entries()) await heldCrls.put(held(one, i));
    expect(await identitiesIn(heldCrls)).toStrictEqual(['c', 'd', 'e']);
  });

  it('have no more than so many octets together, the one that came last at the least', async () => {
    const { heldCrls } = await opened({ octets: 250 });
    for (const [i, one] of ['a', 'b', 'c'].entries()) await heldCrls.put(held(one, i));
    expect(await identitiesIn(heldCrls)).toStrictEqual(['b', 'c']);
    await heldCrls.put({ ...held('d', 4), der: new Uint8Array(900) });
    expect(await identitiesIn(heldCrls)).toStrictEqual(['d']);
  });

  it('are forgotten when they have ended before those that hold', async () => {
    const { heldCrls } = await opened({ crls: 2 });
    await heldCrls.put(held('holds', 1, { nextUpdate: at(100) }));
    await heldCrls.put(held('ended', 2, { nextUpdate: at(3) }));
    await heldCrls.put(held('new', 4, { nextUpdate: at(100) }));
    expect(await identitiesIn(heldCrls)).toStrictEqual(['holds', 'new']);
  });

  it('stay when they come from a place that is set up, whatever certificates name', async () => {
    const { heldCrls, crlSources } = await opened({ crls: 2 });
    await heldCrls.put(held('ours', 0));
    const source = { url: 'http://ours/', identity: 'ours', failures: 0 } as const;
    await crlSources.put({ ...source, origin: 'configured' });
    for (const [i, one] of ['a', 'b', 'c'].entries()) await heldCrls.put(held(one, i + 1));
    expect(await identitiesIn(heldCrls)).toStrictEqual(['c', 'ours']);
  });
});

describe('places of CRLs', () => {
  it('that certificates name are remembered up to a number, the latest; those set up are all', async () => {
    const { crlSources } = await opened({ sources: 2 });
    for (const n of [0, 1, 2]) {
      await crlSources.put({ url: `http://set-up/${n}`, origin: 'configured', failures: 0 });
    }
    for (const n of [5, 4, 6, 3]) {
      const url = `http://named/${n}`;
      await crlSources.put({ url, origin: 'certificate', fetchedAt: at(n), failures: 0 });
    }
    expect((await crlSources.list()).map(({ url }) => url)).toStrictEqual([
      'http://named/3',
      'http://named/6',
      'http://set-up/0',
      'http://set-up/1',
      'http://set-up/2',
    ]);
  });
});
