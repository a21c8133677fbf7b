import { describe, expect, it } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { memoryCrls } from '../../src/validation/memory-crls.ts';
import { at } from '../store/sample.ts';
import { crlStoreContract } from '../store/validation-contract.ts';

const held = (identity: string, octets: number) => ({
  identity,
  issuer: utf8('issuer'),
  der: new Uint8Array(octets),
  thisUpdate: at(1),
  fetchedAt: at(2),
});

describe('CRLs in memory', () => {
  crlStoreContract(async () => {
    const store = memoryCrls(1024 * 1024);
    return { store, reopen: async () => store };
  });

  it('forget what was unused for longest when there is no room', async () => {
    const { heldCrls } = memoryCrls(30_000);
    for (const identity of ['a', 'b']) await heldCrls.put(held(identity, 10_000));
    await heldCrls.get('a');
    await heldCrls.put(held('c', 10_000));
    const identities = (await heldCrls.list()).map(({ identity }) => identity);
    expect(identities).toStrictEqual(['a', 'c']);
    await heldCrls.put(held('d', 40_000));
    expect(await heldCrls.list()).toStrictEqual([]);
  });

  it('are no more than a number of them, however small: all are looked through for each peer', async () => {
    const { heldCrls } = memoryCrls(1024 ** 3);
    for (let n = 0; n < 1030; n++) await heldCrls.put(held(String(n), 10));
    expect(await heldCrls.list()).toHaveLength(1024);
    expect(await heldCrls.get('1029')).toBeDefined();
    expect(await heldCrls.get('0')).toBeUndefined();
  });

  it('remember a bounded number of places, the latest', async () => {
    const { crlSources } = memoryCrls(0);
    for (let n = 0; n < 5000; n++) {
      await crlSources.put({ url: `http://${n}/`, origin: 'certificate', failures: 0 });
    }
    expect(await crlSources.list()).toHaveLength(4096);
    expect(await crlSources.get('http://4999/')).toBeDefined();
    expect(await crlSources.get('http://0/')).toBeUndefined();
  });

  it('do not change when the octets that were handed over do', async () => {
    const { heldCrls } = memoryCrls(10_000);
    const mine = held('a', 4);
    await heldCrls.put(mine);
    mine.der.fill(7);
    (await heldCrls.get('a'))?.der.fill(8);
    expect((await heldCrls.get('a'))?.der).toStrictEqual(new Uint8Array(4));
  });
});
