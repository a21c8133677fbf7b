import { describe, expect, it } from 'vitest';

import { decodePem } from '../../src/asn1/pem.ts';
import { gatewayPem, rootPem } from '../cli/certificates.ts';
import { at, granted, imported, named, newKey, newTransaction } from './sample.ts';
import type { StoreUnderTest } from './store-contract.ts';

/** What every store does when there are many certificates. */
export function listingContract(make: () => Promise<StoreUnderTest>): void {
  describe('many certificates', () => {
    it('are read page by page: the latest of each name, each once, by name', async () => {
      const { store } = await make();
      for (const name of ['b', 'd', 'a', 'c', 'b']) await imported(store, name);
      const first = await store.certificates.page('', 3);
      expect(first.map(({ name }) => name)).toStrictEqual(['a', 'b', 'c']);
      expect(await names(store.certificates.page('c', 3))).toStrictEqual(['d']);
      expect(await store.certificates.page('d', 3)).toStrictEqual([]);
      const current = await store.certificates.current('b');
      expect(first[1]).toStrictEqual({
        id: current?.id,
        name: 'b',
        status: 'current',
        source: 'import',
        der: current?.der,
      });
    });

    it('are read with the URI of a key that is in a token', async () => {
      const { store } = await make();
      const tokenUri = 'pkcs11:object=gw1';
      const certificate = { chain: [], source: 'import', at: at(0) } as const;
      const inToken = { spki: newKey().spki, tokenUri };
      const der = Uint8Array.of(1);
      await store.certificates.import({ ...certificate, der, name: named('a'), key: inToken });
      await store.certificates.import({ ...certificate, der, name: named('b'), key: newKey() });
      const [a, b] = await store.certificates.page('', 9);
      expect(a).toMatchObject({ tokenUri });
      expect(b).not.toHaveProperty('tokenUri');
      expect(b?.keyId).toBe((await store.certificates.current('b'))?.keyId);
    });

    it('have names, each once, whatever became of them', async () => {
      const { store } = await make();
      expect(await store.certificates.names()).toStrictEqual([]);
      for (const name of ['b', 'a', 'b']) await granted(store, name);
      expect(await store.certificates.names()).toStrictEqual(['a', 'b']);
    });

    it('are found by when they end, after a moment or not', async () => {
      const { store } = await make();
      const add = (name: string, pem: string) =>
        store.certificates.import({
          name: named(name),
          der: decodePem(pem)[0]?.der ?? new Uint8Array(),
          chain: [],
          source: 'import',
          at: at(0),
        });
      await add('later', rootPem);
      await add('sooner', gatewayPem);
      await imported(store, 'no-certificate');
      const { expiring } = store.certificates;
      expect(await names(expiring(9))).toStrictEqual(['sooner', 'later']);
      expect(await names(expiring(1))).toStrictEqual(['sooner']);
      const end = new Date('2027-11-21T02:19:29Z');
      expect(await names(expiring(9, end))).toStrictEqual(['later']);
      expect(await names(expiring(9, new Date(end.getTime() - 1)))).toStrictEqual([
        'sooner',
        'later',
      ]);
    });

    it('are to be delivered by source and deployments, asked for one name or all', async () => {
      const { store } = await make();
      await imported(store, 'plain');
      await imported(store, 'web');
      await granted(store, 'gw1');
      const files = [{ kind: 'cert', path: '/nowhere/web.pem' }] as const;
      await store.deployments.put(named('web'), { label: named('x'), files });
      const more = [{ kind: 'cert', path: '/nowhere/more.pem' }] as const;
      await store.deployments.put(named('web'), { label: named('y'), files: more });
      expect(await names(store.certificates.pendingDelivery())).toStrictEqual(['web', 'gw1']);
      expect(await names(store.certificates.pendingDelivery('web'))).toStrictEqual(['web']);
      expect(await names(store.certificates.pendingDelivery('plain'))).toStrictEqual([]);
    });

    it('may each have a request outstanding, asked for one name or all', async () => {
      const { store } = await make();
      for (const name of ['b', 'a'])
        await store.transactions.open(newTransaction({ name: named(name) }), []);
      expect(await names(store.transactions.outstanding())).toStrictEqual(['b', 'a']);
      expect(await names(store.transactions.outstanding('a'))).toStrictEqual(['a']);
      expect(await names(store.transactions.outstanding('c'))).toStrictEqual([]);
    });
  });
}

async function names(
  records: Promise<readonly { readonly name: string }[]>,
): Promise<readonly string[]> {
  return (await records).map(({ name }) => name);
}
