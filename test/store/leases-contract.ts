import { describe, expect, it } from 'vitest';

import type { LeaseOwner } from '../../src/store/leases-contract.ts';
import { at } from './sample.ts';
import type { StoreUnderTest } from './store-contract.ts';

const lives = (): boolean => true;

/** The part of `storeContract` that is about leases. */
export function leasesContract(make: () => Promise<StoreUnderTest>): void {
  describe('leases', () => {
    it('are held by one owner, whom another process is told of', async () => {
      const { store, reopen } = await make();
      const other = await reopen();

      expect(await store.leases.acquire('gw1', owner('a'), at(0), at(60), lives)).toStrictEqual({
        fence: 1,
      });
      expect(await other.leases.acquire('gw1', owner('b'), at(9), at(69), lives)).toStrictEqual({
        heldBy: { ...owner('a'), since: at(0) },
      });
      expect(await other.leases.acquire('gw2', owner('b'), at(9), at(69), lives)).toStrictEqual({
        fence: 1,
      });
    });

    it('are not given to their own holder a second time', async () => {
      const { store } = await make();
      await store.leases.acquire('gw1', owner('a'), at(0), at(60), lives);

      expect(await store.leases.acquire('gw1', owner('a'), at(1), at(61), lives)).toMatchObject({
        heldBy: { id: 'a' },
      });
    });

    it('are taken over, with a higher fence, when they have expired', async () => {
      const { store } = await make();
      await store.leases.acquire('gw1', owner('a'), at(0), at(60), lives);

      expect(await store.leases.acquire('gw1', owner('b'), at(59), at(99), lives)).toHaveProperty(
        'heldBy',
      );
      expect(await store.leases.acquire('gw1', owner('b'), at(60), at(99), lives)).toStrictEqual({
        fence: 2,
      });
      expect(await store.leases.acquire('gw1', owner('c'), at(61), at(99), lives)).toStrictEqual({
        heldBy: { ...owner('b'), since: at(60) },
      });
    });

    it('are taken over when their owner, asked about whole, lives no more', async () => {
      const { store } = await make();
      await store.leases.acquire('gw1', owner('a'), at(0), at(60), lives);
      const asked: LeaseOwner[] = [];
      const isAlive = (held: LeaseOwner): boolean => {
        asked.push(held);
        return false;
      };

      expect(await store.leases.acquire('gw1', owner('b'), at(1), at(61), isAlive)).toStrictEqual({
        fence: 2,
      });
      expect(asked).toStrictEqual([owner('a')]);
    });

    it('are free after a release, and the next fence is higher still', async () => {
      const { store } = await make();
      await store.leases.acquire('gw1', owner('a'), at(0), at(60), lives);

      expect(await store.leases.release('gw1', 'a', 1)).toBe(true);
      expect(await store.leases.release('gw1', 'a', 1)).toBe(false);
      expect(await store.leases.acquire('gw1', owner('b'), at(1), at(61), lives)).toStrictEqual({
        fence: 2,
      });
    });

    it('last longer when they are renewed', async () => {
      const { store } = await make();
      await store.leases.acquire('gw1', owner('a'), at(0), at(60), lives);

      expect(await store.leases.renew('gw1', 'a', 1, at(120))).toBe(true);
      expect(await store.leases.acquire('gw1', owner('b'), at(119), at(180), lives)).toHaveProperty(
        'heldBy',
      );
    });

    it('cannot be renewed or released by whom they were taken from', async () => {
      const { store } = await make();
      await store.leases.acquire('gw1', owner('a'), at(0), at(60), lives);
      await store.leases.acquire('gw1', owner('a'), at(60), at(120), lives);

      expect(await store.leases.renew('gw1', 'a', 1, at(999))).toBe(false);
      expect(await store.leases.release('gw1', 'a', 1)).toBe(false);
      expect(await store.leases.renew('gw1', 'b', 2, at(999))).toBe(false);
      expect(await store.leases.acquire('gw1', owner('b'), at(119), at(180), lives)).toStrictEqual({
        heldBy: { ...owner('a'), since: at(60) },
      });
      expect(await store.leases.release('gw1', 'a', 2)).toBe(true);
    });

    it('from the future are dated now: they last as long again as they were taken for', async () => {
      const { store } = await make();
      await store.leases.acquire('gw1', owner('a'), at(10_000), at(10_060), lives);

      expect(await store.leases.acquire('gw1', owner('b'), at(100), at(160), lives)).toStrictEqual({
        heldBy: { ...owner('a'), since: at(100) },
      });
      expect(await store.leases.acquire('gw1', owner('b'), at(159), at(219), lives)).toHaveProperty(
        'heldBy',
      );
      expect(await store.leases.acquire('gw1', owner('b'), at(160), at(220), lives)).toStrictEqual({
        fence: 2,
      });
    });

    it('can be taken from their holder by hand, and from nobody else', async () => {
      const { store } = await make();
      expect(await store.leases.holder('gw1')).toBeUndefined();
      await store.leases.acquire('gw1', owner('a'), at(0), at(60), lives);

      expect(await store.leases.holder('gw1')).toStrictEqual({ ...owner('a'), since: at(0) });
      expect(await store.leases.free('gw1', 'b')).toBe(false);
      expect(await store.leases.free('gw1', 'a')).toBe(true);
      expect(await store.leases.holder('gw1')).toBeUndefined();
      expect(await store.leases.renew('gw1', 'a', 1, at(120))).toBe(false);
      expect(await store.leases.acquire('gw1', owner('b'), at(1), at(61), lives)).toStrictEqual({
        fence: 2,
      });
    });
  });
}

function owner(id: string): LeaseOwner {
  return { id, pid: 4711, startedAt: '1234567', host: 'gw.example', boot: 'b', pidNamespace: 'n' };
}
