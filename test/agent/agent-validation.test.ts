import { describe, expect, it, onTestFinished } from 'vitest';
import { startAgent, type Agent } from '../../src/agent/agent.ts';
import { watchedValidation } from '../../src/agent/watched-validation.ts';
import { toDer } from '../../src/asn1/codec.ts';
import { parseLabel } from '../../src/base/label.ts';
import { putConfiguredCrl } from '../../src/lifecycle/configured-crls.ts';
import { encodeDestination } from '../../src/lifecycle/destination-settings.ts';
import { keepWords } from '../../src/lifecycle/validation-words.ts';
import { retrieve } from '../../src/retrieval/retrieve.ts';
import type { CRLReason } from '../../src/x509/crl-reason.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { Name } from '../../src/x509/name.ts';
import type { Notification } from '../../src/traps/alarms/notification.ts';
import { issue } from '../harness/certificates.ts';
import { makeSite, named, type Site } from '../lifecycle/site.ts';
import { entry, makeCrl } from '../revocation/crl-made.ts';
import { crlServer, type CrlServer } from '../validation/crl-kept.ts';

const root = issue({ subject: 'CN=Root of ours', isCa: true });
const own = issue({ subject: 'CN=gw1', issuer: root });

/** An agent whose policy names a certificate of ours, with a CRL of its CA from a server. */
interface Scene {
  readonly site: Site;
  readonly server: CrlServer;
  /** What was told to a webhook, by name and severity or reason. */
  readonly told: string[];
  /** Serve a CRL from now on, good for a day. */
  publish(reason?: CRLReason): void;
  start(): Promise<Agent>;
}

let number = 1n;

async function scene(): Promise<Scene> {
  const site = await makeSite();
  const { store, context, clock } = site;
  const server = await crlServer(500);
  const told: string[] = [];
  await store.caCertificates.put(
    {
      label: parseLabel('rootB', 'label'),
      der: certificateDer(root.certificate),
      subject: toDer(Name, root.subject),
      createdAt: clock.now(),
    },
    false,
  );
  const der = certificateDer(own.certificate);
  const at = clock.now();
  await store.certificates.import({ name: named('gw1'), der, chain: [], source: 'import', at });
  const url = server.url;
  await putConfiguredCrl(context, { name: 'c', words: { url, format: 'der' } });
  await keepWords(store, 'policy', {
    name: 'P',
    words: { ca: ['rootB'], 'ca-crl': ['c'], 'cert-name': ['gw1'] },
  });
  const hook = { type: 'webhook', name: 'hook', url: 'https://hook.example/' } as const;
  await store.destinations.put('hook', encodeDestination(hook), new Map());
  const send = async ({ name, severity, details }: Notification): Promise<'acknowledged'> => {
    told.push([name.slice(3), details.reason, severity].join(' '));
    return 'acknowledged';
  };
  const publish = (reason?: CRLReason): void => {
    const now = clock.now();
    const nextUpdate = new Date(now.getTime() + 86_400_000);
    const entries = reason === undefined ? [] : [entry(own, reason)];
    server.serve(makeCrl(root, { number: number++, thisUpdate: now, nextUpdate, entries }));
  };
  return {
    site,
    server,
    told,
    publish,
    async start() {
      const services = { ...context, retrieve: (from: string) => fetchFile(from) };
      const validation = watchedValidation(services);
      const agent = await startAgent(
        { ...services, openSender: async () => ({ send, close: async () => {} }) },
        {
          names: 8,
          perCa: 4,
          beat: () => () => {},
          monotonicMs: () => clock.now().getTime(),
          crls: validation.refresher,
          validation,
        },
      );
      agent.ended.catch(() => {});
      onTestFinished(() => agent.stop());
      await agent.run();
      return agent;
    },
  };
}

function fetchFile(url: string): Promise<Uint8Array> {
  return retrieve(url, { limits: {}, signal: new AbortController().signal });
}

/** Let so many hours pass, with a beat after each part of one. */
async function live({ site }: Scene, agent: Agent, hours: number, each = 0.25): Promise<void> {
  for (let past = 0; past < hours; past += each) {
    await site.clock.advance(each * 3600);
    await agent.run();
  }
  // What the last look has found is sent with the next beat.
  await agent.run();
}

describe('an agent', () => {
  it('tells of a source that fails, of what it says of ours, and of their end, over restarts and once each', async () => {
    const all = await scene();
    let agent = await all.start();
    await live(all, agent, 1);
    expect(all.told).toStrictEqual(['RevocationSourceStale source-failing major']);
    await agent.stop();

    agent = await all.start();
    all.publish();
    await live(all, agent, 3);
    expect(all.told.splice(0)).toStrictEqual([
      'RevocationSourceStale source-failing major',
      'RevocationSourceRecovered source-failing cleared',
    ]);
    const good = await all.site.store.ownRevocations.get('gw1');
    expect(good).toMatchObject({ word: { status: 'good' } });

    // Fetched again at 50 to 75 percent of its day, and looked up then.
    all.publish('certificateHold');
    await live(all, agent, 18, 1);
    await agent.stop();
    agent = await all.start();
    await live(all, agent, 1, 1);
    expect(all.told.splice(0)).toStrictEqual(['CertRevoked certificateHold critical']);

    all.publish();
    await live(all, agent, 20, 1);
    expect(all.told.splice(0)).toStrictEqual(['CertRevoked certificateHold cleared']);
    expect(await all.site.store.alarms.list(9)).toStrictEqual([]);
  });

  it('counts while it lives, and has it stored when it is over', async () => {
    const all = await scene();
    all.publish();
    const agent = await all.start();
    await live(all, agent, 1);
    await agent.stop();
    const { counters } = await all.site.store.validationStatistics.read();
    expect(counters.map(({ counter }) => counter)).toEqual(
      expect.arrayContaining(['crl.bytes', 'crl.fetches.http.fetched', 'crl.hits']),
    );
  });
});
