import { expect, it } from 'vitest';
import { becomeAgent } from '../../src/agent/agent-lease.ts';
import { examineAgent } from '../../src/agent/doctor-agent.ts';
import { putWindow } from '../../src/lifecycle/stored-windows.ts';
import { initialized, makeSite, named } from '../lifecycle/site.ts';

it('doctor misses an agent only where certificates are to be renewed by it', async () => {
  const site = await makeSite({ othersLive: true });
  await initialized(site);
  expect(await examineAgent(site.context)).toMatchObject([{ check: 'agent', severity: 'note' }]);
  await site.store.nameSettings.set(named('gw1'), 'auto-update-days', '30');
  expect(await examineAgent(site.context)).toMatchObject([
    { check: 'agent', severity: 'error', remedy: expect.stringContaining('systemctl start') },
    { check: 'next', about: 'gw1', text: expect.stringMatching(/^it is renewed at 20/) },
  ]);
  const lease = await becomeAgent(site.context);
  expect((await examineAgent(site.context))[0]).toMatchObject({ severity: 'ok' });
  await lease.release();
});

it('doctor misses an agent also when what it is to renew has ended', async () => {
  const site = await makeSite();
  await initialized(site);
  await site.store.nameSettings.set(named('gw1'), 'auto-update-days', '30');
  await site.clock.advance(4000 * 86_400);
  expect(await examineAgent(site.context)).toMatchObject([{ check: 'agent', severity: 'error' }]);
});

it('doctor says of a renewal that waits for a maintenance window when that opens', async () => {
  const site = await makeSite();
  await initialized(site);
  await site.store.nameSettings.set(named('gw1'), 'auto-update-days', '30');
  const late = { cron: '0 3 * * *', timezone: 'UTC', durationSeconds: 3600 };
  await putWindow(site.store, { name: named('late'), ...late });
  const [, next] = await examineAgent(site.context);
  expect(next?.text).toMatch(/^it is renewed at \S+T03:00:00Z$/);
});
