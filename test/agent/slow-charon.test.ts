import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, describe, it, onTestFinished, vi } from 'vitest';
import { startAgent } from '../../src/agent/agent.ts';
import { makeIpsecSite } from '../lifecycle/ipsec-site.ts';
import { initialized, named } from '../lifecycle/site.ts';

// The time limit of an answer passes when a test says so.
beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

/** Until a certificate of 90 days is renewed 30 days before its end, or up to a twentieth of that earlier. */
const SIXTY_DAYS_SECONDS = 60 * 86_400;

describe('the agent, with a charon that does not answer', () => {
  it('renews others meanwhile, and deploys to it once it answers', async () => {
    const { site, context, charon, put, deployment } = await makeIpsecSite();
    const { store, clock } = site;
    await put();
    await initialized(site, { name: named('gw2') });
    for (const name of ['gw1', 'gw2'])
      await store.nameSettings.set(named(name), 'auto-update-days', '30');
    const options = { names: 8, perCa: 4, beat: () => () => {} };
    const agent = await startAgent(
      { ...context, retrieve: () => Promise.reject(new Error('nothing is read')) },
      { ...options, monotonicMs: () => clock.now().getTime() },
    );
    agent.ended.catch(() => {});
    onTestFinished(() => agent.stop());
    await agent.run();
    expect((await deployment()).status).toMatchObject({ state: 'deployed' });
    const isVersion = async (name: string, version: number): Promise<boolean> =>
      (await store.certificates.current(name))?.version === version;

    const asked = Promise.withResolvers<void>();
    charon.failNth(1, () => {
      asked.resolve();
      return 'silence';
    });
    await clock.advance(SIXTY_DAYS_SECONDS);
    const running = agent.run();
    await asked.promise;
    while (!(await isVersion('gw2', 2))) await turn();
    expect((await deployment()).status).toMatchObject({ state: 'pending' });
    vi.advanceTimersByTime(60_000);
    await running;
    expect((await deployment()).status).toMatchObject({
      error: expect.stringContaining('no answer to load-cert in 10 s'),
    });
    await clock.advance(3600);
    await agent.run();
    expect((await deployment()).status).toMatchObject({ state: 'deployed' });
    expect(await isVersion('gw1', 2)).toBe(true);
  });
});
