import { rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';

import { startAgent, type Agent } from '../../src/agent/agent.ts';
import { CertError } from '../../src/base/errors.ts';
import type { LifecycleContext } from '../../src/lifecycle/context.ts';
import { removeCertificate } from '../../src/lifecycle/remove-certificate.ts';
import { update } from '../../src/lifecycle/update.ts';
import { decodeCertificate } from '../../src/x509/certificate.ts';
import { initialized, makeSite, named, type Site } from '../lifecycle/site.ts';
import { brokenStory, unsettledAlarms } from './alarm-invariants.ts';
import { listen, storyOf, type Told } from './told.ts';

const dayMs = 86_400_000;
const hourMs = 3_600_000;

interface Scene {
  readonly site: Site;
  agent: Agent;
  told(): readonly Told[];
}

async function start(site: Site, context: LifecycleContext): Promise<Agent> {
  const services = {
    ...context,
    retrieve: async () => {
      throw new Error('nothing is fetched here');
    },
  };
  const agent = await startAgent(services, {
    names: 8,
    perCa: 4,
    beat: () => () => {},
    monotonicMs: () => site.clock.now().getTime(),
  });
  agent.ended.catch(() => {});
  onTestFinished(() => agent.stop());
  await agent.run();
  return agent;
}

async function scene(options: Parameters<typeof makeSite>[0] = {}): Promise<Scene> {
  const site = await makeSite(options);
  const told = await listen(site.store, dirname(site.certs));
  await initialized(site);
  const agent = await start(site, site.context);
  return { site, agent, told };
}

/** Let time pass to a moment, with beats at the announced moments; then everything is told as it is. */
async function liveUntil(play: Scene, end: number): Promise<void> {
  const { site, agent, told } = play;
  for (let beats = 0; ; beats++) {
    expect(beats, 'beats').toBeLessThan(1000);
    const next = (await agent.status()).next?.getTime() ?? end;
    if (next >= end) break;
    await site.clock.advance(Math.max(1, Math.ceil((next - site.clock.now().getTime()) / 1000)));
    await agent.run();
  }
  await site.clock.advance((end - site.clock.now().getTime()) / 1000);
  await agent.run();
  expect(await unsettledAlarms(site.store, site.clock.now())).toStrictEqual([]);
  if ((await site.store.outbox.sizes()).size > 0) return;
  expect(brokenStory(told(), await site.store.alarms.list(99))).toStrictEqual([]);
}

function live(play: Scene, days: number): Promise<void> {
  return liveUntil(play, play.site.clock.now().getTime() + days * dayMs);
}

async function endOf({ store }: Site): Promise<number> {
  const current = await store.certificates.current('gw1');
  if (current === undefined) throw new Error('there is no certificate');
  return decodeCertificate(current.der).tbsCertificate.validity.notAfter.value.getTime();
}

const autoUpdate = ({ store }: Site, days: number) =>
  store.nameSettings.set(named('gw1'), 'auto-update-days', String(days));

const unreachable = async (): Promise<never> => {
  throw new CertError('NETWORK_UNREACHABLE', 'Cannot connect to lab.example');
};

/** Every alarm that was raised has ended: with a notification that names it. */
async function expectNoneStands({ site, told }: Scene): Promise<void> {
  expect(await site.store.alarms.list(9)).toStrictEqual([]);
  expect(brokenStory(told(), [])).toStrictEqual([]);
}

describe('an agent that is told of', () => {
  it('says that the first certificate was issued, once, and of each renewal that it was', async () => {
    const play = await scene();
    await live(play, 1);
    expect(storyOf(play.told())).toStrictEqual(['CertIssued cleared']);
    await autoUpdate(play.site, 30);
    await live(play, 130);
    const told = play.told();
    expect(storyOf(told)).toStrictEqual([
      'CertIssued cleared',
      'CertRenewed cleared',
      'CertRenewed cleared',
    ]);
    expect(told[1]).toMatchObject({ operation: 'kur', certificate: { name: 'gw1' } });
    expect(told[1]?.certificate?.index).toBe(told[0]?.certificate?.index);
    expect(told[1]?.oldSerialNumber).toMatch(/^[0-9a-f]{2,}$/);
    await expectNoneStands(play);
  });

  it('warns of an end that nobody prevents, worse with time, and says when a renewal ends it', async () => {
    const play = await scene();
    const end = await endOf(play.site);
    await liveUntil(play, end - 168 * hourMs - 60_000);
    expect(storyOf(play.told())).toStrictEqual(['CertIssued cleared']);
    await liveUntil(play, end - 168 * hourMs + 60_000);
    expect(play.told().at(-1)).toMatchObject({
      notification: 'clmCertAboutToExpire',
      severity: 'warning',
      certificate: { state: 'expiring' },
    });
    await liveUntil(play, end + 2 * dayMs);
    const told = play.told();
    expect(storyOf(told)).toStrictEqual([
      'CertIssued cleared',
      'CertAboutToExpire warning',
      'CertAboutToExpire major',
      'CertExpired critical',
    ]);
    // Daily, every six hours on the last day, and daily after the end.
    expect(told).toHaveLength(15);

    // RFC 9810 has no update of what has expired: a person gets another one, and imports it.
    const { certificate } = await initialized(play.site, { name: named('gw2') });
    const { der, chain, keyId = 0 } = certificate;
    const at = play.site.clock.now();
    const key = { id: keyId };
    await play.site.store.certificates.import({
      name: named('gw1'),
      der,
      chain,
      key,
      at,
      source: 'import',
    });
    await live(play, 1);
    const last = play.told().findLast((each) => each.certificate?.name === 'gw1');
    expect(last).toMatchObject({
      notification: 'clmCertExpiryCleared',
      reason: 'renewed',
      ends: [told[1]?.alarm],
    });
    await expectNoneStands(play);
  });

  it('tells of a renewal that fails: at once, when it presses, and that it is over', async () => {
    const play = await scene();
    await autoUpdate(play.site, 12);
    const end = await endOf(play.site);
    play.site.setWire(unreachable);
    await liveUntil(play, end - 11.9 * dayMs);
    expect(storyOf(play.told())).toStrictEqual(['CertIssued cleared', 'CertRenewalFailed minor']);
    expect(play.told().at(-1)).toMatchObject({
      reason: 'NETWORK_UNREACHABLE',
      operation: 'kur',
      certificate: { state: 'failed' },
    });
    await liveUntil(play, end - 6.4 * dayMs);
    expect(storyOf(play.told()).at(-1)).toBe('CertRenewalFailed minor');
    await liveUntil(play, end - 5.9 * dayMs);
    expect(new Set(storyOf(play.told()).slice(-2))).toStrictEqual(
      new Set(['CertRenewalFailed major', 'CertAboutToExpire minor']),
    );
    const failures = play.told().filter(({ attempts }) => attempts !== undefined);
    expect(failures.at(-1)?.attempts).toBeGreaterThan(10);
    expect(failures.length).toBeLessThan(12);

    play.site.setWire();
    await live(play, 1);
    expect(storyOf(play.told()).slice(-2)).toStrictEqual([
      'CertRenewed cleared',
      'CertExpiryCleared cleared',
    ]);
    await expectNoneStands(play);
  });

  it('holds a renewal that the CA refuses for good for major at once, and says the bits of the CA', async () => {
    const play = await scene();
    const { lab: willing } = play.site;
    await play.site.relab({ refuse: 'notAuthorized' });
    await autoUpdate(play.site, 30);
    await liveUntil(play, (await endOf(play.site)) - 28 * dayMs);
    expect(play.told().at(-1)).toMatchObject({
      notification: 'clmCertRenewalFailed',
      severity: 'major',
      reason: 'notAuthorized',
      operation: 'kur',
      certificate: { state: 'blocked' },
    });
    play.site.setWire((der) => willing.handle(der));
    await live(play, 3);
    expect(storyOf(play.told()).at(-1)).toBe('CertRenewed cleared');
    await expectNoneStands(play);
  });

  it('tells of a delivery that fails, and of the renewal only when it is delivered', async () => {
    const play = await scene();
    await autoUpdate(play.site, 30);
    const { certs } = play.site;
    rmSync(certs, { recursive: true });
    // A file where the directory was.
    const blocked = join(dirname(certs), 'certs');
    writeFileSync(blocked, 'not a directory');
    await liveUntil(play, (await endOf(play.site)) - 28 * dayMs);
    expect(storyOf(play.told())).toStrictEqual(['CertIssued cleared', 'DeployFailed major']);
    expect(play.told().at(-1)).toMatchObject({ certificate: { state: 'deployPending' } });
    const { alarm } = play.told().at(-1) ?? {};
    rmSync(blocked);
    await live(play, 1);
    expect(storyOf(play.told()).slice(2)).toStrictEqual(['CertRenewed cleared']);
    expect(play.told().at(-1)?.ends).toStrictEqual([alarm]);
    await expectNoneStands(play);
  });

  it('tells that the CA lets a request wait, and that it does no more', async () => {
    const play = await scene();
    await play.site.relab({ polls: 5, checkAfterSeconds: 12 * 3600 });
    await play.site.setProfile({ transactionDeadlineSeconds: 10 * 86_400 });
    await autoUpdate(play.site, 30);
    await liveUntil(play, (await endOf(play.site)) - 20 * dayMs);
    const told = play.told();
    expect(storyOf(told)).toStrictEqual([
      'CertIssued cleared',
      'RequestWaiting warning',
      'RequestWaiting minor',
      'CertRenewed cleared',
    ]);
    expect(told[1]).toMatchObject({ operation: 'kur', certificate: { state: 'waiting' } });
    expect(told[1]?.nextAttempt).toBeDefined();
    await expectNoneStands(play);
  });

  it('tells of an enrolment that was left waiting and is refused, until somebody clears it', async () => {
    const site = await makeSite({ lab: { polls: 2, checkAfterSeconds: 3600 } });
    const told = await listen(site.store, dirname(site.certs));
    await expect(initialized(site, { waitSeconds: 0 })).rejects.toThrow('waiting');
    const play: Scene = { site, told, agent: await start(site, site.context) };
    await live(play, 0.01);
    await site.relab({ refuse: 'badRequest', polls: 0 });
    await live(play, 3);
    expect(storyOf(told()).slice(0, 2)).toStrictEqual([
      'RequestWaiting warning',
      'CertRenewalFailed major',
    ]);
    await site.store.schedule.recovered('gw1');
    await site.store.schedule.wake();
    await live(play, 0.1);
    expect(storyOf(told()).at(-1)).toBe('CertRenewalFailed cleared');
    await expectNoneStands(play);
  });

  it('ends all that stands of a name that is removed', async () => {
    const play = await scene();
    await liveUntil(play, (await endOf(play.site)) - 3 * dayMs);
    expect(await play.site.store.alarms.list(9)).toHaveLength(1);
    await removeCertificate(play.site.context, { name: named('gw1'), withFiles: false });
    await live(play, 0.1);
    expect(play.told().at(-1)).toMatchObject({
      notification: 'clmCertExpiryCleared',
      reason: 'removed',
    });
    expect(await play.site.store.alarms.find('certificate', 'gw1')).toBeUndefined();
    await expectNoneStands(play);
  });

  it('ends what stands of a name that is removed while its renewal fails', async () => {
    const play = await scene();
    await play.site.relab({ refuse: 'notAuthorized' });
    await autoUpdate(play.site, 30);
    await liveUntil(play, (await endOf(play.site)) - 28 * dayMs);
    expect(play.told().at(-1)).toMatchObject({ notification: 'clmCertRenewalFailed' });
    await removeCertificate(play.site.context, { name: named('gw1'), withFiles: false });
    await live(play, 2);
    await expectNoneStands(play);
  });

  it('says nothing again when it was started again, and does not forget that something ends', async () => {
    const play = await scene();
    await liveUntil(play, (await endOf(play.site)) - 6.5 * dayMs);
    const before = play.told();
    expect(storyOf(before).at(-1)).toBe('CertAboutToExpire warning');
    for (let starts = 0; starts < 3; starts++) {
      await play.agent.stop();
      play.agent = await start(play.site, await play.site.open());
      await live(play, 0.001);
    }
    expect(play.told()).toHaveLength(before.length);
    await play.agent.stop();
    await update(play.site.context, { current: named('gw1'), waitSeconds: 0 });
    play.agent = await start(play.site, await play.site.open());
    await live(play, 0.01);
    expect(storyOf(play.told().slice(before.length))).toStrictEqual([
      'CertRenewed cleared',
      'CertExpiryCleared cleared',
    ]);
    await expectNoneStands(play);
  });

  it('says when the time to warn was changed, and ends what is warned of no more', async () => {
    const play = await scene();
    await liveUntil(play, (await endOf(play.site)) - 5 * dayMs);
    await play.site.store.settings.set('cert-trap-hours', '48');
    await play.site.store.schedule.wake();
    await live(play, 0.1);
    expect(play.told().at(-1)).toMatchObject({
      notification: 'clmCertExpiryCleared',
      reason: 'threshold-changed',
    });
    await liveUntil(play, (await endOf(play.site)) - 1.9 * dayMs);
    expect(storyOf(play.told()).at(-1)).toBe('CertAboutToExpire warning');
    await play.site.store.settings.set('cert-trap-hours', '0');
    await play.site.store.schedule.wake();
    await live(play, 0.1);
    expect(play.told().at(-1)).toMatchObject({ reason: 'disabled' });
    await expectNoneStands(play);
  });

  it('tells of a clock that was set back, and says nothing of ends until it is believed', async () => {
    const play = await scene();
    await liveUntil(play, (await endOf(play.site)) - 3 * dayMs);
    const before = play.told().length;
    await play.agent.stop();
    const { context, clock } = play.site;
    const back = { ...clock, now: () => new Date(clock.now().getTime() - 40 * dayMs) };
    play.agent = await start(play.site, { ...context, clock: back });
    await clock.advance(60);
    await play.agent.run();
    expect(play.told().slice(before)).toMatchObject([
      { notification: 'clmRevocationSourceStale', severity: 'major', reason: 'clock-suspect' },
    ]);
    expect(play.told()[before]).toMatchObject({ endpoint: 'clock' });
    for (let hour = 0; hour < 36; hour++) {
      await clock.advance(3600);
      await play.agent.run();
    }
    // Both in one look, whichever comes first in it.
    expect(storyOf(play.told().slice(before)).slice(1).toSorted()).toStrictEqual([
      'CertExpiryCleared cleared',
      'RevocationSourceRecovered cleared',
    ]);
    await expectNoneStands(play);
  });

  it('looks at everything when a clock is believed that another process doubted', async () => {
    const play = await scene();
    await liveUntil(play, (await endOf(play.site)) - 3 * dayMs);
    await play.agent.stop();
    const { context, clock } = play.site;
    const back = { ...clock, now: () => new Date(clock.now().getTime() - 40 * dayMs) };
    play.agent = await start(play.site, { ...context, clock: back });
    await clock.advance(20 * 3600);
    await play.agent.run();
    await play.agent.stop();
    await clock.advance(20 * 3600);
    play.agent = await start(play.site, { ...context, clock: back });
    await clock.advance(120);
    await play.agent.run();
    expect(await play.site.store.alarms.list(9)).toStrictEqual([]);
    await expectNoneStands(play);
  });

  it('tells of a CA certificate, and of the root of a profile, that come to their ends', async () => {
    const play = await scene();
    const [root] = play.site.profile.roots;
    const der = root ?? new Uint8Array();
    const { value: end } = decodeCertificate(der).tbsCertificate.validity.notAfter;
    await play.site.store.caCertificates.put(
      { label: named('old'), der, subject: new Uint8Array(), createdAt: play.site.clock.now() },
      false,
    );
    await removeCertificate(play.site.context, { name: named('gw1'), withFiles: false });
    await play.site.clock.advance(
      Number(end) / 1000 - Number(play.site.clock.now()) / 1000 - 86_400,
    );
    await play.agent.run();
    await live(play, 0.1);
    const warned = play
      .told()
      .filter(({ notification }) => notification === 'clmCertAboutToExpire');
    expect(new Set(warned.map(({ certificate }) => certificate?.name))).toStrictEqual(
      new Set(['lab', 'old']),
    );
    await play.site.store.caCertificates.remove('old');
    await play.site.store.authorities.remove('lab');
    await play.site.clock.advance(7200);
    await play.agent.run();
    await expectNoneStands(play);
  });
});
