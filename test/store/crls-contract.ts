import { describe, expect, it } from 'vitest';

import type { CrlRecord } from '../../src/store/crls-contract.ts';
import { at, named, random } from './sample.ts';
import type { StoreUnderTest } from './store-contract.ts';

/** The part of `storeContract` that is about CRLs. */
export function crlsContract(make: () => Promise<StoreUnderTest>): void {
  describe('crls', () => {
    it('are kept one an issuer and CA, and given back as they were put', async () => {
      const { store, reopen } = await make();
      const first = crl();
      const { nextUpdate: _next, crlNumber: _number, ...bare } = crl();
      const elsewhere = crl({ ca: named('other'), issuer: first.issuer });
      for (const each of [first, bare, elsewhere]) {
        expect(await store.crls.put(each)).toBe(true);
      }
      const again = await reopen();

      expect(await again.crls.get('lab', first.issuer)).toStrictEqual(first);
      expect(await again.crls.get('lab', bare.issuer)).toStrictEqual(bare);
      expect(await again.crls.get('lab', random.bytes(30))).toBeUndefined();
      expect(await again.crls.list('lab')).toHaveLength(2);
      expect(await again.crls.list('other')).toStrictEqual([elsewhere]);
      expect(await again.crls.list()).toHaveLength(3);
    });

    it('give way to newer ones, and never to older ones', async () => {
      const { store } = await make();
      const first = crl({ thisUpdate: at(100) });
      const { issuer } = first;
      await store.crls.put(first);

      expect(await store.crls.put(crl({ issuer, thisUpdate: at(99) }))).toBe(false);
      expect(await store.crls.get('lab', issuer)).toStrictEqual(first);
      const again = crl({ issuer, thisUpdate: at(100), fetchedAt: at(500) });
      expect(await store.crls.put(again)).toBe(true);
      const newer = crl({ issuer, thisUpdate: at(101) });
      expect(await store.crls.put(newer)).toBe(true);
      expect(await store.crls.list()).toStrictEqual([newer]);
    });
  });
}

function crl(changes: Partial<CrlRecord> = {}): CrlRecord {
  return {
    ca: named('lab'),
    issuer: random.bytes(30),
    der: random.bytes(60),
    thisUpdate: at(0),
    nextUpdate: at(86_400),
    crlNumber: '340282366920938463463374607431768211456',
    fetchedAt: at(10),
    ...changes,
  };
}
