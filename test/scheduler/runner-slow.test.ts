import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';

import { imported } from '../store/sample.ts';
import { ca, scene, slow, until } from './run-scene.ts';

describe('runDue(), while something is slow', () => {
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

  it('asks a CA that answers while several others are slow, by as many names as may ask each', async () => {
    const slowCas = ['a', 'b', 'c', 'd', 'e'];
    const slowOnes = slowCas.flatMap((each) =>
      Array.from({ length: 10 }, (_, i) => `${each}-slow${i}`),
    );
    const at = await scene(...slowOnes, 'gw1');
    const answer = Promise.withResolvers<void>();
    at.perform = async (job) => {
      if (job.ca === ca) answer.resolve();
      else await answer.promise;
      at.daysLeft.set(job.name, 90);
      return { type: 'done' };
    };
    expect(await at.run()).toMatchObject({ done: 51 });
    expect(at.jobs.findIndex((job) => job.ca === ca)).toBeLessThanOrEqual(20);
  });

  it('asks a CA while everything that needs none is slow', async () => {
    const readers = Array.from({ length: 20 }, (_, i) => `a${i}`);
    const at = await scene(...readers, 'gw1');
    for (const each of readers) {
      at.tracked.add(each);
      at.daysLeft.set(each, 90);
    }
    const answer = Promise.withResolvers<void>();
    at.perform = async (job) => {
      if (job.kind === 'track') {
        await answer.promise;
        at.tracked.delete(job.name);
      } else {
        at.daysLeft.set(job.name, 90);
        answer.resolve();
      }
      return { type: 'done' };
    };
    expect(await at.run()).toMatchObject({ done: 21 });
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

  it('is not over before what it has begun is, whatever goes wrong meanwhile, and begins nothing more', async () => {
    const at = await scene('gw1', 'gw2', 'gw3', 'gw4', 'gw5', 'gw6');
    let [inside, reads] = [0, 0];
    const answer = Promise.withResolvers<void>();
    at.windows = async () => {
      if (++reads > 1) throw new Error('the store is locked');
      return [];
    };
    at.perform = async (job) => {
      inside++;
      if (inside === 4) at.wanted.resolve();
      await answer.promise;
      inside--;
      at.daysLeft.set(job.name, 90);
      return { type: 'done' };
    };
    let isOver = false;
    const run = at.run().finally(() => {
      isOver = true;
    });
    const failed = run.catch((error: unknown) => error);
    await until(() => reads === 2);
    await turn();
    expect([isOver, inside]).toStrictEqual([false, 4]);
    answer.resolve();
    expect(await failed).toMatchObject({ message: 'the store is locked' });
    expect([inside, at.jobs.length]).toStrictEqual([0, 4]);
  });

  it('looks at each beat again at a name that changes all the time', async () => {
    const at = await scene('slow', 'gw1');
    at.daysLeft.set('gw1', 90);
    const answer = Promise.withResolvers<void>();
    at.perform = async ({ name }) => {
      await answer.promise;
      at.daysLeft.set(name, 90);
      return { type: 'done' };
    };
    let looks = 0;
    at.looked = async (count) => {
      looks = count;
      await imported(at.store, 'gw1');
    };
    const run = at.run();
    for (let beats = 0; beats < 8; beats++) {
      const before = looks;
      const { resolve } = at.wanted;
      at.wanted = Promise.withResolvers();
      resolve();
      await until(() => looks > before);
    }
    at.looked = () => {};
    answer.resolve();
    expect(await run).toMatchObject({ done: 1 });
  });
});
