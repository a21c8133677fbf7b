import { describe, expect, it } from 'vitest';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { poll } from '../../src/lifecycle/poll.ts';
import { expectUntouched, playScene, scenes, setScene, type SceneName } from './fault-scenes.ts';
import { bodies, makeSite, named, outstanding, request } from './site.ts';

describe('a CA that lets its clients wait', () => {
  it.each<SceneName>(['ip', 'signed kup'])(
    'for ever, by every answer, is left at the deadline, without haste: %s [L2][L4]',
    async (where) => {
      const scene = { ...scenes[where], lab: { polls: 1000 } };
      const site = await setScene(scene);
      await site.setProfile({ transactionDeadlineSeconds: 600, minPollSeconds: 60 });
      const sentBefore = site.sent.length;
      site.lab.inject('endless-waiting');
      const trial = await playScene(scene, site);

      expect(trial.came.result).toMatchObject({ type: 'expired' });
      expect(trial.ended).toEqual(['failed']);
      expectUntouched(trial);
      const polls = bodies(site.sent.slice(sentBefore)).filter((body) => body === 'pollReq');
      expect(polls.length).toBeGreaterThan(5);
      expect(polls.length).toBeLessThanOrEqual(12);
    },
  );

  it('is polled no faster than once in the shortest wait when its checkAfter is 0 or less [L2]', async () => {
    for (const fault of ['check-after-0', 'check-after-negative']) {
      const site = await makeSite({ lab: { polls: 3 } });
      site.lab.inject(`${fault}*3`);
      const result = await initialize(site.context, request({ waitSeconds: 3600 }));
      expect(result.type).toBe('issued');
      expect(site.clock.slept.length).toBeGreaterThanOrEqual(3);
      for (const slept of site.clock.slept) expect(slept).toBeGreaterThanOrEqual(5000);
    }
  });

  it('for 2^31 seconds is asked by hand before, and no later than the deadline [L2]', async () => {
    const site = await makeSite({ lab: { polls: 1 } });
    site.lab.inject('check-after-2-31');
    const first = await initialize(site.context, request({ waitSeconds: 3600 }));
    expect(first.type).toBe('waiting');
    expect(await outstanding(site.store)).toMatchObject({ phase: 'waiting' });
    const later = await poll(site.context, { name: named('gw1'), waitSeconds: 60 });
    expect(later.type).toBe('issued');
  });

  it('for 2^31 seconds does not make a client sleep past its deadline [L2][L4]', async () => {
    const site = await makeSite({ lab: { polls: 1000 } });
    site.lab.inject('check-after-2-31*1000');
    const start = site.clock.now().getTime();
    const result = await initialize(site.context, request({ waitSeconds: 2 ** 31 }));
    expect(result.type).toBe('expired');
    const tookSeconds = (site.clock.now().getTime() - start) / 1000;
    expect(tookSeconds).toBeLessThanOrEqual(site.profile.transactionDeadlineSeconds + 1);
  });
});
