import { describe, expect, it, onTestFinished } from 'vitest';
import { startAgent, type Agent } from '../../src/agent/agent.ts';
import { pictureTaker, type TakePicture } from '../../src/agent/metrics-picture.ts';
import { CertError } from '../../src/base/errors.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { putWindow } from '../../src/lifecycle/stored-windows.ts';
import { initialized, makeSite, named, request, type Site } from '../lifecycle/site.ts';

async function retrieve(): Promise<Uint8Array> {
  return new Uint8Array();
}

async function watched(site: Site): Promise<{ agent: Agent; take: TakePicture }> {
  const agent = await startAgent(
    { ...site.context, retrieve },
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
  const { store, clock } = site;
  const status = (): ReturnType<Agent['status']> => agent.status();
  return { agent, take: pictureTaker({ store, clock, version: '1', status }) };
}

describe('a picture', () => {
  it('follows a certificate through its renewal', async () => {
    const site = await makeSite();
    await initialized(site);
    await site.store.nameSettings.set(named('gw1'), 'auto-update-days', '30');
    const { agent, take } = await watched(site);
    const { next } = await agent.status();
    const before = await take();
    const [first] = before.certificates;
    expect([first]).toMatchObject([
      { name: 'gw1', ca: 'lab', state: 'active', renewalAt: next, labels: { subject_CN: 'gw1' } },
    ]);
    expect(before.jobLagSeconds).toBe(0);

    const seconds = ((next?.getTime() ?? 0) - site.clock.now().getTime()) / 1000;
    await site.clock.advance(Math.ceil(seconds) + 120);
    expect((await take()).jobLagSeconds).toBeGreaterThanOrEqual(119);
    await agent.run();
    const after = await take();
    expect(after.jobLagSeconds).toBe(0);
    const [renewed] = after.certificates;
    expect(renewed?.notAfter.getTime()).toBeGreaterThan(first?.notAfter.getTime() ?? 0);
    expect(renewed?.labels['serial_number']).not.toBe(first?.labels['serial_number']);
    expect(after.counters).toContainEqual(
      expect.objectContaining({ counter: 'transaction.kur.granted', value: 1 }),
    );
  });

  it('says of a renewal that waits for a maintenance window when that opens', async () => {
    const site = await makeSite();
    await initialized(site);
    await site.store.nameSettings.set(named('gw1'), 'auto-update-days', '30');
    const { agent, take } = await watched(site);
    const late = { cron: '0 3 * * *', timezone: 'UTC', durationSeconds: 3600 };
    await putWindow(site.store, { name: named('late'), ...late });
    await agent.run();
    const [first] = (await take()).certificates;
    expect(first?.renewalAt?.toISOString()).toMatch(/T03:00:00/);
  });

  it('shows the state of one whose renewal fails', async () => {
    const site = await makeSite();
    await initialized(site);
    const { take } = await watched(site);
    const failure = { job: 'update', code: 'CMP_REJECTED', text: 'no', at: new Date(0) } as const;
    for (const [kind, state] of [
      ['failing', 'failed'],
      ['blocked', 'blocked'],
    ] as const) {
      await site.store.schedule.failed(named('gw1'), { ...failure, kind });
      expect([...(await take()).certificates]).toMatchObject([{ state }]);
    }
  });

  it('changes with time alone, and forgets what is removed', async () => {
    const site = await makeSite();
    await initialized(site);
    const { take } = await watched(site);
    expect([...(await take()).certificates]).toMatchObject([{ state: 'active' }]);
    await site.clock.advance(86 * 86_400);
    expect([...(await take()).certificates]).toMatchObject([{ state: 'expiring' }]);
    await site.clock.advance(86 * 86_400);
    expect([...(await take()).certificates]).toMatchObject([{ state: 'expired' }]);
    await site.store.certificates.remove('gw1');
    expect([...(await take()).certificates]).toStrictEqual([]);
  });

  it('shows what waits, what fails and which CA is silent', async () => {
    const site = await makeSite({ lab: { polls: 9, checkAfterSeconds: 3600 } });
    const { agent, take } = await watched(site);
    await initialize(site.context, request({ waitSeconds: 0 }));
    expect((await take()).outstanding).toStrictEqual([{ ca: 'lab', operation: 'ir', count: 1 }]);
    site.setWire(async () => {
      throw new CertError('NETWORK_UNREACHABLE', 'Cannot connect');
    });
    await site.clock.advance(7200);
    await agent.run();
    const { silentCas, failing } = await take();
    expect(silentCas).toStrictEqual(['lab']);
    expect(failing).toStrictEqual([{ job: 'poll', kind: 'failing', count: 1 }]);
  });

  it('is taken once for two that ask at the same time', async () => {
    const site = await makeSite();
    const { take } = await watched(site);
    expect(await Promise.all([take(), take()])).toSatisfy(([one, other]) => one === other);
  });
});
