import { describe, expect, it } from 'vitest';

import { at, granted, imported, named, newTransaction } from './sample.ts';
import type { StoreUnderTest } from './store-contract.ts';

/** What every store does with the agent's schedule. */
export function scheduleContract(make: () => Promise<StoreUnderTest>): void {
  describe('the schedule', () => {
    it('has a name at once when a certificate comes, and when anything of it changes', async () => {
      const { store } = await make();
      expect(await store.schedule.due(at(0), 9)).toStrictEqual([]);
      const { id } = await granted(store, 'gw1');
      const changes = [
        () => store.certificates.markDelivered(id, '/x', at(1), []),
        () => store.nameSettings.set(named('gw1'), 'key', 'reuse'),
        () => store.nameSettings.remove('gw1', 'key'),
        () => store.certificates.move(id, named('new')),
        () =>
          store.deployments.put(named('gw1'), {
            label: named('web'),
            files: [{ kind: 'cert', path: '/etc/x.pem' }],
          }),
        () => store.transactions.open(newTransaction(), []),
        () => store.transactions.clear('gw1', at(1), []),
        () => store.certificates.remove('gw1'),
      ];
      for (const [i, change] of changes.entries()) {
        const [entry] = await store.schedule.due(at(0), 9);
        expect(entry?.name, `before change ${i}`).toBe('gw1');
        if (entry) await store.schedule.plan([{ entry, at: undefined }]);
        expect(await store.schedule.due(at(0), 9), `planned before ${i}`).toStrictEqual([]);
        await change();
      }
      expect(await store.schedule.due(at(0), 9)).toMatchObject([{ name: 'gw1' }]);
    });

    it('has a name again at the time that was planned, the longest overdue first', async () => {
      const { store } = await make();
      for (const name of ['gw1', 'gw2', 'gw3']) await imported(store, name);
      const times = new Map([
        ['gw1', at(30)],
        ['gw2', at(10)],
        ['gw3', undefined],
      ]);
      const plans = (await store.schedule.due(at(0), 9)).map((entry) => ({
        entry,
        at: times.get(entry.name),
      }));
      expect(await store.schedule.plan(plans)).toStrictEqual([]);
      expect(await store.schedule.next()).toStrictEqual(at(10));
      expect(await store.schedule.next(at(9))).toStrictEqual(at(10));
      expect(await store.schedule.next(at(10))).not.toStrictEqual(at(10));
      expect(await names(store.schedule.due(at(9), 9))).toStrictEqual([]);
      expect(await names(store.schedule.due(at(10), 9))).toStrictEqual(['gw2']);
      expect(await names(store.schedule.due(at(40), 9))).toStrictEqual(['gw2', 'gw1']);
      const first = await store.schedule.due(at(40), 1);
      expect(first).toMatchObject([{ name: 'gw2', at: at(10) }]);
      expect(await names(store.schedule.due(at(40), 9, first[0]))).toStrictEqual(['gw1']);
      expect(await store.schedule.entry(named('gw2'))).toMatchObject({ name: 'gw2' });
      expect(await store.schedule.entry(named('gw4'))).toBeUndefined();
    });

    it('has those that are due at the same time page by page', async () => {
      const { store } = await make();
      for (const name of ['gw1', 'gw2', 'gw3']) await imported(store, name);
      const first = await store.schedule.due(at(0), 2);
      expect(first.map(({ name }) => name)).toStrictEqual(['gw1', 'gw2']);
      expect(await names(store.schedule.due(at(0), 2, first[1]))).toStrictEqual(['gw3']);
    });

    it('takes no plan that was made before a change', async () => {
      const { store } = await make();
      for (const name of ['gw1', 'gw2']) await imported(store, name);
      const [entry, other] = await store.schedule.due(at(0), 2);
      await imported(store, 'gw1');
      if (entry === undefined || other === undefined) throw new Error('nothing is due');
      const plans = [entry, other].map((each) => ({ entry: each, at: at(99) }));
      expect(await store.schedule.plan(plans)).toStrictEqual([entry]);
      expect(await store.schedule.forget(entry)).toBe(false);
      expect(await names(store.schedule.due(at(0), 9))).toStrictEqual(['gw1']);
    });

    it('forgets a name of which nothing is left', async () => {
      const { store } = await make();
      await imported(store, 'gw1');
      await store.certificates.remove('gw1');
      const [entry] = await store.schedule.due(at(0), 1);
      if (entry === undefined) throw new Error('nothing is due');
      expect(await store.schedule.forget(entry)).toBe(true);
      expect(await store.schedule.next()).toBeUndefined();
    });

    it('has every name again after it was woken', async () => {
      const { store } = await make();
      for (const name of ['gw1', 'gw2']) await imported(store, name);
      const all = await store.schedule.due(at(0), 9);
      await store.schedule.plan(all.map((entry) => ({ entry, at: at(99) })));
      expect(await names(store.schedule.all())).toStrictEqual(['gw1', 'gw2']);
      expect(await names(store.schedule.all(1))).toStrictEqual(['gw1']);
      expect(await store.schedule.count()).toBe(2);
      await store.schedule.wake();
      expect(await names(store.schedule.due(at(0), 9))).toStrictEqual(['gw1', 'gw2']);
    });
  });

  describe('what does not work', () => {
    const failure = {
      job: 'update',
      kind: 'failing',
      code: 'NETWORK_TIMEOUT',
      text: 'No',
    } as const;

    it('is counted by job until it works', async () => {
      const { store } = await make();
      const name = named('gw1');
      await store.schedule.failed(name, { ...failure, at: at(1) });
      const second = { ...failure, kind: 'blocked', code: 'CMP_REJECTED', at: at(5) } as const;
      const stored = await store.schedule.failed(name, second);
      expect(stored).toStrictEqual({
        job: 'update',
        kind: 'blocked',
        code: 'CMP_REJECTED',
        text: 'No',
        count: 2,
        firstAt: at(1),
        lastAt: at(5),
      });
      await store.schedule.failed(name, { ...failure, job: 'deploy', at: at(6) });
      expect(await store.schedule.failing('gw1')).toMatchObject([
        { job: 'deploy', count: 1 },
        stored,
      ]);
      expect(await store.schedule.failures(1)).toMatchObject([{ name: 'gw1', job: 'update' }]);
      expect(await store.schedule.failures(9)).toHaveLength(2);
      await store.schedule.recovered('gw1', 'update');
      expect(await store.schedule.failing('gw1')).toMatchObject([{ job: 'deploy' }]);
      await store.schedule.recovered('gw1');
      expect(await store.schedule.failing('gw1')).toStrictEqual([]);
    });

    it('is, for a CA, that it is silent until it answers', async () => {
      const { store } = await make();
      await store.schedule.caSilent(named('lab'), at(1));
      await store.schedule.caSilent(named('lab'), at(2));
      expect(await store.schedule.silentCas()).toStrictEqual([
        { ca: 'lab', count: 2, lastAt: at(2) },
      ]);
      await store.schedule.caAnswered('lab');
      expect(await store.schedule.silentCas()).toStrictEqual([]);
    });
  });

  describe('the certificates a name has got', () => {
    it('are counted though their versions are dropped', async () => {
      const { store } = await make();
      await store.settings.set('versions-kept', '0');
      await granted(store, 'gw1');
      await granted(store, 'gw1');
      await granted(store, 'gw2');
      expect(await store.schedule.issuedSince('gw1', at(0))).toStrictEqual([at(9), at(9)]);
      expect(await store.schedule.issuedSince('gw1', at(9))).toStrictEqual([]);
    });
  });
}

async function names(
  entries: Promise<readonly { readonly name: string }[]>,
): Promise<readonly string[]> {
  return (await entries).map(({ name }) => name);
}
