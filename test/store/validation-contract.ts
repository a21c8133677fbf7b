import { describe, expect, it } from 'vitest';

import { utf8 } from '../../src/base/bytes.ts';
import type { Store } from '../../src/store/store.ts';
import { at, random } from './sample.ts';
import type { StoreUnderTest } from './store-contract.ts';

const base = {
  identity: 'base',
  issuer: utf8('issuer'),
  der: utf8('one'),
  thisUpdate: at(1),
  nextUpdate: at(100),
  crlNumber: 2n ** 130n,
  fetchedAt: at(2),
};

/** What every store does with what peers are judged by. */
export function validationContract(make: () => Promise<StoreUnderTest>): void {
  describe('validation objects', () => {
    it('stand by kind and name, their secrets apart, over a restart', async () => {
      const { store, reopen } = await make();
      const ocsp = { kind: 'ocsp', name: 'o', settings: '{"url":"http://o/"}' } as const;
      const policy = { kind: 'policy', name: 'o', settings: '{}' } as const;
      await store.validationObjects.put(ocsp, new Map([['tunnel-password', utf8('s3cret')]]));
      await store.validationObjects.put(policy, new Map());
      const again = await reopen();
      expect(await again.validationObjects.list('ocsp')).toStrictEqual([ocsp]);
      expect(await again.validationObjects.get('policy', 'o')).toStrictEqual(policy);
      expect(await again.validationObjects.get('crl', 'o')).toBeUndefined();
      expect(await again.validationObjects.secrets('ocsp', 'o')).toStrictEqual(
        new Map([['tunnel-password', utf8('s3cret')]]),
      );
      expect(await again.validationObjects.secrets('policy', 'o')).toStrictEqual(new Map());
      await again.validationObjects.put(ocsp, new Map());
      expect(await again.validationObjects.secrets('ocsp', 'o')).toStrictEqual(new Map());
      expect(await again.validationObjects.remove('ocsp', 'o')).toBe(true);
      expect(await again.validationObjects.remove('ocsp', 'o')).toBe(false);
      expect(await again.validationObjects.list('policy')).toStrictEqual([policy]);
    });
  });

  crlStoreContract(make);
}

/** What is held of CRLs, by a store or without one. */
export interface CrlStoreUnderTest {
  readonly store: Pick<Store, 'heldCrls' | 'crlSources'>;
  /** As it is for whoever comes next. */
  reopen(): Promise<Pick<Store, 'heldCrls' | 'crlSources'>>;
}

/** What everything does that holds CRLs. */
export function crlStoreContract(make: () => Promise<CrlStoreUnderTest>): void {
  describe('held CRLs', () => {
    it('give way to newer ones of their identity, and to no older one', async () => {
      const { store, reopen } = await make();
      const { heldCrls } = store;
      expect(await heldCrls.put(base)).toBe('held');
      expect(await heldCrls.put({ ...base, fetchedAt: at(3) })).toBe('same');
      const older = { ...base, der: utf8('0'), crlNumber: 1n, thisUpdate: at(50) };
      expect(await heldCrls.put(older)).toBe('older');
      const newer = { ...base, der: utf8('newer'), crlNumber: 2n ** 130n + 1n };
      expect(await heldCrls.put(newer)).toBe('held');
      expect(await heldCrls.put({ ...older, identity: 'delta' })).toBe('held');
      const again = await reopen();
      expect(await again.heldCrls.get('base')).toStrictEqual({ ...newer, octets: 5 });
      const { der: _der, ...summary } = newer;
      expect(await again.heldCrls.ofIssuer(base.issuer)).toMatchObject([
        { ...summary, octets: 5 },
        { identity: 'delta', crlNumber: 1n },
      ]);
      expect(await again.heldCrls.ofIssuer(random.bytes(4))).toStrictEqual([]);
    });

    it('come again as they were when an operator forgets the newer one', async () => {
      const { store } = await make();
      const { nextUpdate: _next, crlNumber: _number, ...bare } = base;
      await store.heldCrls.put({ ...bare, thisUpdate: at(9) });
      expect(await store.heldCrls.put({ ...bare, der: utf8('x') })).toBe('older');
      expect(await store.heldCrls.remove('base')).toBe(true);
      expect(await store.heldCrls.remove('base')).toBe(false);
      expect(await store.heldCrls.put({ ...bare, der: utf8('x') })).toBe('held');
      expect(await store.heldCrls.list()).toHaveLength(1);
    });
  });

  describe('CRL sources', () => {
    it('are due in the order of their times, and keep what went wrong', async () => {
      const { store, reopen } = await make();
      const late = { url: 'http://b/', origin: 'configured', nextAt: at(5), failures: 0 } as const;
      const later = {
        url: 'http://a/',
        origin: 'configured',
        identity: 'base',
        form: 'pem',
        etag: '"v1"',
        lastModified: 'Sat, 21 Nov 2026 00:00:00 GMT',
        fetchedAt: at(1),
        nextAt: at(6),
        failures: 2,
        code: 'timeout',
        error: 'it took too long',
      } as const;
      const waiting = { url: 'http://c/', origin: 'certificate', failures: 1 } as const;
      expect(await store.crlSources.nextAt()).toBeUndefined();
      for (const source of [waiting, later, late]) await store.crlSources.put(source);
      const again = await reopen();
      expect(await again.crlSources.nextAt()).toStrictEqual(at(5));
      expect(await again.crlSources.due(at(4), 9)).toStrictEqual([]);
      expect(await again.crlSources.due(at(6), 9)).toStrictEqual([late, later]);
      expect(await again.crlSources.due(at(6), 1)).toStrictEqual([late]);
      expect(await again.crlSources.list()).toStrictEqual([later, late, waiting]);
      await again.crlSources.put({ ...late, url: later.url });
      expect(await again.crlSources.get(later.url)).toStrictEqual({ ...late, url: later.url });
      expect(await again.crlSources.remove(later.url)).toBe(true);
      expect(await again.crlSources.remove(later.url)).toBe(false);
    });
  });
}
