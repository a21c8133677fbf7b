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

/** A scheduler over a real store, whose jobs are what the test says. */
interface Scene {
  readonly store: Store;
  now: Date;
  readonly jobs: Job[];
  /** Days each name has left; 10 is past the renewal of its 90. */
  readonly daysLeft: Map<string, number>;
  perform: (job: Job) => Promise<JobOutcome> | JobOutcome;
  run(): Promise<RunReport>;
  readonly ending: AbortController;
}

async function scene(...names: readonly string[]): Promise<Scene> {
  const store = await openStore(storeOptions(temporaryDirectory()));
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
    ending: new AbortController(),
    run: () =>
      runDue({
        schedule: store.schedule,
        clock: { now: () => made.now },
        log: silentLog,
        gather: (name) => gather(made, name),
        async perform(job) {
          made.jobs.push(job);
          return made.perform(job);
        },
        watch: async () => {},
        windows: async () => [],
        limits: { names: 8, perCa: 4 },
        signal: made.ending.signal,
      }),
  };
  for (const name of names) await imported(store, name);
  return made;
}

async function gather(
  { store, daysLeft, now }: Scene,
  name: Label,
): Promise<ScheduleFacts | undefined> {
  const left = daysLeft.get(name);
  if (left === undefined) return undefined;
  const records = await store.schedule.failing(name);
  return {
    name,
    ca,
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
    expect(await at.run()).toStrictEqual({ looked: 2, done: 1, failed: 0 });
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
    at.perform = async ({ name }) => {
      await imported(at.store, name);
      return { type: 'busy' };
    };
    const { looked } = await at.run();
    expect(looked).toBe(4);
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
      await Promise.resolve();
      await Promise.resolve();
      inside--;
      at.daysLeft.set(name, 90);
      return { type: 'done' };
    };
    expect(await at.run()).toMatchObject({ done: 30 });
    expect(most).toBe(4);
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
