import { describe, expect, it } from 'vitest';

import type { OwnRevocation } from '../../src/store/validation-watch-contract.ts';
import { at, granted } from './sample.ts';
import type { StoreUnderTest } from './store-contract.ts';

const looked: OwnRevocation = {
  name: 'gw1',
  fingerprint: 'ab',
  policy: 'P',
  checkedAt: at(1),
  nextAt: at(3601),
  failure: { code: 'timeout', text: 'it did not answer' },
};

/** What every store does with what is found out while peers are judged. */
export function validationWatchContract(make: () => Promise<StoreUnderTest>): void {
  describe('what is counted of judging peers', () => {
    it('adds up over a restart, and begins again when it is cleared', async () => {
      const { store, reopen } = await make();
      const { validationStatistics: before } = store;
      expect(await before.read()).toStrictEqual({ counters: [] });
      await before.add(new Map(), at(1));
      expect(await before.read()).toStrictEqual({ counters: [] });
      const gains = new Map([
        ['path.accepted', 2],
        ['crl.bytes', 5_000_000_000],
      ]);
      await before.add(gains, at(2));
      const { validationStatistics } = await reopen();
      await validationStatistics.add(new Map([['path.accepted', 3]]), at(4));
      expect(await validationStatistics.read()).toStrictEqual({
        since: at(2),
        counters: [
          { counter: 'crl.bytes', value: 5_000_000_000, lastAt: at(2) },
          { counter: 'path.accepted', value: 5, lastAt: at(4) },
        ],
      });
      await validationStatistics.clear(at(9));
      expect(await validationStatistics.read()).toStrictEqual({ since: at(9), counters: [] });
    });
  });

  describe('responders that have no word', () => {
    it('are kept by their URL until they are forgotten', async () => {
      const { store, reopen } = await make();
      const one = { code: 'timeout', failures: 1, firstAt: at(1), lastAt: at(1) };
      await store.troubledResponders.put({ url: 'http://b/', ...one });
      await store.troubledResponders.put({ url: 'http://a/', ...one });
      const { troubledResponders } = await reopen();
      const more = { url: 'http://b/', ...one, code: 'dns', failures: 3, lastAt: at(9) };
      await troubledResponders.put(more);
      expect(await troubledResponders.list()).toStrictEqual([{ url: 'http://a/', ...one }, more]);
      expect(await troubledResponders.remove('http://b/')).toBe(true);
      expect(await troubledResponders.remove('http://b/')).toBe(false);
    });
  });

  describe('words on certificates of ours', () => {
    it('stand by name, with why there is none', async () => {
      const { store, reopen } = await make();
      const good: OwnRevocation = {
        ...looked,
        name: 'gw2',
        word: { status: 'good', thisUpdate: at(0), nextUpdate: at(99) },
      };
      await store.ownRevocations.put(good);
      await store.ownRevocations.put(looked);
      const { ownRevocations } = await reopen();
      expect(await ownRevocations.list()).toStrictEqual([looked, good]);
      const { failure: _, ...bare } = good;
      await ownRevocations.put(bare);
      expect(await ownRevocations.get('gw2')).toStrictEqual(bare);
      expect(await ownRevocations.get('gw3')).toBeUndefined();
      expect(await ownRevocations.remove('gw2')).toBe(true);
      expect(await ownRevocations.remove('gw2')).toBe(false);
    });

    it('have their name looked at when they are others than before, and only then', async () => {
      const { store } = await make();
      const { name } = await granted(store, 'gw1');
      const isWoken = async (): Promise<boolean> => {
        const entry = await store.schedule.entry(name);
        if (!entry) throw new Error('nothing is known of the name');
        const [due] = await store.schedule.due(at(0), 9);
        await store.schedule.plan([{ entry, at: at(500) }]);
        return due?.name === name;
      };
      await isWoken();
      await store.ownRevocations.put(looked);
      expect(await isWoken()).toBe(false);
      const word = {
        status: 'revoked',
        thisUpdate: at(0),
        reason: 'keyCompromise',
        revokedAt: at(0),
      } as const;
      await store.ownRevocations.put({ ...looked, word });
      expect(await isWoken()).toBe(true);
      await store.ownRevocations.put({ ...looked, word, checkedAt: at(2) });
      expect(await isWoken()).toBe(false);
      await store.ownRevocations.remove('gw1');
      expect(await isWoken()).toBe(true);
    });
  });
}
