import { dirname } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { startAgent, type Agent } from '../../src/agent/agent.ts';
import { tellAct } from '../../src/agent/tell-act.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { update } from '../../src/lifecycle/update.ts';
import { fakeClock } from '../harness/fake-clock.ts';
import {
  initialized,
  issued,
  makeSite,
  named,
  request,
  wanted,
  type Site,
} from '../lifecycle/site.ts';
import { listen, storyOf } from './told.ts';

const day = 86_400;

async function start(site: Site): Promise<Agent> {
  const agent = await startAgent(
    { ...site.context, retrieve: () => Promise.reject(new Error('nothing is fetched here')) },
    { names: 8, perCa: 4, beat: () => () => {}, monotonicMs: () => site.clock.now().getTime() },
  );
  agent.ended.catch(() => {});
  onTestFinished(() => agent.stop());
  await agent.run();
  return agent;
}

it('spreads over a minute what is found of many certificates at a start', async () => {
  const site = await makeSite();
  const told = await listen(site.store, dirname(site.certs));
  const names = Array.from({ length: 12 }, (_, n) => `gw${n}`);
  for (const name of names) {
    const asked = request({ name: named(name), wanted: wanted(`CN=${name},O=Test`) });
    issued(await initialize(site.context, asked));
  }
  await site.clock.advance(87 * day);
  const now = site.clock.now().getTime();
  const agent = await start(site);
  const waiting = (await site.store.outbox.of('log')).map(
    ({ nextAttemptAt }) => (nextAttemptAt.getTime() - now) / 1000,
  );
  expect(waiting.length).toBeGreaterThan(8);
  expect(Math.max(...waiting)).toBeLessThanOrEqual(60);
  expect(new Set(waiting.map((seconds) => Math.floor(seconds / 10))).size).toBeGreaterThan(3);
  for (let second = 0; second < 60; second++) {
    await site.clock.advance(1);
    await agent.send();
  }
  const warned = told().filter(({ notification }) => notification === 'clmCertAboutToExpire');
  expect(new Set(warned.map(({ certificate }) => certificate?.name))).toStrictEqual(new Set(names));
  expect(warned).toHaveLength(names.length);
  expect(await site.store.outbox.sizes()).toStrictEqual(new Map());
});

it('holds a clock for wrong that says a time before there was a certkeeper, and warns of no end by it', async () => {
  const site = await makeSite({ clock: fakeClock(new Date('2025-06-01T00:00:00Z')) });
  const told = await listen(site.store, dirname(site.certs));
  await initialized(site);
  await site.clock.advance(87 * day);
  const agent = await start(site);
  await site.clock.advance(60);
  await agent.run();
  const story = storyOf(told());
  expect(story).toContain('RevocationSourceStale major');
  expect(story).not.toContain('CertAboutToExpire warning');
});

it('has a command beside an agent put into the outbox what came of it, and the agent send that', async () => {
  const site = await makeSite({ othersLive: true });
  const told = await listen(site.store, dirname(site.certs));
  await initialized(site);
  const agent = await start(site);
  await site.clock.advance(60);
  await agent.run();
  const before = told().length;
  const beside = await site.open();
  const begunAt = site.clock.now();
  issued(await update(beside, { current: named('gw1'), waitSeconds: 60 }));
  const seen: number[] = [];
  const act = { names: new Map([[named('gw1'), undefined]]), areAuthorities: false, begunAt };
  await tellAct(beside, act, async () => {
    seen.push(told().length - before, (await beside.store.outbox.sizes()).get('log') ?? 0);
    await agent.send();
  });
  expect(seen).toStrictEqual([0, 1]);
  expect(storyOf(told().slice(before))).toStrictEqual(['CertRenewed cleared']);
});
