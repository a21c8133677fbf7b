import { describe, expect, it } from 'vitest';

import { toHex, utf8 } from '../../src/base/bytes.ts';
import { at, coded, context, counters, granted, imported, named } from './sample.ts';
import { newKey, newTransaction, random, staged } from './sample.ts';
import type { StoreUnderTest } from './store-contract.ts';

/** The part of `storeContract` that is about transactions. */
export function transactionsContract(make: () => Promise<StoreUnderTest>): void {
  describe('transactions.overview()', () => {
    it('gives what stands open of them, without what is sealed of them', async () => {
      const { store } = await make();
      const {
        state: _state,
        outgoing: _outgoing,
        ...open
      } = await store.transactions.open(newTransaction(), []);
      await store.transactions.open(newTransaction({ name: named('gw2') }), []);

      expect(await store.transactions.overview('gw1')).toStrictEqual([open]);
      expect(await store.transactions.overview()).toHaveLength(2);
      expect(await store.transactions.overview('none')).toStrictEqual([]);
    });
  });

  describe('transactions.open()', () => {
    it('stores the key and the transaction, which another process finds whole', async () => {
      const { store, reopen } = await make();
      const key = newKey();
      const secret = random.bytes(16);
      const wanted = newTransaction({
        key,
        credential: { type: 'mac', reference: 'device-1', secret },
      });
      const opened = await store.transactions.open(wanted, []);
      const again = await reopen();

      expect(await again.transactions.outstanding()).toStrictEqual([opened]);
      const { key: _key, credential: _credential, ...plain } = wanted;
      expect(opened).toStrictEqual({
        ...plain,
        id: opened.id,
        revision: 1,
        keyId: opened.keyId,
        credentialType: 'mac',
        polls: 0,
      });
      expect(await again.keys.publicKey(opened.keyId ?? 0)).toStrictEqual({
        id: opened.keyId,
        spki: key.spki,
        createdAt: at(0),
      });
      expect(await again.keys.privateKey(opened.keyId ?? 0)).toStrictEqual(key.pkcs8);
      expect(await again.transactions.credential(opened.id)).toStrictEqual({
        type: 'mac',
        reference: 'device-1',
        secret,
      });
    });

    it('gives octets that are plain Uint8Arrays and nobody else’s', async () => {
      const { store } = await make();
      const opened = await store.transactions.open(newTransaction(), []);
      const first = await store.transactions.get(opened.id);
      first?.state.fill(0);

      const second = await store.transactions.get(opened.id);
      expect(second?.state).toStrictEqual(opened.state);
      expect(Object.getPrototypeOf(second?.state)).toBe(Uint8Array.prototype);
    });

    it('refuses a second outstanding transaction of a name, and keeps nothing of it', async () => {
      const { store } = await make();
      const key = newKey();
      await store.transactions.open(newTransaction(), []);

      await expect(
        store.transactions.open(newTransaction({ key, operation: 'cr' }), []),
      ).rejects.toMatchObject({ ...coded('TRANSACTION_OUTSTANDING'), hint: expect.any(String) });
      expect(await store.keys.findBySpki(key.spki)).toBeUndefined();
      expect(await store.history.list()).toHaveLength(1);
    });

    it('takes a stored key by id, and a new one that is stored already as the stored one', async () => {
      const { store } = await make();
      const key = newKey();
      const first = await store.transactions.open(newTransaction({ key }), []);
      const second = await store.transactions.open(
        newTransaction({ name: named('gw2'), key: { id: first.keyId ?? 0 } }),
        [],
      );
      const third = await store.transactions.open(newTransaction({ name: named('gw3'), key }), []);

      expect([second.keyId, third.keyId]).toStrictEqual([first.keyId, first.keyId]);
      expect((await store.keys.findBySpki(key.spki))?.id).toBe(first.keyId);
    });

    it('remembers the OLD certificate, by which the transaction is found', async () => {
      const { store } = await make();
      const old = await imported(store, 'vendor');
      const opened = await store.transactions.open(
        newTransaction({
          operation: 'cr',
          credential: { type: 'signature', certificateId: old.id },
          previousCertificateId: old.id,
        }),
        [],
      );

      expect(opened).toMatchObject({ previousCertificateId: old.id, previousName: 'vendor' });
      expect(await store.transactions.outstandingFrom('vendor')).toStrictEqual([opened]);
      expect(await store.transactions.outstandingFrom('gw1')).toStrictEqual([]);
      expect(await store.transactions.outstanding('gw1')).toStrictEqual([opened]);
      expect(await store.transactions.outstanding('vendor')).toStrictEqual([]);
      expect(await store.transactions.credential(opened.id)).toStrictEqual({
        type: 'signature',
        certificateId: old.id,
      });
    });
  });

  describe('transactions.advance()', () => {
    it('replaces the state, and keeps what is not given except what is to be sent', async () => {
      const { store } = await make();
      const opened = await store.transactions.open(newTransaction(), []);
      const waiting = await store.transactions.advance(
        opened,
        {
          phase: 'waiting',
          state: Uint8Array.of(1),
          nextAt: at(60),
          waitingSince: at(30),
          text: 'Later',
          polls: 2,
          deadline: at(90_000),
        },
        [],
      );
      const polled = await store.transactions.advance(
        waiting,
        { phase: 'polled', state: Uint8Array.of(2), outgoing: Uint8Array.of(3) },
        [],
      );

      expect(waiting).toMatchObject({ revision: 2, nextAt: at(60), waitingSince: at(30) });
      expect(waiting).toMatchObject({ text: 'Later', polls: 2 });
      expect(waiting).not.toHaveProperty('outgoing');
      expect(polled).toMatchObject({
        revision: 3,
        phase: 'polled',
        outgoing: Uint8Array.of(3),
        text: 'Later',
        polls: 2,
        deadline: at(90_000),
      });
      expect(polled).not.toHaveProperty('nextAt');
      expect(polled).not.toHaveProperty('waitingSince');
      expect(await store.transactions.get(opened.id)).toStrictEqual(polled);
    });

    it('refuses a writer whose state is not the newest, naming the transaction', async () => {
      const { store, reopen } = await make();
      const opened = await store.transactions.open(newTransaction(), []);
      const other = await reopen();
      const change = { phase: 'waiting', state: Uint8Array.of(1) };
      const newest = await other.transactions.advance(opened, change, []);

      const late = store.transactions.advance(opened, { ...change, phase: 'late' }, []);
      await expect(late).rejects.toMatchObject({
        ...coded('STORE_CONFLICT'),
        message: expect.stringContaining('"gw1"'),
        transactionID: toHex(opened.transactionID),
      });
      await expect(
        store.transactions.finish(opened, { type: 'failed', text: 'late' }, at(9), []),
      ).rejects.toMatchObject(coded('STORE_CONFLICT'));
      expect(await store.transactions.get(opened.id)).toStrictEqual(newest);
    });

    it('stages the certificate, and puts a second one in its place', async () => {
      const { store } = await make();
      const opened = await store.transactions.open(newTransaction(), []);
      const first = await staged(store, opened, [random.bytes(50), random.bytes(51)]);
      const second = await staged(store, first, [random.bytes(52)]);
      const stored = await store.certificates.get(second.stagedCertificateId ?? 0);

      expect(second.stagedCertificateId).toBe(first.stagedCertificateId);
      expect(stored).toMatchObject({ name: 'gw1', version: 0, status: 'staged', source: 'cmp' });
      expect(stored?.chain).toHaveLength(1);
      expect(await store.certificates.current('gw1')).toBeUndefined();
      expect(await store.certificates.list()).toStrictEqual([]);
    });
  });

  describe('transactions.finish()', () => {
    it('makes the staged certificate current and supersedes the one before it', async () => {
      const { store } = await make();
      const chain = [random.bytes(50), random.bytes(51)];
      const first = await granted(store, 'gw1', chain);
      const second = await granted(store, 'gw1', chain);

      expect(first).toMatchObject({ version: 1, status: 'current', ca: 'lab', chain });
      expect(second).toMatchObject({ version: 2, status: 'current' });
      expect(await store.certificates.current('gw1')).toStrictEqual(second);
      expect(await store.certificates.versions('gw1')).toStrictEqual([
        second,
        { ...first, status: 'superseded' },
      ]);
      expect(await store.certificates.list()).toStrictEqual([second]);
      expect(await store.certificates.list({ all: true })).toHaveLength(2);
      expect(await store.transactions.outstanding()).toStrictEqual([]);
    });

    it('leaves the current certificate in force when the new one is not granted', async () => {
      const { store } = await make();
      const current = await granted(store, 'gw1');
      const statuses = [];
      for (const type of ['refused', 'unconfirmed', 'failed'] as const) {
        const opened = await store.transactions.open(newTransaction(), []);
        const record = await staged(store, opened);
        const outcome = { type, text: 'because' };
        expect(await store.transactions.finish(record, outcome, at(9), [])).toBeUndefined();
        const kept = await store.certificates.get(record.stagedCertificateId ?? 0);
        statuses.push([kept?.status, kept?.version]);
      }

      expect(statuses).toStrictEqual([
        ['refused', 0],
        ['unconfirmed', 0],
        ['unconfirmed', 0],
      ]);
      expect(await store.certificates.current('gw1')).toStrictEqual(current);
      expect((await granted(store, 'gw1'))?.version).toBe(2);
    });

    it('refuses to close a transaction twice', async () => {
      const { store } = await make();
      const record = await staged(store, await store.transactions.open(newTransaction(), []));
      await store.transactions.finish(record, { type: 'granted' }, at(9), []);

      await expect(
        store.transactions.finish(record, { type: 'granted' }, at(9), []),
      ).rejects.toMatchObject(coded('STORE_CONFLICT'));
    });

    it('changes nothing when nothing was staged that could be granted', async () => {
      const { store } = await make();
      const opened = await store.transactions.open(newTransaction(), []);

      await expect(
        store.transactions.finish(opened, { type: 'granted' }, at(9), []),
      ).rejects.toMatchObject(coded('INTERNAL'));
      expect(await store.transactions.outstanding()).toStrictEqual([opened]);
      expect(await store.history.list()).toMatchObject([{ result: 'outstanding' }]);
    });
  });

  describe('transactions.replace()', () => {
    const lost = { type: 'failed', text: 'Not said twice' } as const;

    it('closes one transaction and opens another with its key', async () => {
      const { store } = await make();
      const first = await store.transactions.open(newTransaction(), []);
      const wanted = newTransaction({ key: { id: first.keyId ?? 0 }, openedAt: at(5) });
      const second = await store.transactions.replace(
        first,
        lost,
        at(5),
        [{ ...context(first), type: 'received', body: 'error' }],
        wanted,
        [{ ...context(wanted), type: 'requested', operation: 'ir' }],
      );

      expect(second).toMatchObject({ keyId: first.keyId, transactionID: wanted.transactionID });
      expect(await store.transactions.outstanding()).toStrictEqual([second]);
      expect(await store.history.list()).toMatchObject([
        { transactionID: toHex(wanted.transactionID), result: 'outstanding' },
        { transactionID: toHex(first.transactionID), result: 'failed', text: 'Not said twice' },
      ]);
      expect(await counters(store)).toStrictEqual({
        'received.error': 1,
        'transaction.ir.opened': 2,
        'transaction.ir.failed': 1,
      });
      expect(await store.transactions.credential(second.id)).toStrictEqual(wanted.credential);
    });

    it('changes nothing when the record is not the newest, or another certificate is current', async () => {
      const { store } = await make();
      const first = await store.transactions.open(newTransaction(), []);
      const change = { phase: 'waiting', state: Uint8Array.of(1) };
      const newest = await store.transactions.advance(first, change, []);
      const again = newTransaction();
      const late = { ...again, knownCurrent: { certificateId: 99 } };

      await expect(
        store.transactions.replace(first, lost, at(5), [], again, []),
      ).rejects.toMatchObject(coded('STORE_CONFLICT'));
      await expect(
        store.transactions.replace(newest, lost, at(5), [], late, []),
      ).rejects.toMatchObject(coded('STORE_CONFLICT'));
      expect(await store.transactions.outstanding()).toStrictEqual([newest]);
      expect(await store.history.list()).toMatchObject([{ result: 'outstanding' }]);
    });
  });

  describe('transactions.credential()', () => {
    it('says of a transaction that another process has closed that it did', async () => {
      const { store, reopen } = await make();
      const opened = await store.transactions.open(newTransaction(), []);
      const other = await reopen();
      await other.transactions.finish(opened, { type: 'failed', text: 'late' }, at(9), []);

      await expect(store.transactions.credential(opened.id)).rejects.toMatchObject({
        ...coded('STORE_CONFLICT'),
        message: expect.stringContaining('another process has closed it'),
        hint: expect.stringContaining('show cmp history'),
      });
    });
  });

  describe('texts of others', () => {
    it('are cut at 16 KiB between two characters, and say so', async () => {
      const { store } = await make();
      const short = 'ü'.repeat(8192);
      const long = `a${'ü'.repeat(500_000)}`;
      const advance = async (text: string): Promise<string | undefined> => {
        const opened = await store.transactions.open(newTransaction(), []);
        const change = { phase: 'waiting', state: Uint8Array.of(1), text };
        const record = await store.transactions.advance(opened, change, []);
        await store.transactions.finish(record, { type: 'failed', text }, at(9), []);
        return record.text;
      };

      expect(await advance(short)).toBe(short);
      const kept = (await advance(long)) ?? '';
      expect(utf8(kept).length).toBeGreaterThan(16_380);
      expect(utf8(kept).length).toBeLessThanOrEqual(16_384);
      expect(kept).toMatch(/^aü+… \(cut at 16 KiB\)$/);
      expect((await store.history.list())[0]?.text).toBe(kept);

      const { id } = await granted(store, 'gw2');
      await store.certificates.deliveryFailed(id, long, at(10), []);
      expect((await store.certificates.get(id))?.deliveryError).toBe(kept);
    });
  });

  describe('transactions.clear()', () => {
    it('closes what is outstanding for a name, forgets its history, keeps its key', async () => {
      const { store } = await make();
      await granted(store, 'gw1');
      const record = await staged(store, await store.transactions.open(newTransaction(), []));
      const other = await store.transactions.open(newTransaction({ name: named('gw2') }), []);

      expect(await store.transactions.clear('gw1', at(9), [])).toBe(1);
      expect(await store.transactions.clear('gw1', at(9), [])).toBe(0);

      expect(await store.transactions.outstanding()).toStrictEqual([other]);
      expect(await store.history.list()).toMatchObject([{ name: 'gw2' }]);
      expect(await store.keys.publicKey(record.keyId ?? 0)).toMatchObject({ id: record.keyId });
      expect(await store.certificates.get(record.stagedCertificateId ?? 0)).toMatchObject({
        status: 'unconfirmed',
      });
      expect(await counters(store)).toMatchObject({ 'transaction.ir.cleared': 1 });
    });
  });
}
