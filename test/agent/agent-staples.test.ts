import { describe, expect, it, onTestFinished } from 'vitest';
import { startAgent, type Agent } from '../../src/agent/agent.ts';
import { serialOf } from '../../src/lifecycle/stored-certificate.ts';
import { stapleHash } from '../../src/lifecycle/staple-versions.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import type { StaplePublication } from '../../src/store/staples-contract.ts';
import { bodies, named, request } from '../lifecycle/site.ts';
import {
  endpoint,
  makeStapledSite,
  mustStaple,
  stapled,
  type StapledSite,
} from '../lifecycle/stapled-site.ts';

const gw1 = named('gw1');

async function start({ site, context }: StapledSite): Promise<Agent> {
  const agent = await startAgent(
    { ...context, retrieve: async () => new Uint8Array() },
    {
      names: 8,
      perCa: 4,
      beat: () => () => {},
      monotonicMs: () => site.clock.now().getTime(),
    },
  );
  agent.ended.catch(() => {});
  onTestFinished(() => agent.stop());
  await agent.run();
  return agent;
}

/** Let time pass by beats at the announced moments, and look at what is served after each. */
async function live(
  { site, serving }: StapledSite,
  agent: Agent,
  hours: number,
  look: (served: StaplePublication | undefined) => void = () => {},
): Promise<void> {
  const end = site.clock.now().getTime() + hours * 3_600_000;
  for (let beats = 0; site.clock.now().getTime() < end; beats++) {
    expect(beats, 'beats').toBeLessThan(2000);
    const next = (await agent.status()).next?.getTime() ?? end;
    const at = Math.min(end, Math.max(next, site.clock.now().getTime() + 1000));
    await site.clock.advance(Math.ceil((at - site.clock.now().getTime()) / 1000));
    await agent.run();
    look(serving.get('web'));
  }
}

async function alarmsOf({ site }: StapledSite): Promise<readonly string[]> {
  return (await site.store.alarms.list(99)).map(
    ({ family, last: { severity, details } }) => `${family} ${severity} ${details.reason ?? ''}`,
  );
}

describe('the agent', () => {
  it('keeps what is served fresh for a month, asking little more than once a day', async () => {
    const made = await makeStapledSite({ ocspValiditySeconds: 2 * 86_400 });
    await stapled(made);
    const agent = await start(made);
    await live(made, agent, 30 * 24, (served) => expect(served?.staple).toBeDefined());
    // From half to three quarters of two days: 20 to 30 times.
    expect(made.asked()).toBeGreaterThanOrEqual(20);
    expect(made.asked()).toBeLessThanOrEqual(31);
    expect(await alarmsOf(made)).toStrictEqual([]);
    expect(made.site.warnings).toStrictEqual([]);
  });

  it('raises an alarm while the responder is down, and ends it', async () => {
    const made = await makeStapledSite();
    await stapled(made);
    const agent = await start(made);
    await made.site.lab.responder.inject('down');
    await live(made, agent, 22);
    expect(await alarmsOf(made)).toStrictEqual(['staple minor connect']);
    expect(made.serving.get('web')?.staple).toBeDefined();
    await live(made, agent, 4);
    expect(await alarmsOf(made)).toStrictEqual(['staple major connect']);
    expect(made.serving.get('web')?.staple).toBeUndefined();
    await made.site.lab.responder.heal();
    await live(made, agent, 2);
    expect(await alarmsOf(made)).toStrictEqual([]);
    expect(made.serving.get('web')?.staple).toBeDefined();
  });

  it('alarms of what is revoked, and asks for another one with a new key where that is set', async () => {
    const made = await makeStapledSite();
    const { site } = made;
    await stapled(made);
    const agent = await start(made);
    const before = await made.current();
    await site.lab.responder.inject(`revoked@${serialOf(before)}`);
    await live(made, agent, 18);
    expect(made.serving.get('web')?.staple).toBeUndefined();
    expect(await alarmsOf(made)).toStrictEqual(['revoked critical keyCompromise']);
    expect((await made.current()).id).toBe(before.id);

    await site.store.nameSettings.set(gw1, 'key', 'reuse');
    await site.store.nameSettings.set(gw1, 'staple-revoked', 'renew');
    await live(made, agent, 1);
    const after = await made.current();
    expect(after.version).toBe(2);
    expect(after.keyId).not.toBe(before.keyId);
    expect(bodies(site.sent).at(-2)).toBe('ir');
    expect(await alarmsOf(made)).toStrictEqual([]);
    expect(stapleHash(made.serving.get('web')?.certificate ?? before.der)).toBe(
      stapleHash(after.der),
    );
    expect(made.serving.get('web')?.staple).toBeDefined();
  });

  it('delivers a certificate that clients refuse without a staple as soon as there is one', async () => {
    const made = await makeStapledSite();
    const { site } = made;
    await site.store.staples.putEndpoint(gw1, endpoint('web'));
    await site.lab.responder.inject('down');
    const agent = await start(made);
    await expect(initialize(made.context, request(mustStaple()))).rejects.toThrow(
      'clients refuse it without an OCSP response',
    );
    await live(made, agent, 3);
    expect((await made.current()).deliveredAt).toBeUndefined();
    expect(await alarmsOf(made)).toStrictEqual([
      'deploy major DELIVERY_FAILED',
      'staple minor connect',
    ]);
    await site.lab.responder.heal();
    await live(made, agent, 1.1);
    expect((await made.current()).deliveredAt).toBeDefined();
    expect(made.serving.get('web')?.staple).toBeDefined();
    expect(await alarmsOf(made)).toStrictEqual([]);
  });

  it('asks nobody at a restart for what it has', async () => {
    const made = await makeStapledSite();
    await stapled(made);
    const first = await start(made);
    const told = made.told.length;
    for (let restarts = 0; restarts < 3; restarts++) {
      await first.stop();
      const again = await start(made);
      await again.stop();
    }
    expect(made.asked()).toBe(1);
    expect(made.told).toHaveLength(told);
  });
});
