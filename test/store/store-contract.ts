import { describe, expect, it } from 'vitest';

import type { LifecycleEvent } from '../../src/base/events.ts';
import type { CertificateRecord, Store } from '../../src/store/store.ts';
import { auditContract } from './audit-contract.ts';
import { authoritiesContract } from './authorities-contract.ts';
import { crlsContract } from './crls-contract.ts';
import { deploymentsContract } from './deployments-contract.ts';
import { entriesContract } from './entries-contract.ts';
import { ipsecContract } from './ipsec-contract.ts';
import { leasesContract } from './leases-contract.ts';
import { listingContract } from './listing-contract.ts';
import { notificationsContract } from './notifications-contract.ts';
import { revocationContract } from './revocation-contract.ts';
import { at, context, counters, granted, imported } from './sample.ts';
import { named, newKey, newTransaction, random } from './sample.ts';
import { scheduleContract } from './schedule-contract.ts';
import { staplesContract } from './staples-contract.ts';
import { validationContract } from './validation-contract.ts';
import { validationWatchContract } from './validation-watch-contract.ts';
import { transactionsContract } from './transactions-contract.ts';
import { versionsContract } from './versions-contract.ts';

/**
 * What every implementation of `Store` does.
 *
 * @param make opens an empty store
 */
export function storeContract(make: () => Promise<StoreUnderTest>): void {
  transactionsContract(make);
  revocationContract(make);
  authoritiesContract(make);
  crlsContract(make);
  leasesContract(make);
  listingContract(make);
  deploymentsContract(make);
  entriesContract(make);
  versionsContract(make);
  auditContract(make);
  scheduleContract(make);
  staplesContract(make);
  ipsecContract(make);
  notificationsContract(make);
  validationContract(make);
  validationWatchContract(make);

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

  describe('keys', () => {
    it('may stay in a token: then their place is known, and nothing of them is here', async () => {
      const { store } = await make();
      const spki = random.bytes(91);
      const tokenUri = 'pkcs11:token=t1;object=gw1;type=private';
      const opened = await store.transactions.open(newTransaction({ key: { spki, tokenUri } }), []);
      const keyId = opened.keyId ?? 0;
      expect(await store.keys.publicKey(keyId)).toMatchObject({ spki, tokenUri });
      expect(await store.keys.findBySpki(spki)).toMatchObject({ id: keyId, tokenUri });
      await expect(store.keys.privateKey(keyId)).rejects.toMatchObject({ code: 'KEY_UNUSABLE' });

      const here = await store.transactions.open(newTransaction({ name: named('gw2') }), []);
      expect(await store.keys.publicKey(here.keyId ?? 0)).not.toHaveProperty('tokenUri');
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

    it('say when each number was last added to, and how long the CA took to decide', async () => {
      const { store } = await make();
      await granted(store, 'gw1');
      const slow = await store.transactions.open(newTransaction({ name: named('gw2') }), []);
      await store.transactions.finish(slow, { type: 'rejected', text: 'No' }, at(30), []);
      const lost = await store.transactions.open(newTransaction({ name: named('gw3') }), []);
      await store.transactions.finish(lost, { type: 'failed', text: 'No answer' }, at(3000), []);
      await store.transactions.open(newTransaction({ name: named('gw4') }), []);
      await store.transactions.clear('gw4', at(4000), []);

      const read = await store.statistics.read();
      expect(read.durations).toStrictEqual([
        { ca: 'lab', operation: 'ir', count: 2, totalMs: 39_000, minMs: 9000, maxMs: 30_000 },
      ]);
      const lastAt = read.counters.map((each) => [each.counter, each.lastAt]);
      expect(lastAt).toContainEqual(['transaction.ir.opened', at(0)]);
      expect(lastAt).toContainEqual(['transaction.ir.rejected', at(30)]);
    });

    it('take in an exchange that was over before it was written, in one write', async () => {
      const { store } = await make();
      const exchange = {
        transactionID: 'ab01',
        operation: 'genm',
        name: named('lab'),
        ca: named('lab'),
        openedAt: at(1),
        closedAt: at(3),
      } as const;
      const says = { at: at(3), name: 'lab', ca: 'lab', transactionID: 'ab01' };
      await store.history.record({ ...exchange, result: 'granted' }, [
        { ...says, type: 'sent', body: 'genm' },
        { ...says, type: 'received', body: 'genp' },
      ]);
      const refused = { ...exchange, transactionID: 'ab02', result: 'rejected' } as const;
      await store.history.record({ ...refused, text: 'No', failInfo: ['badRequest'] }, []);

      expect(await store.history.list()).toStrictEqual([
        { ...refused, text: 'No', failInfo: ['badRequest'] },
        { ...exchange, result: 'granted' },
      ]);
      expect(await store.transactions.outstanding()).toStrictEqual([]);
      expect(await counters(store)).toStrictEqual({
        'received.genp': 1,
        'sent.genm': 1,
        'transaction.genm.granted': 1,
        'transaction.genm.opened': 2,
        'transaction.genm.rejected': 1,
      });
    });

    it('count what changes nothing else that is stored', async () => {
      const { store } = await make();
      const event = { at: at(5), name: 'gw1', ca: 'rootA', transactionID: '' };
      await store.statistics.record([
        { ...event, type: 'served', node: 'dns:gw2.example', withKey: true },
        { ...event, type: 'served', node: 'dns:gw2.example', withKey: false },
      ]);
      expect((await store.statistics.read()).counters).toStrictEqual([
        { ca: 'rootA', counter: 'served.with-key', value: 1, lastAt: at(5) },
        { ca: 'rootA', counter: 'served.without-key', value: 1, lastAt: at(5) },
      ]);
    });

    it('start again from zero when the statistics are cleared', async () => {
      const { store } = await make();
      expect(await store.statistics.read()).toStrictEqual({ counters: [], durations: [] });
      await granted(store, 'gw1');
      await store.statistics.clear(at(100));

      expect(await store.statistics.read()).toStrictEqual({
        since: at(100),
        counters: [],
        durations: [],
      });
    });

    it('keep as many closed transactions as the setting says, and all outstanding ones', async () => {
      const { store } = await make();
      await store.settings.set('history-limit', '2');
      await store.transactions.open(newTransaction({ name: named('old') }), []);
      for (const name of ['a', 'b', 'c', 'd']) await granted(store, name);

      const names = (await store.history.list()).map((record) => record.name);
      expect(names).toStrictEqual(['d', 'c', 'old']);
      expect(await store.history.list(1)).toHaveLength(1);
      for (const name of new Set(names)) {
        const newest = (await store.history.list()).find((record) => record.name === name);
        expect(await store.history.last(name)).toStrictEqual(newest);
      }
      expect(await store.history.last('nobody')).toBeUndefined();
    });

    it('keep what is last of a name of which something fails, over the limit as well', async () => {
      const { store } = await make();
      await store.settings.set('history-limit', '1');
      for (const name of ['a', 'a', 'b']) await granted(store, name);
      await granted(store, 'failing');
      await store.schedule.failed(named('failing'), {
        job: 'update',
        kind: 'failing',
        at: at(1),
        code: 'CMP_REJECTED',
        text: 'No',
      });
      for (const name of ['c', 'd']) await granted(store, name);
      const names = (await store.history.list()).map((record) => record.name);
      expect(names).toStrictEqual(['d', 'failing']);
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
