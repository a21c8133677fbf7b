import { describe, expect, it, onTestFinished } from 'vitest';
import { startAgent, type Agent } from '../../src/agent/agent.ts';
import type { Clock } from '../../src/base/clock.ts';
import { decodeMessage, type PKIBody } from '../../src/cmp/message/pki-message.ts';
import type { LifecycleContext } from '../../src/lifecycle/context.ts';
import { fakeClock, type FakeClock } from '../harness/fake-clock.ts';
import { signedAnswerFor } from '../lifecycle/signed-answer.ts';
import { initialized, makeSite, named, type Site } from '../lifecycle/site.ts';

const dayMs = 86_400_000;

const badTime: PKIBody = {
  type: 'error',
  value: { pKIStatusInfo: { status: 'rejection', failInfo: ['badTime'] } },
};

/** An agent beside a CA that lets each request wait, with a clock of its own. */
async function scene() {
  const site = await makeSite({ lab: { polls: 3, checkAfterSeconds: 7200 } });
  await initialized(site, { waitSeconds: 86_400 });
  await site.store.nameSettings.set(named('gw1'), 'auto-update-days', '30');
  let aheadMs = 0;
  const ours: Clock = {
    now: () => new Date(site.clock.now().getTime() + aheadMs),
    sleep: (ms, signal) => site.clock.sleep(ms, signal),
  };
  const context: LifecycleContext = { ...site.context, clock: ours };
  const agent = await startAgent(
    { ...context, retrieve: () => Promise.reject(new Error('nothing to retrieve')) },
    { names: 8, perCa: 4, beat: () => () => {}, monotonicMs: () => site.clock.now().getTime() },
  );
  onTestFinished(() => agent.stop());
  await agent.run();
  return {
    site,
    agent,
    set: (ms: number) => {
      aheadMs = ms;
    },
  };
}

/** Let time pass, with a beat after so many hours each. */
async function live(site: Site, agent: Agent, times: number, hours: number): Promise<void> {
  for (let i = 0; i < times; i++) {
    await site.clock.advance(hours * 3600);
    await agent.run();
  }
}

describe('the agent, while the CA lets a renewal wait', () => {
  it.each([
    ['ahead', 12 * dayMs],
    ['behind', -12 * dayMs],
  ])(
    'goes on with it once the clock is right that was %s when it was begun [L8]',
    async (_, ms) => {
      const { site, agent, set } = await scene();
      // Due by the wrong clock, then.
      await live(site, agent, 1, (61 * dayMs - ms) / 3_600_000);
      set(ms);
      await agent.run();
      const [asked] = await site.store.transactions.outstanding('gw1');
      expect(asked).toMatchObject({ operation: 'kur', phase: 'waiting' });
      set(0);
      await live(site, agent, 8, 2);
      expect(await site.store.certificates.current('gw1')).toMatchObject({ version: 2 });
      expect(await site.store.schedule.failing('gw1')).toStrictEqual([]);
    },
  );

  it.each([
    ['40 days', 40 * 86_400],
    ['decades', 2 ** 31],
  ])(
    'asks once more at the deadline of a request that it was to leave alone for %s, and begins another [L2][L4]',
    async (_, checkAfter) => {
      const { site, agent } = await scene();
      const asked: string[] = [];
      site.setWire((der) => {
        const { type } = decodeMessage(der).body;
        asked.push(type);
        const body: PKIBody =
          type === 'kur'
            ? {
                type: 'kup',
                value: { response: [{ certReqId: 0, status: { status: 'waiting' } }] },
              }
            : { type: 'pollRep', value: [{ certReqId: 0, checkAfter }] };
        return signedAnswerFor({ lab: site.lab, clock: site.clock }, der, body);
      });
      await live(site, agent, 1, 61 * 24);
      await live(site, agent, 3, 6);
      expect(asked).toStrictEqual(['kur', 'pollReq']);
      site.setWire((der, lab) => {
        asked.push(decodeMessage(der).body.type);
        return lab(der);
      });
      // The profile of this site allows a day.
      await live(site, agent, 12, 6);
      expect(asked.slice(2, 4)).toStrictEqual(['pollReq', 'kur']);
      expect(await site.store.certificates.current('gw1')).toMatchObject({ version: 2 });
    },
  );

  it('begins another one past the deadline when no poll is in time for the CA, whatever is done [L4]', async () => {
    const { site, agent } = await scene();
    await live(site, agent, 1, 61 * 24);
    const [first] = await site.store.transactions.outstanding('gw1');
    // Each time another clock, so that there is nothing to learn.
    let hours = 0;
    const aheadBy = (by: number): FakeClock =>
      fakeClock(new Date(site.clock.now().getTime() + by * 3_600_000));
    site.setWire((der, lab) =>
      decodeMessage(der).header.transactionID?.join() === first?.transactionID.join()
        ? signedAnswerFor({ lab: site.lab, clock: aheadBy(++hours) }, der, badTime)
        : lab(der),
    );
    // The profile of this site allows a day.
    await live(site, agent, 16, 6);
    expect(await site.store.history.list()).toContainEqual(
      expect.objectContaining({ operation: 'kur', result: 'failed' }),
    );
    expect(await site.store.certificates.current('gw1')).toMatchObject({ version: 2 });
  });
});
