import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';

import type { JobOutcome } from '../../src/scheduler/outcome.ts';
import { imported } from '../store/sample.ts';
import { ca, dayMs, scene, start } from './run-scene.ts';

const hourMs = 3_600_000;

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
