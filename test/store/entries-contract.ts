import { describe, expect, it } from 'vitest';

import type { CaCertificateRecord, KeyRequests } from '../../src/store/entries-contract.ts';
import type { NewKeyPair } from '../../src/store/keys-contract.ts';
import { at, coded, granted, imported, named, newKey, newTransaction, random } from './sample.ts';
import type { StoreUnderTest } from './store-contract.ts';

/** What every store does with labelled CA certificates, key requests, and settings of a name. */
export function entriesContract(make: () => Promise<StoreUnderTest>): void {
  describe('CA certificates', () => {
    it('are found by label and by subject', async () => {
      const { store } = await make();
      const [b, a] = [record('b'), record('a')];
      await store.caCertificates.put(b, false);
      await store.caCertificates.put(a, false);
      expect(await store.caCertificates.get('b')).toStrictEqual(b);
      expect(await store.caCertificates.get('c')).toBeUndefined();
      expect(await store.caCertificates.list()).toStrictEqual([a, b]);
      expect(await store.caCertificates.findBySubject(a.subject)).toStrictEqual([a, b]);
      expect(await store.caCertificates.findBySubject(Uint8Array.of(1))).toStrictEqual([]);
    });

    it('give way to another of the same label only when told to', async () => {
      const { store } = await make();
      const first = record('a');
      expect(await store.caCertificates.put(first, false)).toBe(true);
      expect(await store.caCertificates.put({ ...first, createdAt: at(9) }, false)).toBe(false);
      const other = record('a');
      await expect(store.caCertificates.put(other, false)).rejects.toThrow(
        expect.objectContaining(coded('CERT_EXISTS')),
      );
      expect(await store.caCertificates.list()).toStrictEqual([first]);
      expect(await store.caCertificates.put(other, true)).toBe(true);
      expect(await store.caCertificates.list()).toStrictEqual([other]);
    });

    it('are removed by label', async () => {
      const { store } = await make();
      await store.caCertificates.put(record('a'), false);
      expect(await store.caCertificates.remove('a')).toBe(true);
      expect(await store.caCertificates.remove('a')).toBe(false);
      expect(await store.caCertificates.list()).toStrictEqual([]);
    });
  });

  describe('a key request', () => {
    it('keeps its key, sealed, beside what is to be signed', async () => {
      const { store } = await make();
      const wanted = request();
      const put = await store.keyRequests.put(wanted, false);
      expect(await store.keyRequests.get('gw1')).toStrictEqual(put);
      expect(put).toMatchObject({ name: 'gw1', request: wanted.request, createdAt: at(4) });
      expect(await store.keys.privateKey(put.keyId)).toStrictEqual(wanted.key.pkcs8);
    });

    it('is replaced only when told to, and the key of the first one stays', async () => {
      const { store } = await make();
      const first = await store.keyRequests.put(request(), false);
      await expect(store.keyRequests.put(request(), false)).rejects.toThrow(
        expect.objectContaining(coded('STORE_CONFLICT')),
      );
      expect(await store.keyRequests.list()).toStrictEqual([first]);
      const second = await store.keyRequests.put(request(), true);
      expect(await store.keyRequests.list()).toStrictEqual([second]);
      expect(await store.keys.publicKey(first.keyId)).toMatchObject({ id: first.keyId });
    });

    it('is over with the import of a certificate for its key', async () => {
      const { store } = await make();
      const { keyId } = await store.keyRequests.put(request(), false);
      const certificate = await store.certificates.import({
        name: named('gw1'),
        der: random.bytes(60),
        chain: [],
        key: { id: keyId },
        source: 'import',
        at: at(5),
      });
      expect(certificate).toMatchObject({ keyId, status: 'current' });
      expect(await store.keyRequests.list()).toStrictEqual([]);
    });

    it('outlives the import of a certificate for another key', async () => {
      const { store } = await make();
      await store.keyRequests.put(request(), false);
      await imported(store, 'gw1');
      expect(await store.keyRequests.list()).toHaveLength(1);
    });
  });

  describe('settings of a name', () => {
    it('are those of that name', async () => {
      const { store } = await make();
      await store.nameSettings.set(named('gw1'), 'key', 'reuse');
      expect(await store.nameSettings.get('gw1', 'key')).toBe('reuse');
      expect(await store.nameSettings.get('gw2', 'key')).toBeUndefined();
      expect(await store.nameSettings.get('gw1', 'renew-by')).toBeUndefined();
      await store.nameSettings.set(named('gw1'), 'auto-update-days', '30');
      expect(await store.nameSettings.of('gw1')).toStrictEqual(
        new Map([
          ['auto-update-days', '30'],
          ['key', 'reuse'],
        ]),
      );
      expect(await store.nameSettings.of('gw2')).toStrictEqual(new Map());
      await store.nameSettings.remove('gw1', 'auto-update-days');
      expect(await store.nameSettings.names()).toStrictEqual(['gw1']);
      expect(await store.nameSettings.remove('gw1', 'key')).toBe(true);
      expect(await store.nameSettings.names()).toStrictEqual([]);
      expect(await store.nameSettings.remove('gw1', 'key')).toBe(false);
    });

    it('are found by what is set, in order, and no more of them than are asked for', async () => {
      const { store } = await make();
      for (const name of ['gw3', 'gw1', 'gw2'])
        await store.nameSettings.set(named(name), 'key', name === 'gw2' ? 'new' : 'reuse');
      await store.nameSettings.set(named('gw4'), 'auto-update-days', '30');
      const all = new Map(Object.entries({ gw1: 'reuse', gw2: 'new', gw3: 'reuse' }));
      expect([...(await store.nameSettings.having('key'))]).toStrictEqual([...all]);
      expect([...(await store.nameSettings.having('key', 2))]).toStrictEqual([...all].slice(0, 2));
      expect(await store.nameSettings.having('fetch-as')).toStrictEqual(new Map());
    });

    it('tell how to renew until a renewal was granted', async () => {
      const { store } = await make();
      await granted(store, 'gw1');
      await store.nameSettings.set(named('gw1'), 'key', 'reuse');
      await store.nameSettings.set(named('gw1'), 'renew-by', 'cr');
      const opened = await store.transactions.open(newTransaction(), []);
      await store.transactions.finish(opened, { type: 'rejected', text: 'no' }, at(6), []);
      expect(await store.nameSettings.get('gw1', 'renew-by')).toBe('cr');
      await granted(store, 'gw1');
      expect(await store.nameSettings.get('gw1', 'renew-by')).toBeUndefined();
      expect(await store.nameSettings.get('gw1', 'key')).toBe('reuse');
    });
  });
}

function record(label: string): CaCertificateRecord {
  return {
    label: named(label),
    der: random.bytes(50),
    subject: Uint8Array.of(0x30, 1),
    createdAt: at(3),
  };
}

function request(): Parameters<KeyRequests['put']>[0] & { readonly key: NewKeyPair } {
  return { name: named('gw1'), key: newKey(), request: random.bytes(70), at: at(4) };
}
