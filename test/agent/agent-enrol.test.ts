import { dirname } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';

import { startAgent, type Agent } from '../../src/agent/agent.ts';
import { CertError } from '../../src/base/errors.ts';
import type { LifecycleContext } from '../../src/lifecycle/context.ts';
import { enroll } from '../../src/lifecycle/enroll.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { poll } from '../../src/lifecycle/poll.ts';
import { due } from '../../src/scheduler/due.ts';
import { gather } from '../../src/scheduler/gather.ts';
import {
  bodies,
  coded,
  initialized,
  makeSite,
  named,
  outstanding,
  request,
  wanted,
  type Site,
} from '../lifecycle/site.ts';
import { listen } from './told.ts';

const dayMs = 86_400_000;
const weekSeconds = 7 * 86_400;

async function start(site: Site, context: LifecycleContext = site.context): Promise<Agent> {
  const agent = await startAgent(
    { ...context, retrieve: () => Promise.reject(new Error('nothing is fetched here')) },
    {
      names: 8,
      perCa: 4,
      beat: () => () => {},
      monotonicMs: () => site.clock.now().getTime(),
    },
  );
  agent.ended.catch(() => {});
  return agent;
}

async function running(site: Site, context?: LifecycleContext): Promise<Agent> {
  const agent = await start(site, context);
  onTestFinished(() => agent.stop());
  await agent.run();
  return agent;
}

async function live(site: Site, agent: Agent, days: number): Promise<void> {
  const end = site.clock.now().getTime() + days * dayMs;
  for (let beats = 0; ; beats++) {
    expect(beats, 'beats').toBeLessThan(200);
    const next = (await agent.status()).next?.getTime() ?? end;
    if (next >= end) break;
    await site.clock.advance(Math.max(1, Math.ceil((next - site.clock.now().getTime()) / 1000)));
    await agent.run();
  }
  await site.clock.advance((end - site.clock.now().getTime()) / 1000);
}

/** Nobody answers. @returns how often it was tried */
function takeDown(site: Site): () => number {
  let tried = 0;
  site.setWire(async () => {
    tried++;
    throw new CertError('NETWORK_UNREACHABLE', 'Cannot connect');
  });
  return () => tried;
}

async function jobs({ store, clock }: Site, name = named('gw1')) {
  const facts = await gather(store, name, clock.now());
  return facts ? due(facts, { windows: [], downUntil: new Map() }, clock.now()) : [];
}

describe('a first request that is left to the agent', () => {
  it('stays outstanding when the CA cannot be reached, with a next time a minute from then', async () => {
    const site = await makeSite();
    takeDown(site);
    const asked = initialize(site.context, request({ retry: true }));
    await expect(asked).rejects.toMatchObject({
      ...coded('NETWORK_UNREACHABLE'),
      hint: expect.stringContaining('the agent sends it again'),
    });
    expect(await outstanding(site.store)).toMatchObject({ operation: 'ir', phase: 'requested' });
    const [job] = await jobs(site);
    expect(job).toMatchObject({ kind: 'enrol', name: 'gw1', ca: 'lab', postponed: 'retry' });
    const inSeconds = ((job?.at.getTime() ?? 0) - site.clock.now().getTime()) / 1000;
    expect(inSeconds).toBeGreaterThanOrEqual(45);
    expect(inSeconds).toBeLessThanOrEqual(75);
  });

  it('is over when nobody left it to the agent', async () => {
    const site = await makeSite();
    takeDown(site);
    await expect(initialize(site.context, request())).rejects.toThrow('Cannot connect');
    expect(await site.store.transactions.outstanding()).toStrictEqual([]);
    expect(await jobs(site)).toStrictEqual([]);
  });

  it('is sent again as it was, under the same key, until a CA that was down for a day is back', async () => {
    const site = await makeSite({ profile: { transactionDeadlineSeconds: weekSeconds } });
    const agent = await running(site);
    const tried = takeDown(site);
    await initialize(site.context, request({ retry: true })).catch(() => {});
    const { keyId } = await outstanding(site.store);
    await live(site, agent, 1);
    // A minute, doubled up to six hours: not all the time, and not too rarely.
    expect(tried()).toBeGreaterThan(8);
    expect(tried()).toBeLessThan(20);
    expect(await site.store.schedule.failing('gw1')).toMatchObject([{ job: 'enrol' }]);
    expect(await site.store.schedule.silentCas()).toMatchObject([{ ca: 'lab' }]);

    site.setWire();
    await live(site, agent, 0.4);
    expect(await site.store.certificates.current('gw1')).toMatchObject({ version: 1, keyId });
    expect(await site.lab.issuedCount()).toBe(1);
    expect(await site.store.schedule.failing('gw1')).toStrictEqual([]);
    expect(await site.store.schedule.silentCas()).toStrictEqual([]);
  });

  it('is gone on with by the next agent when one is killed while the CA answers it', async () => {
    const site = await makeSite({ profile: { transactionDeadlineSeconds: weekSeconds } });
    takeDown(site);
    await initialize(site.context, request({ retry: true })).catch(() => {});
    await site.clock.advance(120);
    const killed = await start(site);
    await new Promise<void>((resolve) => {
      site.setWire(async (der, lab) => {
        await lab(der);
        resolve();
        return new Promise<never>(() => {});
      });
      void killed.run();
    });

    takeDown(site);
    const agent = await running(site, await site.open());
    await live(site, agent, 0.5);
    site.setWire();
    await live(site, agent, 0.5);
    expect(await site.store.certificates.current('gw1')).toMatchObject({ version: 1 });
    expect(await site.store.transactions.outstanding()).toStrictEqual([]);
    expect(await site.store.schedule.failing('gw1')).toStrictEqual([]);
  });

  it('ends at the deadline of its CA, and is told of as a renewal that failed is', async () => {
    const site = await makeSite();
    const told = await listen(site.store, dirname(site.certs));
    const agent = await running(site);
    takeDown(site);
    await initialize(site.context, request({ retry: true })).catch(() => {});
    await live(site, agent, 2);
    expect(await site.store.transactions.outstanding()).toStrictEqual([]);
    expect(await site.store.history.last('gw1')).toMatchObject({ result: 'failed' });
    expect(await site.store.schedule.failing('gw1')).toMatchObject([
      { job: 'enrol', code: 'NETWORK_TIMEOUT', text: expect.stringContaining('Gave up') },
    ]);
    expect(await jobs(site)).not.toContainEqual(expect.objectContaining({ kind: 'enrol' }));
    expect(await site.store.alarms.list(9)).toMatchObject([{ family: 'renewal' }]);
    const last = told().at(-1);
    expect(JSON.stringify(last)).toContain('Gave up the request');
  });

  it('outlasts its deadline on a machine that was off, until it was tried in vain twice within a day', async () => {
    const site = await makeSite();
    takeDown(site);
    await initialize(site.context, request({ retry: true })).catch(() => {});
    await site.clock.advance(30 * 86_400);
    const agent = await running(site);
    expect(await outstanding(site.store)).toMatchObject({ phase: 'requested' });
    site.setWire();
    await live(site, agent, 0.5);
    expect(await site.store.certificates.current('gw1')).toMatchObject({ version: 1 });
  });

  it('begins with the short pauses again when it is asked for anew', async () => {
    const site = await makeSite();
    const agent = await running(site);
    takeDown(site);
    await initialize(site.context, request({ retry: true })).catch(() => {});
    await live(site, agent, 2);
    await initialize(site.context, request({ retry: true })).catch(() => {});
    expect(await site.store.schedule.failing('gw1')).toMatchObject([{ job: 'enrol', count: 1 }]);
  });

  it('is sent now by a poll by hand', async () => {
    const site = await makeSite();
    takeDown(site);
    await initialize(site.context, request({ retry: true })).catch(() => {});
    site.setWire();
    const name = named('gw1');
    expect(await poll(site.context, { name, waitSeconds: 0 })).toMatchObject({ type: 'issued' });
    expect(bodies(site.sent)).toStrictEqual(['ir', 'ir', 'certConf']);
  });

  it('may be one for a further certificate', async () => {
    const site = await makeSite();
    await initialized(site);
    const agent = await running(site);
    takeDown(site);
    const further = enroll(site.context, {
      current: named('gw1'),
      name: named('gw2'),
      wanted: wanted('CN=gw2,O=Test'),
      key: { type: 'generate', keyType: 'p-256' },
      waitSeconds: 0,
      retry: true,
    });
    await expect(further).rejects.toThrow('Cannot connect');
    expect(await jobs(site, named('gw2'))).toMatchObject([{ kind: 'enrol' }]);
    site.setWire();
    await live(site, agent, 0.1);
    expect(await site.store.certificates.current('gw2')).toMatchObject({ version: 1 });
  });
});
