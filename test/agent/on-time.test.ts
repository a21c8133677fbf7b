import { expect, it, onTestFinished } from 'vitest';
import { startAgent } from '../../src/agent/agent.ts';
import { CertError } from '../../src/base/errors.ts';
import { initialized, makeSite, named } from '../lifecycle/site.ts';

interface Timer {
  readonly ms: number;
  tick(): void;
}

/** An agent whose timers the test lets go off, beside certificates of an hour. */
async function scene(names: readonly string[] = ['gw1']) {
  const site = await makeSite({ lab: { validitySeconds: 3600 } });
  for (const name of names) {
    await initialized(site, { name: named(name) });
    await site.store.nameSettings.set(named(name), 'auto-update-days', '1');
  }
  const timers: Timer[] = [];
  const agent = await startAgent(
    { ...site.context, retrieve: () => Promise.reject(new Error('nothing to retrieve')) },
    {
      names: 8,
      perCa: 4,
      beat: () => () => {},
      monotonicMs: () => site.clock.now().getTime(),
      later: (tick, ms) => void timers.push({ tick, ms }),
    },
  );
  onTestFinished(() => agent.stop());
  await agent.run();
  /** Let a beat come so many seconds before something is due. */
  const beatBefore = async (seconds: number): Promise<void> => {
    const at = (await site.store.schedule.next())?.getTime() ?? 0;
    await site.clock.advance((at - site.clock.now().getTime()) / 1000 - seconds);
    await agent.run();
  };
  return { site, agent, timers, beatBefore };
}

it('renews at the moment that was announced, between two beats', async () => {
  const { site, agent, timers, beatBefore } = await scene();
  expect(timers, 'long before').toStrictEqual([]);
  await beatBefore(40);
  expect(timers).toMatchObject([{ ms: 40_000 }]);
  await site.clock.advance(40);
  timers[0]?.tick();
  await agent.look();
  expect(await site.store.certificates.current('gw1')).toMatchObject({ version: 2 });
});

it('looks once for all that is due within a second, and never waits for more than a minute', async () => {
  const { timers, beatBefore } = await scene();
  await beatBefore(0.2);
  expect(timers).toMatchObject([{ ms: 1000 }]);
  const other = await scene();
  await other.beatBefore(61);
  expect(other.timers).toStrictEqual([]);
});

it('is on time for one name while a CA is silent about another one', async () => {
  const { site, agent, timers } = await scene(['gw1', 'gw2']);
  const { schedule } = site.store;
  const first = (await schedule.next())?.getTime() ?? 0;
  const second = (await schedule.next(new Date(first)))?.getTime() ?? 0;
  const [asked, answered] = [Promise.withResolvers<void>(), Promise.withResolvers<never>()];
  site.setWire(() => {
    asked.resolve();
    return answered.promise;
  });
  await site.clock.advance((first - site.clock.now().getTime()) / 1000);
  const run = agent.run();
  await asked.promise;
  expect(timers).toMatchObject([{ ms: Math.max(1000, second - first) }]);
  answered.reject(new CertError('NETWORK_UNREACHABLE', 'Cannot connect to lab.example'));
  await run;
});
