import { describe, expect, it, onTestFinished } from 'vitest';
import { watchedValidation, type WatchedValidation } from '../../src/agent/watched-validation.ts';
import { encodeDestination } from '../../src/lifecycle/destination-settings.ts';
import { keepWords } from '../../src/lifecycle/validation-words.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { snmpSender } from '../../src/traps/snmp-sender.ts';
import type { Destination } from '../../src/traps/destination.ts';
import type { ValidationEvent } from '../../src/validation/contract.ts';
import { issue, someDay } from '../harness/certificates.ts';
import { fakeClock, type FakeClock } from '../harness/fake-clock.ts';
import { leaf, sub } from '../harness/paths.ts';
import { storeOptions, temporaryDirectory } from '../store/sample.ts';
import { counting } from '../validation/ocsp-asked.ts';

const never = new AbortController().signal;
const url = 'http://ocsp.example/';

/** What judges peers of an agent, over a store of its own. */
interface Scene {
  readonly store: Store;
  readonly clock: FakeClock;
  readonly warnings: readonly string[];
  readonly watched: WatchedValidation;
  tell(...events: readonly ValidationEvent[]): void;
  /** What was counted and is stored. */
  counted(): Promise<Readonly<Record<string, number>>>;
}

async function retrieve(): Promise<Uint8Array> {
  return Uint8Array.of();
}

async function scene(): Promise<Scene> {
  const clock = fakeClock(someDay);
  const store = await openStore(storeOptions(temporaryDirectory()));
  onTestFinished(() => store.close());
  const warnings: string[] = [];
  const log = { debug() {}, info() {}, warn: (text: string) => void warnings.push(text) };
  const watched = watchedValidation({ store, clock, log, random: counting, retrieve });
  return {
    store,
    clock,
    warnings,
    watched,
    tell: (...events) => events.forEach((event) => watched.context.tell(event)),
    async counted() {
      const { counters } = await store.validationStatistics.read();
      return Object.fromEntries(counters.map(({ counter, value }) => [counter, value]));
    },
  };
}

function peerRevoked(of = leaf): ValidationEvent {
  const word = { type: 'revoked', thisUpdate: someDay, revocationDate: someDay } as const;
  return {
    type: 'peer-revoked',
    certificate: of.certificate,
    revoked: { ...word, reason: 'keyCompromise' },
  };
}

const destinations: readonly Destination[] = [
  { type: 'snmp', name: 'noc', host: '127.0.0.1', port: 162, kind: 'trap', version: '2c' },
  { type: 'webhook', name: 'hook', url: 'https://hook.example/' },
  { type: 'command', name: 'script', command: ['/bin/true'], timeoutSeconds: 1 },
  { type: 'log', name: 'log', path: '/tmp/x.log' },
];

async function withDestinations(store: Store): Promise<void> {
  for (const each of destinations)
    await store.destinations.put(each.name, encodeDestination(each), new Map());
}

describe('what is told of judging peers', () => {
  it('is counted in memory, stored at the beat, and at the end', async () => {
    const { tell, counted, watched } = await scene();
    tell({ type: 'crl-hit' });
    expect(await counted()).toStrictEqual({});
    await watched.look(never);
    tell({ type: 'crl-hit' }, { type: 'crl-hit' });
    expect(await counted()).toStrictEqual({ 'crl.hits': 1 });
    await watched.close();
    expect(await counted()).toStrictEqual({ 'crl.hits': 3 });
  });

  it('is counted on when it cannot be stored', async () => {
    const { tell, counted, watched, store } = await scene();
    tell({ type: 'crl-hit' });
    const { add } = store.validationStatistics;
    Object.assign(store.validationStatistics, { add: () => Promise.reject(new Error('full')) });
    await expect(watched.look(never)).rejects.toThrow('full');
    Object.assign(store.validationStatistics, { add });
    await watched.look(never);
    expect(await counted()).toStrictEqual({ 'crl.hits': 1 });
  });

  it('is in the log once of each, however many peers bring it about', async () => {
    const { tell, warnings } = await scene();
    for (let i = 0; i < 50; i++) tell(peerRevoked(), { type: 'responder-unauthorized', url });
    expect(warnings).toStrictEqual([
      expect.stringContaining('a peer has a certificate that is revoked (keyCompromise): "CN=gw1'),
      expect.stringContaining(`"${url}" answers is signed by somebody who may not speak`),
    ]);
  });
});

describe('a peer that is revoked', () => {
  it('is told to webhooks, commands and logs, and never to a receiver of SNMP', async () => {
    const { tell, store, watched } = await scene();
    await withDestinations(store);
    tell(peerRevoked());
    await watched.look(never);
    await watched.look(never);
    expect(await store.outbox.sizes()).toStrictEqual(
      new Map([
        ['hook', 1],
        ['log', 1],
        ['script', 1],
      ]),
    );
    const [entry] = await store.outbox.of('hook');
    expect(entry?.notification).toMatchObject({
      name: 'peer-revoked',
      sequence: 0,
      severity: 'warning',
      certificate: { index: 0, subject: 'CN=gw1,O=Test,C=DE', state: 'revoked' },
      details: { reason: 'keyCompromise', deadline: someDay },
      text: expect.stringContaining('is revoked (keyCompromise)'),
    });
    expect(await store.alarms.list(9)).toStrictEqual([]);
  });

  it('is not sent by SNMP either when a receiver was set in the place of a webhook', async () => {
    const { tell, store, watched } = await scene();
    await withDestinations(store);
    tell(peerRevoked());
    await watched.look(never);
    const [entry] = await store.outbox.of('hook');
    if (!entry) throw new Error('nothing is to be sent');
    const sender = snmpSender({
      destination: {
        type: 'snmp',
        name: 'hook',
        host: '::1',
        port: 9,
        kind: 'inform',
        version: '2c',
      },
      secrets: { community: Uint8Array.of(1) },
      engine: { engineID: '80', boots: 1 },
      uptimeMs: () => 1,
      baseOid: '1.3.6.1.4.1.1',
    });
    // An inform that nobody answers would fail.
    expect(await sender.send(entry.notification)).toBe('sent');
    await sender.close();
  });

  it('is told no more often than ten at once, and fills no outbox', async () => {
    const { tell, store, watched, clock } = await scene();
    await withDestinations(store);
    const peers = Array.from({ length: 12 }, (_, i) => issue({ subject: `CN=p${i}`, issuer: sub }));
    const waiting: number[] = [];
    for (let hour = 0; hour < 14; hour++) {
      for (const peer of peers) tell(peerRevoked(peer));
      await watched.look(never);
      waiting.push((await store.outbox.of('hook')).length);
      await clock.advance(3600);
    }
    expect(waiting[0]).toBe(10);
    expect(waiting.at(-1)).toBeLessThanOrEqual(110);
  });
});

describe('a responder', () => {
  const refused = { type: 'responder-unauthorized', url } as const;
  const query = (outcome: string, of = url): ValidationEvent => ({
    type: 'ocsp-query',
    url: of,
    outcome,
    ms: 1,
  });

  it('that signs what it may not is an alarm until it has a word that is believed', async () => {
    const { tell, store, watched } = await scene();
    await keepWords(store, 'policy', { name: 'P', words: { ca: ['r'], ocsp: 'on' } });
    tell(query('unauthorized-responder'), refused);
    await watched.look(never);
    expect(await store.alarms.sources()).toStrictEqual([url]);
    tell(query('timeout'));
    await watched.look(never);
    expect(await store.alarms.list(9)).toMatchObject([
      { last: { details: { reason: 'responder-unauthorized' } } },
    ]);
    tell(query('good'));
    await watched.look(never);
    expect(await store.alarms.sources()).toStrictEqual([]);
  });

  it('that has no word for an hour is one, and what passes is none', async () => {
    const { tell, store, watched, clock } = await scene();
    await keepWords(store, 'policy', { name: 'P', words: { ca: ['r'], ocsp: 'on' } });
    const ask = async (...outcomes: readonly string[]): Promise<readonly string[]> => {
      await clock.advance(1800);
      tell(...outcomes.map((outcome) => query(outcome)));
      await watched.look(never);
      return await store.alarms.sources();
    };
    expect(await ask('timeout', 'dns')).toStrictEqual([]);
    expect(await ask('timeout', 'good', 'timeout')).toStrictEqual([]);
    expect(await ask('timeout')).toStrictEqual([]);
    expect(await ask('connect')).toStrictEqual([url]);
    const [alarm] = await store.alarms.list(9);
    expect(alarm?.last.details).toMatchObject({ reason: 'source-failing', attempts: 3 });
    expect(await ask('unknown')).toStrictEqual([]);
  });

  it('is none by what a peer has stapled, nor are there more than 64', async () => {
    const { tell, store, watched } = await scene();
    await keepWords(store, 'policy', { name: 'P', words: { ca: ['r'], ocsp: 'on' } });
    tell({ ...refused, url: '' });
    await watched.look(never);
    expect(await store.troubledResponders.list()).toStrictEqual([]);
    for (const letter of ['a', 'b']) {
      for (let i = 0; i < 100; i++) tell(query('dns', `http://${letter}${i}/`));
      await watched.look(never);
    }
    expect(await store.troubledResponders.list()).toHaveLength(64);
  });
});

describe('a place of CRLs that certificates name', () => {
  const crl = 'http://crl.example/';
  const fetched: ValidationEvent = {
    type: 'crl-fetch',
    url: crl,
    outcome: 'fetched',
    octets: 1,
    ms: 1,
    parseMs: 0,
    entries: 0,
  };
  const rollback: ValidationEvent = { type: 'crl-rollback', url: crl, issuer: '"CN=CA"' };

  it('is an alarm while it gives a CRL from before the one held', async () => {
    const { tell, store, watched } = await scene();
    await keepWords(store, 'policy', { name: 'P', words: { ca: ['r'], revocation: 'relaxed' } });
    for (let i = 0; i < 2; i++) {
      tell(fetched, rollback);
      await watched.look(never);
      expect(await store.alarms.list(9)).toMatchObject([
        {
          count: 1,
          last: { severity: 'minor', details: { endpoint: crl, reason: 'crl-rollback' } },
        },
      ]);
    }
    tell(fetched);
    await watched.look(never);
    expect(await store.alarms.list(9)).toStrictEqual([]);
    tell(fetched);
    await watched.look(never);
    expect(await store.troubledResponders.list()).toStrictEqual([]);
  });

  it('that is set up as well is told of by its own row alone, and goes with it', async () => {
    const { tell, store, watched } = await scene();
    await keepWords(store, 'policy', { name: 'P', words: { ca: ['r'], 'ca-crl': ['c'] } });
    await keepWords(store, 'crl', { name: 'c', words: { url: crl } });
    tell(fetched, rollback);
    await watched.look(never);
    expect(await store.troubledResponders.list()).toStrictEqual([]);
  });
});
