import { describe, expect, it } from 'vitest';

import { utf8 } from '../../src/base/bytes.ts';
import { at, imported, named } from './sample.ts';
import type { StoreUnderTest } from './store-contract.ts';

const bare = {
  certificate: 'aa',
  name: named('gw1'),
  nextAt: at(5),
  failures: 1,
  triedAt: at(1),
  code: 'timeout',
  error: 'it took longer than the timeout',
  retryAfter: at(4),
};

const whole = {
  certificate: 'bb',
  name: named('gw1'),
  held: {
    der: utf8('response'),
    thisUpdate: at(1),
    nextUpdate: at(100),
    producedAt: at(2),
    until: at(90),
    fetchedAt: at(3),
    url: 'http://o/',
    etag: '"1"',
    freshUntil: at(50),
  },
  nextAt: at(60),
  failures: 0,
  revoked: { at: at(1), reason: 'certificateHold', thisUpdate: at(2) },
};

const endpoint = {
  label: named('web'),
  target: { type: 'nginx', file: '/etc/s.der', pidFile: '/run/n.pid' },
  probe: { host: '127.0.0.1', port: 443, serverName: 'a' },
  mode: 0o640,
} as const;

/** What every store does with staples. */
export function staplesContract(make: () => Promise<StoreUnderTest>): void {
  describe('staples', () => {
    it('stand for each version of a certificate, over a restart', async () => {
      const { store, reopen } = await make();
      await store.staples.put(bare);
      await store.staples.put(whole);
      await store.staples.put({ ...bare, certificate: 'cc', name: named('gw2') });
      const { staples } = await reopen();
      expect(await staples.get('aa')).toStrictEqual(bare);
      expect(await staples.get('bb')).toStrictEqual(whole);
      expect(await staples.get('dd')).toBeUndefined();
      expect(await staples.of('gw1')).toStrictEqual([bare, whole]);
      expect(await staples.list()).toHaveLength(3);
      expect((await staples.overview(2))[1]).toStrictEqual({
        certificate: 'bb',
        name: named('gw1'),
        nextAt: at(60),
        failures: 0,
        thisUpdate: at(1),
        nextUpdate: at(100),
        until: at(90),
        isRevoked: true,
      });
      await staples.put({ ...bare, certificate: 'bb' });
      expect(await staples.get('bb')).toStrictEqual({ ...bare, certificate: 'bb' });
      await staples.keepOnly('gw1', ['bb']);
      expect((await staples.list()).map(({ certificate }) => certificate)).toStrictEqual([
        'bb',
        'cc',
      ]);
    });

    it('forget nothing with one name that an endpoint of another serves', async () => {
      const { store } = await make();
      const { staples } = store;
      const [name, other] = [named('gw1'), named('gw2')];
      await staples.putEndpoint(name, endpoint);
      const published = { certificate: 'aa', staple: 'ff', at: at(1) };
      await staples.report('gw1', 'web', { published, failures: 0 });
      // The same certificate has a second name, under which it was asked about last.
      await staples.put({ ...bare, certificate: 'aa', name: other });
      await staples.put({ ...bare, certificate: 'bb', name: other });
      await staples.keepOnly('gw2', []);
      expect((await staples.list()).map(({ certificate }) => certificate)).toStrictEqual(['aa']);
      await staples.removeEndpoint('gw1', 'web');
      await staples.keepOnly('gw2', []);
      expect(await staples.list()).toStrictEqual([]);
    });

    it('have endpoints, each with what it was told and was seen to serve', async () => {
      const { store, reopen } = await make();
      const name = named('gw1');
      await store.staples.putEndpoint(name, endpoint);
      await store.staples.putEndpoint(name, { label: named('a'), target: { type: 'listener' } });
      await store.staples.putEndpoint(named('gw2'), endpoint);
      const told = {
        published: { certificate: 'aa', staple: 'ff', at: at(1) },
        seen: { at: at(2), isAsPublished: false, text: 'it staples nothing' },
        failures: 2,
        error: 'it staples nothing',
        nextAt: at(9),
      };
      await store.staples.report('gw1', 'web', told);
      const { staples } = await reopen();
      expect(await staples.endpoints('gw1')).toStrictEqual([
        { name, label: 'a', target: { type: 'listener' }, failures: 0 },
        { name, ...endpoint, ...told },
      ]);
      expect(await staples.endpoints()).toHaveLength(3);
      await staples.report('gw1', 'web', {
        published: { certificate: 'aa', at: at(3) },
        failures: 0,
      });
      expect((await staples.endpoints('gw1'))[1]).toStrictEqual({
        name,
        ...endpoint,
        published: { certificate: 'aa', at: at(3) },
        failures: 0,
      });
      await staples.putEndpoint(name, endpoint);
      expect((await staples.endpoints('gw1'))[1]).toStrictEqual({ name, ...endpoint, failures: 0 });
      expect(await staples.removeEndpoint('gw1', 'web')).toBe(true);
      expect(await staples.removeEndpoint('gw1', 'web')).toBe(false);
    });

    it('make a name due when its endpoints change, and not when it is written how they do', async () => {
      const { store } = await make();
      await imported(store, 'gw1');
      const due = async (): Promise<number> => {
        const entries = await store.schedule.due(at(0), 9);
        await store.schedule.plan(entries.map((entry) => ({ entry, at: at(1000) })));
        return entries.length;
      };
      expect(await due()).toBe(1);
      await store.staples.putEndpoint(named('gw1'), endpoint);
      expect(await due()).toBe(1);
      await store.staples.report('gw1', 'web', { failures: 1 });
      await store.staples.put(whole);
      expect(await due()).toBe(0);
      await store.staples.removeEndpoint('gw1', 'web');
      expect(await due()).toBe(1);
    });

    it('go with their name', async () => {
      const { store } = await make();
      await imported(store, 'gw1');
      await store.staples.put(whole);
      await store.staples.putEndpoint(named('gw1'), endpoint);
      await store.certificates.remove('gw1');
      expect(await store.staples.list()).toStrictEqual([]);
      expect(await store.staples.endpoints()).toStrictEqual([]);
    });
  });
}
