import { expect, it, onTestFinished } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { clockBehindCrls } from '../../src/scheduler/clock-behind-crls.ts';
import { doubtClock } from '../../src/scheduler/watch.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { fakeClock } from '../harness/fake-clock.ts';
import { storeOptions, temporaryDirectory } from '../store/sample.ts';

const start = new Date('2026-12-01T12:00:00Z');

async function storeWithCrlOf(thisUpdate: Date): Promise<Store> {
  const store = await openStore(storeOptions(temporaryDirectory()));
  onTestFinished(() => store.close());
  const crl = { issuer: utf8('i'), der: utf8('d'), fetchedAt: start, identity: 'x' };
  await store.heldCrls.put({ ...crl, thisUpdate });
  return store;
}

function later(hours: number): Date {
  return new Date(start.getTime() + hours * 3_600_000);
}

it('doubts a clock that is behind a held CRL by more than a day, and says which time that has', async () => {
  const store = await storeWithCrlOf(later(24.5));
  expect(await clockBehindCrls(store, start)).toStrictEqual(later(24.5));
  expect(await clockBehindCrls(store, later(0.5))).toBeUndefined();
});

it('believes the clock after a day of that, and doubts it anew when it is set back again', async () => {
  const store = await storeWithCrlOf(later(2400));
  for (const hours of [0, 23]) expect(await clockBehindCrls(store, later(hours))).toBeDefined();
  for (const hours of [24, 900]) expect(await clockBehindCrls(store, later(hours))).toBeUndefined();
  expect(await clockBehindCrls(store, later(-1))).toBeDefined();
});

it('has it told as clock-suspect, once, and told to be over', async () => {
  const store = await storeWithCrlOf(later(30));
  const clock = fakeClock(start);
  const context = { store, clock, isStarting: false };
  expect(await doubtClock(context)).toBe(true);
  expect(await doubtClock(context)).toBe(true);
  expect(await store.alarms.list(9)).toMatchObject([
    {
      count: 1,
      last: {
        severity: 'major',
        details: { endpoint: 'clock', reason: 'clock-suspect' },
        text: expect.stringContaining('a CRL that is held is of 2026-12-02T18:00:00Z'),
      },
    },
  ]);
  await clock.advance(6 * 3600);
  expect(await doubtClock(context)).toBe(false);
  expect(await store.alarms.list(9)).toStrictEqual([]);
});
