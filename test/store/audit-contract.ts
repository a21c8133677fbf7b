import { describe, expect, it } from 'vitest';

import type { AuditAct } from '../../src/store/audit-contract.ts';
import { at } from './sample.ts';
import type { StoreUnderTest } from './store-contract.ts';

/** What every store does with the audit trail. */
export function auditContract(make: () => Promise<StoreUnderTest>): void {
  describe('the audit trail', () => {
    const act: AuditAct = {
      at: at(1),
      actor: { type: 'user', user: 'alice', tty: 'pts/3', pid: 4711, host: 'gw' },
      what: 'cert import',
      arguments: [
        ['cert-name', 'gw1'],
        ['password', 'file:pass'],
      ],
    };
    const byItself: AuditAct = {
      at: at(2),
      actor: { type: 'agent', pid: 12, host: 'gw' },
      what: 'renew',
      arguments: [],
    };

    it('has an act before its end is known, and the end beside it then', async () => {
      const { store } = await make();
      const id = await store.audit.begin(act);
      expect(await store.audit.list()).toStrictEqual([{ ...act, id }]);
      const result = { at: at(3), exitCode: 4, code: 'STORE_FULL', text: 'No space' };
      await store.audit.end(id, result);
      expect(await store.audit.list()).toStrictEqual([{ ...act, id, result }]);
    });

    it('tells the newest first, as many as are asked for', async () => {
      const { store } = await make();
      const first = await store.audit.begin(act);
      const second = await store.audit.begin(byItself);
      await store.audit.end(second, { at: at(4), exitCode: 0 });
      expect(await store.audit.list()).toStrictEqual([
        { ...byItself, id: second, result: { at: at(4), exitCode: 0 } },
        { ...act, id: first },
      ]);
      expect(await store.audit.list(1)).toMatchObject([{ id: second }]);
    });

    it('does not let an end be changed', async () => {
      const { store } = await make();
      const id = await store.audit.begin(act);
      await store.audit.end(id, { at: at(3), exitCode: 0 });
      await expect(store.audit.end(id, { at: at(4), exitCode: 1 })).rejects.toThrow('UNIQUE');
      expect(await store.audit.list()).toMatchObject([{ result: { at: at(3), exitCode: 0 } }]);
    });

    it('drops the oldest over its limit, and takes no end for what is gone', async () => {
      const { store } = await make();
      await store.settings.set('audit-limit', '2');
      const gone = await store.audit.begin(act);
      const kept = [await store.audit.begin(act), await store.audit.begin(act)];
      await store.audit.end(gone, { at: at(5), exitCode: 0 });
      const ids = (await store.audit.list()).map(({ id }) => id);
      expect(ids).toStrictEqual(kept.toReversed());
    });
  });
}
