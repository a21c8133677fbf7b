import { expect, it } from 'vitest';
import { becomeAgent } from '../../src/agent/agent-lease.ts';
import { examineTunnels } from '../../src/agent/doctor-tunnels.ts';
import { readTunnels } from '../../src/lifecycle/ipsec-tunnels.ts';
import { issue } from '../harness/certificates.ts';
import { rootB, tunnelScene } from './tunnel-scene.ts';

it('doctor says of tunnels whether charon answers, has what it needs, and whom we refuse', async () => {
  const { site, put, deploy, tunnels, charon, letIn } = await tunnelScene();
  const context = { ...site.context, livenessOf: () => 'alive' as const };
  expect(await examineTunnels(context)).toStrictEqual([]);
  await put();
  expect(await examineTunnels(context)).toMatchObject([
    { check: 'tunnel', severity: 'warning', text: expect.stringContaining('no agent runs') },
    { about: 'bob', severity: 'error', text: 'charon has no such connection' },
  ]);
  const lease = await becomeAgent(context);
  await deploy();
  const notAfter = new Date('2026-06-01T00:00:00Z');
  letIn('bob', issue({ subject: 'CN=bob', issuer: rootB, notAfter }));
  expect(await examineTunnels(context)).toStrictEqual([
    {
      check: 'tunnel',
      about: charon.socket,
      severity: 'ok',
      text: '1 of 1 tunnels are established',
    },
  ]);
  await tunnels.refresh();
  const why = expect.stringMatching(/^The tunnel of ipsec peer bob is ended: .*expired/);
  expect(await examineTunnels(context)).toMatchObject([
    { about: 'bob', severity: 'error', text: why },
  ]);
  expect(await readTunnels(context, await site.store.ipsecPeers.list())).toMatchObject([
    { status: 'not loaded', why },
  ]);
  await charon.stop();
  expect(await examineTunnels(context)).toMatchObject([
    { about: charon.socket, severity: 'error', text: expect.stringContaining('Cannot talk to') },
  ]);
  await lease.release();
});
