import { describe, expect, it } from 'vitest';

import { utf8 } from '../../src/base/bytes.ts';
import { subjectKey } from '../../src/traps/alarms/alarm.ts';
import type { Condition } from '../../src/traps/alarms/condition.ts';
import { usualPolicy } from '../../src/traps/alarms/policy.ts';
import { react } from '../../src/traps/alarms/react.ts';
import { afterFailure } from '../../src/traps/alarms/outbox.ts';
import type { Store } from '../../src/store/store.ts';
import { at, granted, imported, named } from './sample.ts';
import type { StoreUnderTest } from './store-contract.ts';

const revoked: Condition = {
  type: 'revoked',
  severity: 'critical',
  details: { reason: 'keyCompromise', deadline: at(1) },
};

/** Look at a certificate about which something is true. */
function look(store: Store, index: number, conditions: readonly Condition[], seconds: number) {
  const subject = { type: 'certificate', index } as const;
  const now = at(seconds);
  return store.alarms.look(subjectKey(subject), now, (standing) => ({
    ...react({
      ...standing,
      observation: { subject, conditions },
      now,
      policy: usualPolicy,
    }),
    notBefore: now,
  }));
}

/** What every store does with alarms, the outbox and destinations. */
export function notificationsContract(make: () => Promise<StoreUnderTest>): void {
  describe('alarms', () => {
    it('stand with what was told of them, over a restart, until they end', async () => {
      const { store, reopen } = await make();
      await store.destinations.put('noc', '{}', new Map());
      const raised = await look(store, 7, [revoked], 5);
      const again = await reopen();
      expect(await again.alarms.of('certificate 7')).toStrictEqual(raised.alarms);
      expect(await again.alarms.list(9)).toStrictEqual(raised.alarms);
      expect((await look(again, 7, [revoked], 6)).notifications).toStrictEqual([]);
      expect(await again.alarms.of('certificate 8')).toStrictEqual([]);
      const over = await look(again, 7, [], 7);
      expect(over.notifications).toMatchObject([{ severity: 'cleared', sequence: 2 }]);
      expect(await again.alarms.list(9)).toStrictEqual([]);
    });

    it('go to every destination in the write that raises them, and nowhere when there is none', async () => {
      const { store } = await make();
      await look(store, 1, [revoked], 1);
      for (const name of ['log', 'noc']) await store.destinations.put(name, '{}', new Map());
      await look(store, 2, [revoked], 2);
      expect(await store.outbox.sizes()).toStrictEqual(
        new Map([
          ['log', 1],
          ['noc', 1],
        ]),
      );
      expect((await store.outbox.of('noc')).map(({ notification }) => notification)).toMatchObject([
        { name: 'clmCertRevoked', sequence: 2, details: { deadline: at(1) } },
      ]);
    });

    it('write nothing when nothing has changed', async () => {
      const { store } = await make();
      await look(store, 1, [revoked], 1);
      const before = await store.alarms.list(9);
      await look(store, 1, [revoked], 2);
      expect(await store.alarms.list(9)).toStrictEqual(before);
    });

    it('have numbers from one sequence, which a test takes one of, too', async () => {
      const { store } = await make();
      await look(store, 1, [revoked], 1);
      expect(await store.alarms.takeSequence()).toBe(2);
      expect((await look(store, 2, [revoked], 2)).notifications).toMatchObject([{ sequence: 3 }]);
    });

    it('are wanted where some stand, or somebody is to be told', async () => {
      const { store } = await make();
      expect(await store.alarms.isWanted()).toBe(false);
      await look(store, 1, [revoked], 1);
      expect(await store.alarms.isWanted()).toBe(true);
      await look(store, 1, [], 2);
      expect(await store.alarms.isWanted()).toBe(false);
      await store.destinations.put('noc', '{}', new Map());
      expect(await store.alarms.isWanted()).toBe(true);
    });

    it('are of names that keep their number, which no other name gets', async () => {
      const { store } = await make();
      expect(await store.alarms.find('certificate', 'gw1')).toBeUndefined();
      const first = await store.alarms.watched('certificate', 'gw1');
      expect(await store.alarms.find('certificate', 'gw1')).toStrictEqual(first);
      const second = await store.alarms.watched('ca', 'gw1');
      expect(await store.alarms.watched('certificate', 'gw1')).toStrictEqual(first);
      expect(second.index).not.toBe(first.index);
      await store.alarms.forget('ca', 'gw1');
      expect(await store.alarms.names('ca')).toStrictEqual([]);
      const third = await store.alarms.watched('ca', 'gw2');
      expect(third.index).toBeGreaterThan(second.index);
      expect(await store.alarms.names('ca')).toStrictEqual(['gw2']);
    });

    it('remember which version of a name was told', async () => {
      const { store } = await make();
      const { index, toldVersion } = await store.alarms.watched('certificate', 'gw1');
      expect(toldVersion).toBe(0);
      await store.alarms.look(`certificate ${index}`, at(1), (standing) => ({
        ...standing,
        notifications: [],
        notBefore: at(1),
        told: { index, version: 3 },
      }));
      expect(await store.alarms.watched('certificate', 'gw1')).toStrictEqual({
        index,
        toldVersion: 3,
      });
    });

    it('know the newest time there was, and doubt a clock that is behind it until it is believed', async () => {
      const { store, reopen } = await make();
      expect(await store.alarms.seen(at(0))).toStrictEqual({ newestAt: at(0) });
      expect(await store.alarms.seen(at(7200))).toStrictEqual({ newestAt: at(7200) });
      // Less than an hour is no doubt: two processes, or a clock that is being set.
      expect(await store.alarms.seen(at(5400))).toStrictEqual({ newestAt: at(7200) });
      const doubt = { newestAt: at(7200), doubtedSince: at(100) };
      expect(await store.alarms.seen(at(100))).toStrictEqual(doubt);
      expect(await (await reopen()).alarms.seen(at(200))).toStrictEqual(doubt);
      await store.alarms.believe(at(300));
      expect(await store.alarms.seen(at(400))).toStrictEqual({ newestAt: at(300) });
      await store.alarms.seen(at(9000));
      await store.alarms.seen(at(100));
      expect(await store.alarms.seen(at(9000))).toStrictEqual({ newestAt: at(9000) });
    });
  });

  describe('what does not work about a name', () => {
    it('is over with its next certificate, and with the delivery of that', async () => {
      const { store } = await make();
      const { id } = await granted(store, 'gw1');
      const fail = async (...jobs: readonly string[]) => {
        for (const job of jobs) {
          const failure = { kind: 'failing', code: 'CMP_REJECTED', text: 'no', at: at(1) } as const;
          await store.schedule.failed(named('gw1'), { job, ...failure });
        }
      };
      const jobs = async () => (await store.schedule.failing('gw1')).map(({ job }) => job);
      await fail('update', 'poll', 'fetch', 'deploy');
      await store.certificates.markDelivered(id, '/x', at(2), []);
      expect(await jobs()).toStrictEqual(['fetch', 'poll', 'update']);
      await granted(store, 'gw1', [], { operation: 'kur' });
      expect(await jobs()).toStrictEqual([]);
      await fail('update');
      await imported(store, 'gw1');
      expect(await jobs()).toStrictEqual([]);
    });
  });

  describe('the outbox', () => {
    it('counts an attempt before it is made, and drops what was sent', async () => {
      const { store } = await make();
      await store.destinations.put('noc', '{}', new Map());
      await look(store, 1, [revoked], 1);
      const [entry] = await store.outbox.of('noc');
      if (entry === undefined) throw new Error('nothing is there');
      const begun = await store.outbox.begin(entry);
      expect(begun).toStrictEqual({ ...entry, attempts: 1 });
      expect(await store.outbox.begin(entry)).toBeUndefined();
      expect(await store.outbox.of('noc')).toStrictEqual([begun]);
      if (begun) await store.outbox.sent(begun, at(2));
      expect(await store.outbox.of('noc')).toStrictEqual([]);
      expect(await store.destinations.list()).toMatchObject([{ name: 'noc', sentAt: at(2) }]);
    });

    it('keeps what could not be sent, says why, and counts what is given up', async () => {
      const { store } = await make();
      await store.destinations.put('noc', '{}', new Map());
      await look(store, 1, [revoked], 1);
      const [entry] = await store.outbox.of('noc');
      const begun = entry && (await store.outbox.begin(entry));
      if (begun === undefined) throw new Error('nothing is there');
      const next = afterFailure(begun, at(3));
      await store.outbox.failed(begun, next, { text: 'no answer', at: at(3) });
      expect(await store.outbox.of('noc')).toStrictEqual([next]);
      expect(await store.destinations.get('noc')).toMatchObject({
        dropped: 0,
        failure: { text: 'no answer', at: at(3) },
      });
      await store.outbox.failed(begun, undefined, { text: 'no answer', at: at(4) });
      expect(await store.outbox.of('noc')).toStrictEqual([]);
      expect(await store.destinations.get('noc')).toMatchObject({ dropped: 1 });
    });

    it('leaves alone what took the place of what was being sent', async () => {
      const { store } = await make();
      await store.destinations.put('noc', '{}', new Map());
      await look(store, 1, [revoked], 1);
      const [entry] = await store.outbox.of('noc');
      const begun = entry && (await store.outbox.begin(entry));
      await look(store, 1, [], 2);
      if (begun) await store.outbox.sent(begun, at(3));
      expect(await store.outbox.of('noc')).toMatchObject([
        { id: entry?.id, attempts: 0, notification: { severity: 'cleared' } },
      ]);
    });
  });

  describe('destinations', () => {
    it('come back as they were put, their secrets apart', async () => {
      const { store, reopen } = await make();
      const secrets = new Map([['community', utf8('s3cret')]]);
      await store.destinations.put('noc', '{"type":"snmp"}', secrets);
      await store.destinations.put('log', '{"type":"log"}', new Map());
      const again = await reopen();
      expect(await again.destinations.list()).toStrictEqual([
        { name: 'log', settings: '{"type":"log"}', dropped: 0 },
        { name: 'noc', settings: '{"type":"snmp"}', dropped: 0 },
      ]);
      expect(await again.destinations.secrets('noc')).toStrictEqual(secrets);
      expect(await again.destinations.secrets('log')).toStrictEqual(new Map());
      expect(await again.destinations.get('none')).toBeUndefined();
    });

    it('go with what waits for them, and keep it when they are set anew', async () => {
      const { store } = await make();
      await store.destinations.put('noc', '{}', new Map());
      await look(store, 1, [revoked], 1);
      await store.destinations.put('noc', '{"port":1}', new Map());
      expect(await store.outbox.of('noc')).toHaveLength(1);
      expect(await store.destinations.remove('noc')).toBe(true);
      expect(await store.destinations.remove('noc')).toBe(false);
      expect(await store.outbox.sizes()).toStrictEqual(new Map());
    });
  });

  describe('the SNMP engine', () => {
    it('is made once, and counts its starts', async () => {
      const { store, reopen } = await make();
      expect(await store.snmpEngine.get()).toBeUndefined();
      const made = await store.snmpEngine.change(
        (stored) => stored ?? { engineID: 'ab', boots: 1 },
      );
      expect(made).toStrictEqual({ engineID: 'ab', boots: 1 });
      const again = await reopen();
      await again.snmpEngine.change((stored) => ({
        engineID: stored?.engineID ?? '',
        boots: (stored?.boots ?? 0) + 1,
      }));
      expect(await store.snmpEngine.get()).toStrictEqual({ engineID: 'ab', boots: 2 });
    });
  });
}
