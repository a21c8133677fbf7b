import { readFileSync } from 'node:fs';

import { describe, expect, it, onTestFinished } from 'vitest';

import { startAgent, type Agent } from '../../src/agent/agent.ts';
import { CertError } from '../../src/base/errors.ts';
import { decodeMessage } from '../../src/cmp/message/pki-message.ts';
import { decodeCertificate } from '../../src/x509/certificate.ts';
import { fetchCertificate } from '../../src/lifecycle/fetch-certificate.ts';
import { readFetchPlace } from '../../src/lifecycle/fetch-place.ts';
import { trackCertificate } from '../../src/lifecycle/track-certificate.ts';
import { readTrackSource } from '../../src/lifecycle/track-source.ts';
import { update } from '../../src/lifecycle/update.ts';
import { initialize } from '../../src/lifecycle/initialize.ts';
import { coded, initialized, makeSite, named, request, type Site } from '../lifecycle/site.ts';

const dayMs = 86_400_000;

/** What reads files, as the retriever of a real process would. */
async function retrieve(path: string): Promise<Uint8Array> {
  try {
    return new Uint8Array(readFileSync(path));
  } catch (cause) {
    throw new CertError('FILE_UNREADABLE', `Cannot read ${path}`, { cause });
  }
}

async function start(site: Site, context = site.context): Promise<Agent> {
  const agent = await startAgent(
    { ...context, retrieve },
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

/** Let time pass by whole days of beats at the announced moments. */
async function live(site: Site, agent: Agent, days: number): Promise<void> {
  const end = site.clock.now().getTime() + days * dayMs;
  // Some hundred beats are more than any test needs: beyond that it turns in a circle.
  for (let beats = 0; ; beats++) {
    expect(beats, 'beats').toBeLessThan(500);
    const next = (await agent.status()).next?.getTime() ?? end;
    if (next >= end) break;
    await site.clock.advance(Math.max(1, Math.ceil((next - site.clock.now().getTime()) / 1000)));
    await agent.run();
  }
  await site.clock.advance((end - site.clock.now().getTime()) / 1000);
}

async function autoUpdated(site: Site, days: number): Promise<void> {
  await site.store.nameSettings.set(named('gw1'), 'auto-update-days', String(days));
}

async function endOf(site: Site): Promise<Date> {
  const current = await site.store.certificates.current('gw1');
  if (current === undefined) throw new Error('there is no certificate');
  return decodeCertificate(current.der).tbsCertificate.validity.notAfter.value;
}

describe('the agent', () => {
  it('renews a certificate of 90 days about six times a year, each at its announced moment', async () => {
    const site = await makeSite();
    await initialized(site);
    await autoUpdated(site, 30);
    const agent = await start(site);
    const end = await endOf(site);
    const { next } = await agent.status();
    // 30 days before the end, and up to a twentieth of that earlier.
    expect(next?.getTime()).toBeLessThanOrEqual(end.getTime() - 30 * dayMs);
    expect(next?.getTime()).toBeGreaterThanOrEqual(end.getTime() - 31.5 * dayMs);

    await live(site, agent, 365);
    const current = await site.store.certificates.current('gw1');
    expect(current?.version).toBe(7);
    expect(site.warnings).toStrictEqual([]);
    expect(await site.store.transactions.outstanding()).toStrictEqual([]);
  });

  it('does nothing about a certificate nobody told it to renew', async () => {
    const site = await makeSite({ lab: { validitySeconds: 30 * 86_400 } });
    await initialized(site);
    const sent = site.sent.length;
    await live(site, await start(site), 40);
    expect(site.sent).toHaveLength(sent);
  });

  it('goes on with what a command left outstanding, until the CA has decided', async () => {
    const site = await makeSite({ lab: { polls: 3, checkAfterSeconds: 3600 } });
    const agent = await start(site);
    const asked = await initialize(site.context, request({ waitSeconds: 0 }));
    expect(asked.type).toBe('waiting');
    await live(site, agent, 1);
    expect(await site.store.certificates.current('gw1')).toMatchObject({ version: 1 });
    expect(site.files().size).toBeGreaterThan(0);
  });

  it('is there again after a CA was down for three days, without having asked it all the time', async () => {
    const site = await makeSite();
    await initialized(site);
    await autoUpdated(site, 30);
    const agent = await start(site);
    let asked = 0;
    site.setWire(async () => {
      asked++;
      throw new CertError('NETWORK_UNREACHABLE', 'Cannot connect');
    });
    const { next } = await agent.status();
    const now = site.clock.now().getTime();
    await live(site, agent, ((next?.getTime() ?? now) - now) / dayMs + 3);
    expect(asked).toBeGreaterThan(12);
    expect(asked).toBeLessThan(35);
    expect(await site.store.schedule.silentCas()).toMatchObject([{ ca: 'lab' }]);

    site.setWire();
    await live(site, agent, 1);
    expect(await site.store.certificates.current('gw1')).toMatchObject({ version: 2 });
    expect(await site.store.schedule.failing('gw1')).toStrictEqual([]);
    expect(await site.store.schedule.silentCas()).toStrictEqual([]);
  });

  it('asks once a day after a refusal for good, and never after the end', async () => {
    const site = await makeSite({ lab: { validitySeconds: 30 * 86_400 } });
    await initialized(site);
    await site.relab({ refuse: 'notAuthorized' });
    await autoUpdated(site, 10);
    const before = site.sent.length;
    const agent = await start(site);
    await live(site, agent, 40);
    const asked = site.sent.slice(before).map((der) => decodeMessage(der).body.type);
    expect(asked.length).toBeGreaterThan(7);
    expect(asked.length).toBeLessThan(15);
    expect(await site.store.schedule.failing('gw1')).toMatchObject([
      { job: 'update', kind: 'blocked', code: 'CMP_REJECTED' },
    ]);
  });

  it('looks at everything again when the clock has jumped', async () => {
    const site = await makeSite();
    await initialized(site);
    await autoUpdated(site, 30);
    let monotonic = 0;
    const agent = await startAgent(
      { ...site.context, retrieve },
      {
        names: 8,
        perCa: 4,
        beat: () => () => {},
        monotonicMs: () => monotonic,
      },
    );
    onTestFinished(() => agent.stop());
    await agent.run();
    await site.clock.advance(70 * 86_400);
    monotonic += 60_000;
    await agent.run();
    expect(site.warnings).toContainEqual(expect.stringContaining('the clock has jumped'));
    expect(await site.store.certificates.current('gw1')).toMatchObject({ version: 2 });
  });

  it('looks at everything again when the clock was set back while there was none', async () => {
    const site = await makeSite();
    await initialized(site);
    await autoUpdated(site, 30);
    let aheadMs = 400 * dayMs;
    const context = {
      ...site.context,
      clock: {
        ...site.clock,
        now: () => new Date(site.clock.now().getTime() + aheadMs),
      },
    };
    // By that clock it has expired, and nothing is to be done about it.
    await (await start(site, context)).stop();
    aheadMs = 0;
    const agent = await start(site, context);
    await live(site, agent, 70);
    expect(await site.store.certificates.current('gw1')).toMatchObject({ version: 2 });
  });

  it.each<[string, 'kur' | 'certConf', boolean]>([
    ['a renewal', 'kur', true],
    ['a renewal', 'kur', false],
    ['a confirmation', 'certConf', false],
  ])(
    'gets the certificate that was issued though the answer to %s (%s) was lost for hours, implicitConfirm %s',
    async (_, type, implicitConfirm) => {
      const site = await makeSite({ lab: { implicitConfirm } });
      await initialized(site);
      await autoUpdated(site, 30);
      const agent = await start(site);
      site.setWire(async (der, lab) => {
        const answer = await lab(der);
        if (decodeMessage(der).body.type !== type) return answer;
        throw new CertError('NETWORK_TIMEOUT', 'Cannot get a response: silence for 30 s');
      });
      const { next } = await agent.status();
      await live(site, agent, ((next?.getTime() ?? 0) - site.clock.now().getTime()) / dayMs + 0.3);
      expect(await site.store.certificates.current('gw1')).toMatchObject({ version: 1 });
      site.setWire();
      await live(site, agent, 1);
      expect(await site.store.certificates.current('gw1')).toMatchObject({ version: 2 });
      expect(await site.lab.issuedCount()).toBe(2);
      expect(await site.store.schedule.failing('gw1')).toStrictEqual([]);
    },
  );

  it('gets the certificate with the request it has, though the CA was down for longer than that may take', async () => {
    const site = await makeSite({ profile: { transactionDeadlineSeconds: 3600 } });
    await initialized(site);
    await autoUpdated(site, 30);
    const agent = await start(site);
    site.setWire(async () => {
      throw new CertError('NETWORK_UNREACHABLE', 'Cannot connect');
    });
    const { next } = await agent.status();
    await live(site, agent, ((next?.getTime() ?? 0) - site.clock.now().getTime()) / dayMs + 0.5);
    site.setWire();
    await live(site, agent, 0.3);
    expect(await site.store.certificates.current('gw1')).toMatchObject({ version: 2 });
    expect(site.warnings.join('\n')).not.toContain('deadline');
  });

  it('has no more than five certificates a day issued by a CA whose answers cannot be believed', async () => {
    const site = await makeSite();
    await initialized(site);
    await autoUpdated(site, 30);
    const agent = await start(site);
    site.lab.inject('flipped-protection*1000');
    const { next } = await agent.status();
    await live(site, agent, ((next?.getTime() ?? 0) - site.clock.now().getTime()) / dayMs + 1);
    expect(await site.lab.issuedCount()).toBe(6);
  });

  it('is one for a store: another is told who it is, and takes over after a kill', async () => {
    const site = await makeSite({ othersLive: true });
    await start(site);
    const second = await site.open();
    const options = { names: 8, perCa: 4, beat: () => () => {}, monotonicMs: () => 0 };
    await expect(startAgent({ ...second, retrieve }, options)).rejects.toThrow('process 1 on here');
    await expect(startAgent({ ...second, retrieve }, options)).rejects.toMatchObject(
      coded('IN_PROGRESS'),
    );
    const agent = await startAgent({ ...second, retrieve, livenessOf: () => 'dead' }, options);
    await agent.stop();
  });

  it('stays the agent through a run that takes longer than its lease', async () => {
    const site = await makeSite({ othersLive: true });
    for (const name of ['gw1', 'gw2', 'gw3', 'gw4', 'gw5', 'gw6']) {
      await initialized(site, { name: named(name) });
      await site.store.nameSettings.set(named(name), 'auto-update-days', '30');
    }
    await site.clock.advance(65 * 86_400);
    const second = await site.open();
    const options = { names: 1, perCa: 1, beat: () => () => {}, monotonicMs: () => 0 };
    const refusals: unknown[] = [];
    site.setWire(async (der, lab) => {
      await site.clock.advance(240);
      const other = startAgent({ ...second, retrieve }, options);
      refusals.push(await other.then(() => undefined).catch((error: unknown) => error));
      return lab(der);
    });
    const agent = await startAgent({ ...site.context, retrieve }, options);
    onTestFinished(() => agent.stop());
    await agent.run();
    expect(refusals).toHaveLength(12);
    for (const refusal of refusals) expect(refusal).toMatchObject(coded('IN_PROGRESS'));
  });

  it('ends when another has taken its store over', async () => {
    const site = await makeSite();
    const first = await startAgent(
      { ...site.context, retrieve },
      {
        names: 8,
        perCa: 4,
        beat: () => () => {},
        monotonicMs: () => 0,
      },
    );
    await first.run();
    await start(site, await site.open());
    await first.run();
    await expect(first.ended).rejects.toMatchObject(coded('IN_PROGRESS'));
  });

  it('writes what it does to the audit trail', async () => {
    const site = await makeSite();
    await initialized(site);
    await autoUpdated(site, 30);
    await live(site, await start(site), 70);
    expect(await site.store.audit.list()).toMatchObject([
      {
        actor: { type: 'agent' },
        what: 'renew',
        arguments: [['cert-name', 'gw1']],
        result: { exitCode: 0 },
      },
    ]);
  });

  it('fetches what another node has renewed, and asks again until it is there', async () => {
    const renewing = await makeSite();
    const fetching = await makeSite({ clock: renewing.clock });
    await fetching.setProfile({ roots: renewing.profile.roots });
    await initialized(renewing);
    const name = named('gw1');
    const place = renewing.certs;
    await fetchCertificate(fetching.context, {
      name,
      ca: named('lab'),
      from: place,
      read: (from) => readFetchPlace(from, name, { retrieve }),
    });
    await fetching.store.nameSettings.set(name, 'auto-fetch-days', '30');
    const agent = await start(fetching);
    await live(fetching, agent, 65);
    expect(await fetching.store.schedule.failing('gw1')).toMatchObject([
      { job: 'fetch', code: 'CMP_WAITING' },
    ]);
    expect(fetching.warnings).toStrictEqual([]);

    await update(renewing.context, { current: name, waitSeconds: 0 });
    await live(fetching, agent, 1);
    const there = await renewing.store.certificates.current('gw1');
    expect(await fetching.store.certificates.current('gw1')).toMatchObject({
      version: 2,
      der: there?.der,
    });
    expect(fetching.files()).toEqual(renewing.files());
  });

  it('reads a tracked certificate once a day', async () => {
    const site = await makeSite();
    const other = await makeSite({ clock: site.clock });
    await initialized(other);
    const source = `${other.certs}/gw1.cert.pem`;
    let reads = 0;
    const reading = async (path: string): Promise<Uint8Array> => {
      reads++;
      return retrieve(path);
    };
    const name = named('theirs');
    const read = (from: string) => readTrackSource(from, { retrieve: reading });
    await trackCertificate(site.context, { name, source, read });
    const agent = await startAgent(
      { ...site.context, retrieve: reading },
      {
        names: 8,
        perCa: 4,
        beat: () => () => {},
        monotonicMs: () => site.clock.now().getTime(),
      },
    );
    onTestFinished(() => agent.stop());
    await agent.run();
    await live(site, agent, 10);
    // By hand, as the agent starts, and on each of the days but the last, which has just come.
    expect(reads).toBe(1 + 1 + 9);
    await update(other.context, { current: named('gw1'), waitSeconds: 0 });
    await live(site, agent, 1.5);
    expect(await site.store.certificates.latest('theirs')).toMatchObject({
      version: 2,
      source: 'track',
    });
  });
});
