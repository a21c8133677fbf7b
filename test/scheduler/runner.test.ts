import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';

import { parseLabel, type Label } from '../../src/base/label.ts';
import { silentLog } from '../../src/base/log.ts';
import type { ScheduleFacts } from '../../src/scheduler/due.ts';
import type { Job } from '../../src/scheduler/job.ts';
import type { JobOutcome } from '../../src/scheduler/outcome.ts';
import { runDue, type RunReport } from '../../src/scheduler/runner.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { imported, storeOptions, temporaryDirectory } from '../store/sample.ts';

const hourMs = 3_600_000;
const dayMs = 24 * hourMs;
const start = new Date('2026-11-21T12:00:00Z');
const ca = parseLabel('lab', 'ca-root');
/** Asked by names that begin with it. */
const slow = parseLabel('slow', 'ca-root');

/** A scheduler over a real store, whose jobs are what the test says. */
interface Scene {
  readonly store: Store;
  now: Date;
  readonly jobs: Job[];
  /** Days each name has left; 10 is past the renewal of its 90. */
  readonly daysLeft: Map<string, number>;
  perform: (job: Job) => Promise<JobOutcome> | JobOutcome;
  run(): Promise<RunReport>;
  /** Called at each look with how many there were. */
  looked: (count: number) => Promise<unknown> | void;
  /** Names that are read again from where they are, now. */
  readonly tracked: Set<string>;
  /** To the store, so far. */
  readonly writes: number;
  /** Resolved when what is due is to be read while others are worked on. */
  wanted: PromiseWithResolvers<void>;
  readonly ending: AbortController;
}

async function scene(...names: readonly string[]): Promise<Scene> {
  let [looks, writes] = [0, 0];
  const store = await openStore({
    ...storeOptions(temporaryDirectory()),
    onWrite: () => void writes++,
  });
  onTestFinished(() => store.close());
  const made: Scene = {
    store,
    now: start,
    jobs: [],
    daysLeft: new Map(names.map((name) => [name, 10])),
    perform: ({ name }) => {
      made.daysLeft.set(name, 90);
      return { type: 'done' };
    },
    looked: () => {},
    tracked: new Set(),
    get writes() {
      return writes;
    },
    wanted: Promise.withResolvers(),
    ending: new AbortController(),
    run: () =>
      runDue({
        schedule: store.schedule,
        clock: { now: () => made.now },
        log: silentLog,
        async look(name) {
          await made.looked(++looks);
          return { facts: await read(made, name), watch: async () => undefined };
        },
        async perform(job) {
          made.jobs.push(job);
          return made.perform(job);
        },
        windows: async () => [],
        wanted: () => made.wanted.promise,
        limits: { names: 8, perCa: 4 },
        signal: made.ending.signal,
      }),
  };
  for (const name of names) await imported(store, name);
  return made;
}

async function read(
  { store, daysLeft, tracked, now }: Scene,
  name: Label,
): Promise<ScheduleFacts | undefined> {
  const left = daysLeft.get(name);
  if (left === undefined) return undefined;
  const records = await store.schedule.failing(name);
  return {
    name,
    ca: name.startsWith('slow') ? slow : ca,
    certificate: {
      notBefore: new Date(start.getTime() + (left - 90) * dayMs),
      notAfter: new Date(start.getTime() + left * dayMs),
      status: 'current',
      source: 'cmp',
      delivery: 'done',
      name,
      version: 1,
      hasCa: true,
      hasKey: true,
    },
    hasKeyRequest: false,
    isAutoUpdated: true,
    ...(tracked.has(name) && { tracked: {} }),
    failing: Object.fromEntries(records.map((each) => [each.job, each])),
    issuedAt: await store.schedule.issuedSince(name, now),
  };
}

function failing(isCaDown = false): JobOutcome {
  return { type: 'failing', code: 'NETWORK_TIMEOUT', text: 'No answer', isCaDown };
}

describe('runDue()', () => {
  it('does what is due once, and plans the next time', async () => {
    const at = await scene('gw1');
    expect(await at.run()).toMatchObject({ done: 1, failed: 0 });
    expect(at.jobs).toMatchObject([{ kind: 'update', name: 'gw1' }]);
    expect(await at.store.schedule.next()).toStrictEqual(
      // The jitter: 0.1858 (2f90321f of 2^32) of a twentieth of 30 days.
      new Date(start.getTime() + 60 * dayMs - 24_078_903),
    );
    expect(await at.run()).toStrictEqual({ looked: 0, done: 0, failed: 0 });
  });

  it('catches up with what was due while nothing ran', async () => {
    const at = await scene('gw1', 'gw2');
    await at.run();
    at.now = new Date(start.getTime() + 75 * dayMs);
    at.daysLeft.set('gw1', 89);
    at.daysLeft.set('gw2', 89);
    at.perform = ({ name }) => {
      at.daysLeft.set(name, 180);
      return { type: 'done' };
    };
    at.jobs.length = 0;
    await at.run();
    expect(new Set(at.jobs.map(({ name }) => name))).toStrictEqual(new Set(['gw1', 'gw2']));
  });

  it('tries again what failed, at its time and not before, until it works', async () => {
    const at = await scene('gw1');
    at.perform = () => failing();
    expect(await at.run()).toMatchObject({ done: 0, failed: 1 });
    expect(await at.store.schedule.failing('gw1')).toMatchObject([
      { job: 'update', count: 1, code: 'NETWORK_TIMEOUT', text: 'No answer' },
    ]);
    const next = await at.store.schedule.next();
    expect(next?.getTime()).toBeGreaterThan(start.getTime() + 40_000);
    expect(next?.getTime()).toBeLessThan(start.getTime() + 80_000);

    at.now = new Date((next?.getTime() ?? 0) - 1);
    expect(await at.run()).toMatchObject({ looked: 0 });
    at.now = next ?? start;
    expect(await at.run()).toMatchObject({ failed: 1 });
    expect(await at.store.schedule.failing('gw1')).toMatchObject([{ count: 2 }]);

    at.perform = ({ name }) => {
      at.daysLeft.set(name, 90);
      return { type: 'done' };
    };
    at.now = new Date(start.getTime() + hourMs);
    expect(await at.run()).toMatchObject({ done: 1 });
    expect(await at.store.schedule.failing('gw1')).toStrictEqual([]);
  });

  it('leaves a CA alone that does not answer, and asks it by one name first', async () => {
    const all = Array.from({ length: 20 }, (_, i) => `gw${i}`);
    const at = await scene(...all);
    at.perform = () => failing(true);
    await at.run();
    // Those that were under way as the first one failed.
    expect(at.jobs.length).toBeLessThanOrEqual(4);
    const [health] = await at.store.schedule.silentCas();
    expect(health).toMatchObject({ ca: 'lab', count: at.jobs.length });

    at.now = new Date(start.getTime() + 2 * hourMs);
    at.jobs.length = 0;
    await at.run();
    expect(at.jobs).toHaveLength(1);

    at.perform = ({ name }) => {
      at.daysLeft.set(name, 90);
      return { type: 'done' };
    };
    at.now = new Date(start.getTime() + 20 * hourMs);
    await at.run();
    expect(await at.store.schedule.silentCas()).toStrictEqual([]);
    expect(await at.store.schedule.failing('gw0')).toStrictEqual([]);
    expect([...at.daysLeft.values()].every((left) => left === 90)).toBe(true);
  });

  it('comes back in a minute to a name that somebody else works on, and counts nothing', async () => {
    const at = await scene('gw1');
    at.perform = () => ({ type: 'busy' });
    expect(await at.run()).toMatchObject({ done: 0, failed: 0 });
    expect(at.jobs).toHaveLength(1);
    expect(await at.store.schedule.failing('gw1')).toStrictEqual([]);
    expect(await at.store.schedule.next()).toStrictEqual(new Date(start.getTime() + 60_000));
  });

  it('looks again at a name that was changed under its hands', async () => {
    const at = await scene('gw1');
    at.perform = async ({ name }) => {
      at.daysLeft.set(name, 90);
      await imported(at.store, name);
      return { type: 'done' };
    };
    expect(await at.run()).toStrictEqual({ looked: 1, done: 1, failed: 0 });
    expect(await at.store.schedule.next()).toStrictEqual(
      new Date(start.getTime() + 60 * dayMs - 24_078_903),
    );
  });

  it('does not do again at once what was done to no effect', async () => {
    const at = await scene('gw1');
    at.perform = () => ({ type: 'done' });
    await at.run();
    expect(at.jobs).toHaveLength(1);
    expect(await at.store.schedule.failing('gw1')).toMatchObject([{ code: 'INTERNAL' }]);
    const next = await at.store.schedule.next();
    expect(next?.getTime()).toBeGreaterThan(start.getTime());
  });

  it('does not run for ever after a name that changes all the time', async () => {
    const at = await scene('gw1');
    at.daysLeft.set('gw1', 90);
    at.looked = () => imported(at.store, 'gw1');
    const { looked } = await at.run();
    expect(looked).toBe(4);
    expect(await at.store.schedule.due(at.now, 9)).toMatchObject([{ name: 'gw1' }]);
  });

  it('forgets a name that was removed', async () => {
    const at = await scene('gw1');
    await at.store.certificates.remove('gw1');
    at.daysLeft.clear();
    await at.run();
    expect(await at.store.schedule.next()).toBeUndefined();
  });

  it('asks one CA no more often at a time than it may, and works on no more names', async () => {
    const at = await scene(...Array.from({ length: 30 }, (_, i) => `gw${i}`));
    let inside = 0;
    let most = 0;
    at.perform = async ({ name }) => {
      inside++;
      most = Math.max(most, inside);
      await turn();
      inside--;
      at.daysLeft.set(name, 90);
      return { type: 'done' };
    };
    expect(await at.run()).toMatchObject({ done: 30 });
    expect(most).toBe(4);
  });

  it('lets names wait for a slow CA without holding up those of another one', async () => {
    const slowOnes = Array.from({ length: 260 }, (_, i) => `slow${i}`);
    const others = Array.from({ length: 20 }, (_, i) => `gw${i}`);
    const at = await scene(...slowOnes, ...others);
    const answer = Promise.withResolvers<void>();
    at.perform = async (job) => {
      if (job.ca === slow) await answer.promise;
      at.daysLeft.set(job.name, 90);
      if (at.jobs.filter((each) => each.ca === ca).length === 20) answer.resolve();
      return { type: 'done' };
    };
    expect(await at.run()).toStrictEqual({ looked: 280, done: 280, failed: 0 });
    const firstOnes = at.jobs.slice(0, 24).filter((job) => job.ca === slow);
    expect(firstOnes).toHaveLength(4);
  });

  it('begins with what becomes due while a slow CA is waited for', async () => {
    const at = await scene('slow');
    const answer = Promise.withResolvers<void>();
    at.perform = async (job) => {
      at.daysLeft.set(job.name, 90);
      if (job.ca === slow) {
        at.daysLeft.set('gw1', 10);
        await imported(at.store, 'gw1');
        at.wanted.resolve();
        at.wanted = Promise.withResolvers();
        await answer.promise;
      } else answer.resolve();
      return { type: 'done' };
    };
    expect(await at.run()).toMatchObject({ looked: 2, done: 2 });
    expect(at.jobs.map(({ name }) => name)).toStrictEqual(['slow', 'gw1']);
  });

  it('does at once what needs no CA, though another job of the name waits for one', async () => {
    const at = await scene('slow1', 'slow2', 'slow3', 'slow4', 'slow5');
    const answer = Promise.withResolvers<void>();
    at.tracked.add('slow5');
    at.perform = async (job) => {
      if (job.kind === 'track') {
        at.tracked.delete('slow5');
        answer.resolve();
      } else {
        await answer.promise;
        at.daysLeft.set(job.name, 90);
      }
      return { type: 'done' };
    };
    expect(await at.run()).toMatchObject({ done: 6 });
  });

  it('asks a CA by several again as soon as it answers', async () => {
    const at = await scene(...Array.from({ length: 12 }, (_, i) => `gw${i}`));
    await at.store.schedule.caSilent(ca, start);
    at.now = new Date(start.getTime() + hourMs);
    let [inside, most] = [0, 0];
    at.perform = async ({ name }) => {
      most = Math.max(most, ++inside);
      await turn();
      inside--;
      at.daysLeft.set(name, 90);
      return { type: 'done' };
    };
    expect(await at.run()).toMatchObject({ done: 12 });
    expect(most).toBeGreaterThan(1);
  });

  it('writes the plans of many names together', async () => {
    const at = await scene(...Array.from({ length: 100 }, (_, i) => `gw${i}`));
    for (const name of at.daysLeft.keys()) at.daysLeft.set(name, 90);
    const before = at.writes;
    expect(await at.run()).toMatchObject({ looked: 100, done: 0 });
    // The last ones of a page may still be looked at as the others are written.
    expect(at.writes - before).toBeLessThanOrEqual(2);
    expect((await at.store.schedule.next())?.getTime()).toBeGreaterThan(start.getTime());
  });

  it('keeps due what a kill in the middle of many leaves without a plan', async () => {
    const at = await scene(...Array.from({ length: 300 }, (_, i) => `gw${i}`));
    for (const name of at.daysLeft.keys()) at.daysLeft.set(name, 90);
    at.looked = (count) => {
      if (count === 280) throw new Error('killed');
    };
    await expect(at.run()).rejects.toThrow('killed');
    const left = await at.store.schedule.due(at.now, 999);
    expect(left.length).toBeGreaterThan(20);
    expect(left.length).toBeLessThan(300);
    at.looked = () => {};
    expect(await at.run()).toMatchObject({ looked: left.length });
    expect(await at.store.schedule.due(at.now, 999)).toStrictEqual([]);
  });

  it('begins nothing any more when it is to end', async () => {
    const at = await scene('gw1', 'gw2', 'gw3');
    at.perform = () => {
      at.ending.abort();
      return { type: 'done' };
    };
    const { done } = await at.run();
    expect(done).toBe(1);
  });
});
