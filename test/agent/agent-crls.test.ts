import { describe, expect, it } from 'vitest';
import { startAgent, type Agent } from '../../src/agent/agent.ts';
import { CertError } from '../../src/base/errors.ts';
import { initialized, makeSite, named } from '../lifecycle/site.ts';

type Refresh = (signal: AbortSignal) => Promise<void>;

async function agentWith(refreshDue: Refresh): Promise<Agent> {
  const site = await makeSite();
  const agent = await startAgent(
    { ...site.context, retrieve: async () => Uint8Array.of() },
    { names: 8, perCa: 4, beat: () => () => {}, monotonicMs: () => 0, crls: { refreshDue } },
  );
  agent.ended.catch(() => {});
  return agent;
}

describe('the agent and configured CRLs', () => {
  it('has them fetched with every run, one after the other, and lets them come to an end', async () => {
    let [begun, under] = [0, 0];
    const agent = await agentWith(async (signal) => {
      begun++;
      expect(++under).toBe(1);
      await new Promise((resolve) => {
        setImmediate(resolve);
      });
      expect(signal.aborted).toBe(false);
      under--;
    });
    await Promise.all([agent.run(), agent.run()]);
    const before = begun;
    await agent.run();
    expect(begun).toBe(before + 1);
    await agent.stop();
    expect(under).toBe(0);
  });

  it('ends the fetches that are under way when it is stopped', async () => {
    const begun = Promise.withResolvers<void>();
    const agent = await agentWith(async (signal) => {
      begun.resolve();
      await new Promise((_resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason));
      });
    });
    await begun.promise;
    await agent.stop();
    expect((await agent.status()).trouble).toBeUndefined();
  });

  it('tells what keeps it from them, and goes on', async () => {
    const agent = await agentWith(async () => {
      throw new CertError('STORE_FULL', 'Cannot write to the store: the disk is full');
    });
    await agent.run();
    expect((await agent.status()).trouble).toBe('Cannot write to the store: the disk is full');
    await agent.run();
    await agent.stop();
  });

  it('has them fetched, and what peers are judged by looked at, while a CA is slow', async () => {
    const site = await makeSite();
    await initialized(site);
    await site.store.nameSettings.set(named('gw1'), 'auto-update-days', '30');
    await site.clock.advance(75 * 86_400);
    const asked = Promise.withResolvers<void>();
    site.setWire(async () => {
      asked.resolve();
      return await new Promise<never>(() => {});
    });
    const beat = Promise.withResolvers<() => void>();
    const looked = Promise.withResolvers<string>();
    const agent = await startAgent(
      { ...site.context, retrieve: async () => Uint8Array.of() },
      {
        names: 8,
        perCa: 4,
        beat: (given) => {
          beat.resolve(given);
          return () => {};
        },
        monotonicMs: () => 0,
        crls: { refreshDue: async () => {} },
        validation: { look: async () => looked.resolve('looked') },
      },
    );
    agent.ended.catch(() => {});
    await asked.promise;
    const tick = await beat.promise;
    tick();
    expect(await looked.promise).toBe('looked');
  });
});
