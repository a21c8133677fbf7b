import { describe, expect, it } from 'vitest';

import { at, counters, granted, imported, named } from './sample.ts';
import { newKey, newTransaction, random } from './sample.ts';
import type { StoreUnderTest } from './store-contract.ts';

/** The part of `storeContract` that is about transactions without a key of their own, and what they end in. */
export function revocationContract(make: () => Promise<StoreUnderTest>): void {
  describe('a transaction without a key', () => {
    it('is stored without one, and its certificate too', async () => {
      const { store, reopen } = await make();
      const { key: _, ...keyless } = newTransaction({ operation: 'p10cr' });
      const opened = await store.transactions.open(keyless, []);
      expect(opened).not.toHaveProperty('keyId');
      expect(await (await reopen()).transactions.outstanding()).toStrictEqual([opened]);

      const staged = { der: random.bytes(70), chain: [] };
      const change = { phase: 'confirming', state: Uint8Array.of(1), staged };
      const advanced = await store.transactions.advance(opened, change, []);
      const issued = await store.transactions.finish(advanced, { type: 'granted' }, at(9), []);
      expect(issued).toMatchObject({ status: 'current', version: 1 });
      expect(issued).not.toHaveProperty('keyId');
    });

    it('gets the key that comes with the certificate in the same write', async () => {
      const { store, reopen } = await make();
      const { key: _, ...keyless } = newTransaction();
      const opened = await store.transactions.open(keyless, []);
      const key = newKey();
      const staged = { der: random.bytes(70), chain: [], key };
      const change = { phase: 'confirming', state: Uint8Array.of(1), staged };
      const advanced = await store.transactions.advance(opened, change, []);

      const again = await reopen();
      const stored = await again.keys.findBySpki(key.spki);
      expect(stored).toBeDefined();
      expect(advanced.keyId).toBe(stored?.id);
      expect(await again.keys.privateKey(stored?.id ?? 0)).toStrictEqual(key.pkcs8);
      const issued = await again.transactions.finish(advanced, { type: 'granted' }, at(9), []);
      expect(issued?.keyId).toBe(stored?.id);
    });

    it('takes the key of what is staged in place of a certificate that came before', async () => {
      const { store } = await make();
      const { key: _, ...keyless } = newTransaction();
      let record = await store.transactions.open(keyless, []);
      const keys = [newKey(), newKey()] as const;
      for (const key of keys) {
        const staged = { der: random.bytes(70), chain: [], key };
        const change = { phase: 'confirming', state: Uint8Array.of(1), staged };
        record = await store.transactions.advance(record, change, []);
      }

      const issued = await store.transactions.finish(record, { type: 'granted' }, at(9), []);
      expect((await store.keys.publicKey(issued?.keyId ?? 0)).spki).toStrictEqual(keys[1].spki);
    });
  });

  describe('a revocation', () => {
    it('marks the certificate and closes the transaction in one write', async () => {
      const { store, reopen } = await make();
      const { id } = await granted(store, 'gw1');
      const opened = await store.transactions.open(revocation(id), []);
      const outcome = { type: 'revoked', certificateId: id, reason: 'superseded' } as const;
      await store.transactions.finish(opened, { ...outcome, text: 'Done' }, at(50), []);

      const again = await reopen();
      expect(await again.transactions.outstanding()).toStrictEqual([]);
      expect(await again.certificates.get(id)).toMatchObject({
        status: 'revoked',
        version: 1,
        revokedAt: at(50),
        revocationReason: 'superseded',
      });
      expect((await again.history.list())[0]).toMatchObject({
        operation: 'rr',
        result: 'revoked',
        text: 'Done',
        closedAt: at(50),
      });
      expect(await counters(again)).toMatchObject({ 'transaction.rr.revoked': 1 });
    });

    it('leaves its name without a current certificate, and what was revoked as its latest', async () => {
      const { store } = await make();
      const { id } = await granted(store, 'gw1');
      const other = await imported(store, 'vendor');
      const opened = await store.transactions.open(revocation(id), []);
      await store.transactions.finish(opened, { type: 'revoked', certificateId: id }, at(50), []);

      expect(await store.certificates.current('gw1')).toBeUndefined();
      expect(await store.certificates.pendingDelivery('gw1')).toStrictEqual([]);
      const latest = await store.certificates.latest('gw1');
      expect(latest).toMatchObject({ id, status: 'revoked' });
      expect(latest).not.toHaveProperty('revocationReason');
      expect(await store.certificates.list()).toStrictEqual([latest, other]);

      const next = await granted(store, 'gw1');
      expect(next).toMatchObject({ status: 'current', version: 2 });
      expect(await store.certificates.latest('gw1')).toStrictEqual(next);
      expect(await store.certificates.list()).toStrictEqual([next, other]);
    });

    it('of an old version leaves the current one current', async () => {
      const { store } = await make();
      const old = await granted(store, 'gw1');
      const current = await granted(store, 'gw1');
      const opened = await store.transactions.open(revocation(old.id), []);
      const outcome = { type: 'revoked', certificateId: old.id } as const;
      await store.transactions.finish(opened, outcome, at(50), []);

      expect(await store.certificates.get(old.id)).toMatchObject({ status: 'revoked' });
      expect(await store.certificates.current('gw1')).toStrictEqual(current);
      expect(await store.certificates.list()).toStrictEqual([current]);
    });

    it('keeps when and why a certificate was revoked first', async () => {
      const { store } = await make();
      const { id } = await granted(store, 'gw1');
      for (const [seconds, reason] of [
        [50, 'keyCompromise'],
        [60, 'superseded'],
      ] as const) {
        const opened = await store.transactions.open(revocation(id), []);
        const outcome = { type: 'revoked', certificateId: id, reason } as const;
        await store.transactions.finish(opened, outcome, at(seconds), []);
      }
      expect(await store.certificates.get(id)).toMatchObject({
        revokedAt: at(50),
        revocationReason: 'keyCompromise',
      });
    });

    it('of a certificate that is not ours is in the history only', async () => {
      const { store } = await make();
      const { key: _, ...keyless } = newTransaction({ operation: 'rr' });
      const opened = await store.transactions.open(keyless, []);
      await store.transactions.finish(opened, { type: 'revoked' }, at(50), []);

      expect(await store.certificates.list({ all: true })).toStrictEqual([]);
      const [line] = await store.history.list();
      expect(line).toMatchObject({ result: 'revoked' });
      expect(line).not.toHaveProperty('text');
    });
  });
}

function revocation(certificateId: number) {
  const { key: _, ...keyless } = newTransaction({
    name: named('gw1'),
    operation: 'rr',
    credential: { type: 'signature', certificateId },
    previousCertificateId: certificateId,
  });
  return keyless;
}
