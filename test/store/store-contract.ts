import { describe, expect, it } from 'vitest';

import type { LifecycleEvent } from '../../src/base/events.ts';
import type { CertificateRecord, Store } from '../../src/store/store.ts';
import { leasesContract } from './leases-contract.ts';
import { at, bareProfile, context, counters, granted, imported } from './sample.ts';
import { named, newKey, newTransaction, profile, random } from './sample.ts';
import { transactionsContract } from './transactions-contract.ts';

/**
 * What every implementation of `Store` does.
 *
 * @param make opens an empty store
 */
export function storeContract(make: () => Promise<StoreUnderTest>): void {
  transactionsContract(make);
  leasesContract(make);

  describe('authorities', () => {
    it('give back a profile with every field as it was put', async () => {
      const { store } = await make();
      const full = profile();
      const bare = bareProfile();

      await store.authorities.put(full);
      await store.authorities.put(bare);

      expect(await store.authorities.get('lab')).toStrictEqual(full);
      expect(await store.authorities.list()).toStrictEqual([bare, full]);
      expect(await store.authorities.get('none')).toBeUndefined();
    });

    it('keep the secret of a profile that is put again without one, and remove it for null', async () => {
      const { store } = await make();
      const secret = random.bytes(20);
      await store.authorities.put(profile(), secret);
      await store.authorities.put(profile({ url: 'http://other.example/', roots: [] }));

      expect((await store.authorities.get('lab'))?.roots).toStrictEqual([]);
      expect(await store.authorities.secret('lab')).toStrictEqual(secret);

      await store.authorities.put(profile(), null);
      expect(await store.authorities.secret('lab')).toBeUndefined();
    });

    it('remove a profile with its certificates and secret', async () => {
      const { store } = await make();
      await store.authorities.put(profile(), random.bytes(20));

      expect(await store.authorities.remove('lab')).toBe(true);
      expect(await store.authorities.remove('lab')).toBe(false);
      await store.authorities.put(profile({ roots: [] }));
      expect((await store.authorities.get('lab'))?.roots).toStrictEqual([]);
      expect(await store.authorities.secret('lab')).toBeUndefined();
    });
  });

  describe('certificates', () => {
    it('are pending until they are delivered, and tell why a delivery failed', async () => {
      const { store } = await make();
      await imported(store, 'vendor');
      const { id } = await granted(store, 'gw1');
      const other = await granted(store, 'gw2');
      expect(await ids(store.certificates.pendingDelivery())).toStrictEqual([id, other.id]);
      expect(await ids(store.certificates.pendingDelivery('gw1'))).toStrictEqual([id]);

      await store.certificates.deliveryFailed(id, 'No space', at(10), []);
      expect(await store.certificates.pendingDelivery('gw1')).toMatchObject([
        { deliveryError: 'No space' },
      ]);

      await store.certificates.markDelivered(id, '/etc/pki', at(11), []);
      expect(await ids(store.certificates.pendingDelivery())).toStrictEqual([other.id]);
      const delivered = await store.certificates.get(id);
      expect(delivered).toMatchObject({ deliveredAt: at(11), directory: '/etc/pki' });
      expect(delivered).not.toHaveProperty('deliveryError');
    });

    it('can be imported with and without a key, each import as the next version', async () => {
      const { store } = await make();
      const key = newKey();
      const first = await imported(store, 'vendor');
      const second = await store.certificates.import({
        name: named('vendor'),
        der: random.bytes(60),
        chain: [random.bytes(61)],
        key,
        source: 'import',
        at: at(5),
      });

      expect(first).not.toHaveProperty('keyId');
      expect(second).toMatchObject({ version: 2, status: 'current', source: 'import' });
      expect(second.createdAt).toStrictEqual(at(5));
      expect(await store.keys.privateKey(second.keyId ?? 0)).toStrictEqual(key.pkcs8);
      expect(await store.certificates.get(first.id)).toMatchObject({ status: 'superseded' });
    });
  });

  describe('history and statistics', () => {
    it('are written with the change, and count what the events say', async () => {
      const { store } = await make();
      const wanted = newTransaction();
      const says = context(wanted);
      const events: LifecycleEvent[] = [
        { ...says, type: 'requested', operation: 'ir' },
        { ...says, type: 'sent', body: 'ir' },
      ];
      const opened = await store.transactions.open(wanted, events);
      expect(await store.history.list()).toStrictEqual([
        {
          transactionID: says.transactionID,
          operation: 'ir',
          name: 'gw1',
          ca: 'lab',
          result: 'outstanding',
          openedAt: at(0),
        },
      ]);

      await store.transactions.finish(opened, { type: 'rejected', text: 'No such device' }, at(9), [
        { ...says, type: 'received', body: 'ip', status: 'rejection', failInfo: ['badPOP'] },
        { ...says, type: 'rejected', text: 'No such device', failInfo: ['badPOP'] },
      ]);
      expect(await store.history.list()).toMatchObject([
        { result: 'rejected', closedAt: at(9), text: 'No such device', failInfo: ['badPOP'] },
      ]);
      expect((await store.statistics.read()).since).toStrictEqual(at(0));
      expect(await counters(store)).toStrictEqual({
        'failInfo.badPOP': 1,
        'received.ip': 1,
        'sent.ir': 1,
        'status.rejection': 1,
        'transaction.ir.opened': 1,
        'transaction.ir.rejected': 1,
      });
    });

    it('say nothing of a change that was refused', async () => {
      const { store } = await make();
      const wanted = newTransaction();
      await store.transactions.open(wanted, []);
      const before = await counters(store);

      const event = { ...context(wanted), type: 'sent', body: 'ir' } as const;
      await expect(store.transactions.open(newTransaction(), [event])).rejects.toThrow('gw1');
      expect(await counters(store)).toStrictEqual(before);
    });

    it('start again from zero when the statistics are cleared', async () => {
      const { store } = await make();
      expect(await store.statistics.read()).toStrictEqual({ counters: [] });
      await granted(store, 'gw1');
      await store.statistics.clear(at(100));

      expect(await store.statistics.read()).toStrictEqual({ since: at(100), counters: [] });
    });

    it('keep as many closed transactions as the setting says, and all outstanding ones', async () => {
      const { store } = await make();
      await store.settings.set('history-limit', '2');
      await store.transactions.open(newTransaction({ name: named('old') }), []);
      for (const name of ['a', 'b', 'c', 'd']) await granted(store, name);

      const names = (await store.history.list()).map((record) => record.name);
      expect(names).toStrictEqual(['d', 'c', 'old']);
      expect(await store.history.list(1)).toHaveLength(1);
    });
  });

  describe('settings', () => {
    it('are text by key', async () => {
      const { store } = await make();
      await store.settings.set('b', '1');
      await store.settings.set('a', '2');
      await store.settings.set('b', '3');

      expect(await store.settings.get('b')).toBe('3');
      expect([...(await store.settings.list())]).toStrictEqual([
        ['a', '2'],
        ['b', '3'],
      ]);
      expect(await store.settings.remove('b')).toBe(true);
      expect(await store.settings.remove('b')).toBe(false);
      expect(await store.settings.get('b')).toBeUndefined();
    });
  });
}

/** A store and a way to open it once more, as another process would. */
export interface StoreUnderTest {
  readonly store: Store;
  reopen(): Promise<Store>;
}

async function ids(records: Promise<readonly CertificateRecord[]>): Promise<readonly number[]> {
  return (await records).map((record) => record.id);
}
