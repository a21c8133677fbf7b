import { describe, expect, it, onTestFinished } from 'vitest';
import { startAgent } from '../../src/agent/agent.ts';
import { update } from '../../src/lifecycle/update.ts';
import { gw1, twoAgents } from './two-agents.ts';

const dayMs = 86_400_000;

describe('the agent', () => {
  it('fetches from another agent what that has renewed, and asks again while that has nothing, or is gone', async () => {
    const nodes = await twoAgents();
    const { serving, fetching } = nodes;
    const { clock, store } = fetching;
    const server = await nodes.serve();
    await nodes.fetch(server);
    await store.nameSettings.set(gw1, 'auto-fetch-days', '30');
    const agent = await startAgent(
      {
        ...fetching.context,
        retrieve: async () => Promise.reject(new Error('this is no folder')),
      },
      { names: 8, perCa: 4, beat: () => () => {}, monotonicMs: () => clock.now().getTime() },
    );
    onTestFinished(() => agent.stop());
    const live = async (days: number): Promise<void> => {
      const end = clock.now().getTime() + days * dayMs;
      for (let beats = 0; ; beats++) {
        expect(beats, 'beats').toBeLessThan(100);
        await agent.run();
        const next = (await agent.status()).next?.getTime() ?? end;
        if (next >= end) break;
        await clock.advance(Math.max(1, Math.ceil((next - clock.now().getTime()) / 1000)));
      }
      await clock.advance((end - clock.now().getTime()) / 1000);
    };

    await live(60.2);
    expect(await store.schedule.failing('gw1')).toMatchObject([
      { job: 'fetch', kind: 'failing', code: 'CMP_WAITING' },
    ]);
    expect(fetching.warnings).toStrictEqual([]);

    await server.close();
    await live(0.5);
    expect(await store.schedule.failing('gw1')).toMatchObject([
      { job: 'fetch', kind: 'failing', code: 'NETWORK_UNREACHABLE' },
    ]);

    await update(serving.context, { current: gw1, waitSeconds: 0 });
    const again = await nodes.serve();
    await store.nameSettings.set(gw1, 'fetch-from', `agent://127.0.0.1:${again.port}`);
    await live(0.5);
    const there = await serving.store.certificates.current('gw1');
    expect(await store.certificates.current('gw1')).toMatchObject({ version: 2, der: there?.der });
    expect(fetching.files()).toEqual(serving.files());
    expect(await store.schedule.failing('gw1')).toEqual([]);
    const served = (await serving.store.audit.list()).filter(({ what }) => what === 'serve');
    expect(served).toHaveLength(2);
    expect((await store.audit.list()).find(({ what }) => what === 'fetch')).toMatchObject({
      actor: { type: 'agent' },
      result: { exitCode: 0 },
    });
  });
});
