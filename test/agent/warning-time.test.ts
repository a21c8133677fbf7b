import { dirname } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { startAgent } from '../../src/agent/agent.ts';
import { CertError } from '../../src/base/errors.ts';
import { decodeCertificate } from '../../src/x509/certificate.ts';
import { initialized, makeSite, named } from '../lifecycle/site.ts';
import { listen, storyOf } from './told.ts';

const hourMs = 3_600_000;

/** An agent that renews a certificate of an hour, twenty minutes before its end. */
async function scene(setHours?: number) {
  const site = await makeSite({ lab: { validitySeconds: 3600 } });
  if (setHours !== undefined) await site.store.settings.set('cert-trap-hours', String(setHours));
  const told = await listen(site.store, dirname(site.certs));
  await initialized(site);
  await site.store.nameSettings.set(named('gw1'), 'auto-update-days', '1');
  const agent = await startAgent(
    { ...site.context, retrieve: () => Promise.reject(new Error('nothing to retrieve')) },
    { names: 1, perCa: 1, beat: () => () => {}, monotonicMs: () => site.clock.now().getTime() },
  );
  onTestFinished(() => agent.stop());
  await agent.run();
  const story = (): readonly string[] => storyOf(told());
  return {
    site,
    story,
    isWarned: () => story().some((line) => line.startsWith('CertAboutToExpire')),
    async liveUntil(end: number): Promise<void> {
      while (site.clock.now().getTime() < end) {
        const next = (await agent.status()).next?.getTime() ?? end;
        const ms = Math.min(next, end) - site.clock.now().getTime();
        await site.clock.advance(Math.max(1, Math.ceil(ms / 1000)));
        await agent.run();
      }
    },
    async end(): Promise<number> {
      const { der = new Uint8Array() } = (await site.store.certificates.current('gw1')) ?? {};
      return decodeCertificate(der).tbsCertificate.validity.notAfter.value.getTime();
    },
  };
}

it('warns of no healthy renewal, and of one that fails when half of the time for it is gone', async () => {
  const { site, story, isWarned, liveUntil, end } = await scene();
  await liveUntil(site.clock.now().getTime() + 3 * hourMs);
  expect(new Set(story())).toStrictEqual(new Set(['CertIssued cleared', 'CertRenewed cleared']));
  const last = await end();
  site.setWire(() =>
    Promise.reject(new CertError('NETWORK_UNREACHABLE', 'Cannot connect to lab.example')),
  );
  await liveUntil(last - 601_000);
  expect(isWarned()).toBe(false);
  await liveUntil(last - 599_000);
  expect(isWarned()).toBe(true);
});

it('warns as early as it is told to, of healthy renewals too', async () => {
  const { site, isWarned, liveUntil } = await scene(168);
  await liveUntil(site.clock.now().getTime() + hourMs);
  expect(isWarned()).toBe(true);
});
