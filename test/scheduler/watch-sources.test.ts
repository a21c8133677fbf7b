import { describe, expect, it, onTestFinished } from 'vitest';
import { utf8 } from '../../src/base/bytes.ts';
import { watchSources } from '../../src/scheduler/watch-sources.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import type { CrlSource } from '../../src/store/validation-contract.ts';
import type { TroubledResponder } from '../../src/store/validation-watch-contract.ts';
import type { SettingWords } from '../../src/settings/setting.ts';
import { subjectKey } from '../../src/traps/alarms/alarm.ts';
import { backupEndpoint, backupFailing } from '../../src/traps/alarms/condition.ts';
import { usualPolicy } from '../../src/traps/alarms/policy.ts';
import { react } from '../../src/traps/alarms/react.ts';
import { someDay } from '../harness/certificates.ts';
import { fakeClock, type FakeClock } from '../harness/fake-clock.ts';
import { hours } from '../revocation/crl-made.ts';
import { storeOptions, temporaryDirectory } from '../store/sample.ts';

const url = 'http://crl.example/a.crl';

/** A store with a CRL that a strict policy looks at. */
interface Scene {
  readonly clock: FakeClock;
  readonly store: Store;
  /** What the last attempt to fetch it came to. */
  source(source: Partial<CrlSource>): Promise<void>;
  /** Hold a CRL of it until then. */
  held(until: Date): Promise<void>;
  policy(words: SettingWords): Promise<void>;
  look(): Promise<void>;
  /** Of what stands: endpoint, reason, severity. */
  standing(): Promise<readonly string[]>;
  /** What was told to the one destination. */
  told(): Promise<readonly string[]>;
}

async function put(store: Store, kind: 'crl' | 'policy', name: string, words: SettingWords) {
  await store.validationObjects.put({ kind, name, settings: JSON.stringify(words) }, new Map());
}

async function scene(): Promise<Scene> {
  const clock = fakeClock(someDay);
  const store = await openStore(storeOptions(temporaryDirectory()));
  onTestFinished(() => store.close());
  await store.destinations.put('noc', '{}', new Map());
  await put(store, 'crl', 'a', { url });
  await put(store, 'policy', 'P', { ca: ['r'], 'ca-crl': ['a'], ocsp: 'on' });
  return {
    clock,
    store,
    source: (source) => store.crlSources.put({ url, origin: 'configured', failures: 0, ...source }),
    async held(until) {
      const crl = { issuer: utf8('i'), der: utf8(`${until.getTime()}`), fetchedAt: someDay };
      await store.heldCrls.put({ ...crl, identity: 'x', thisUpdate: until, nextUpdate: until });
    },
    policy: (words) => put(store, 'policy', 'P', words),
    look: () => watchSources({ store, clock }),
    async standing() {
      const alarms = await store.alarms.list(99);
      return alarms.map(({ last }) =>
        [last.details.endpoint, last.details.reason, last.severity].join(' '),
      );
    },
    async told() {
      const entries = await store.outbox.of('noc');
      return entries.map(({ notification: { name, severity } }) => `${name.slice(19)} ${severity}`);
    },
  };
}

const failing = { failures: 1, code: 'http-status', error: 'the server said 503' };

describe('a CRL that is set up', () => {
  it('is no trouble before it was fetched, and while it is fetched', async () => {
    const { look, standing, source, held } = await scene();
    await look();
    await source({});
    await look();
    await held(hours(24));
    await source({ identity: 'x' });
    await look();
    expect(await standing()).toStrictEqual([]);
  });

  it('that cannot be had is told of at once where none is held, and when it lasts where one still holds', async () => {
    const { look, standing, source, held } = await scene();
    await source(failing);
    await look();
    expect(await standing()).toStrictEqual([`${url} source-failing major`]);
    await held(hours(24));
    await source({ ...failing, identity: 'x', failures: 5 });
    await look();
    expect(await standing()).toStrictEqual([]);
    await source({ ...failing, identity: 'x', failures: 6 });
    await look();
    expect(await standing()).toStrictEqual([`${url} source-failing minor`]);
  });

  it('has expired when nothing new came by its nextUpdate, and recovers with what did', async () => {
    const { look, standing, source, held, clock, told, store } = await scene();
    await held(hours(24));
    await source({ ...failing, identity: 'x', failures: 3 });
    await clock.advance(24 * 3600);
    await look();
    expect(await standing()).toStrictEqual([]);
    await clock.advance(1);
    await look();
    await look();
    expect(await standing()).toStrictEqual([`${url} crl-expired major`]);
    expect(await told()).toStrictEqual(['Stale major']);
    await held(hours(48));
    await source({ identity: 'x' });
    await look();
    await look();
    expect(await standing()).toStrictEqual([]);
    // The receiver was told of neither: what was never told needs no end.
    expect(await told()).toStrictEqual([]);
    expect(await store.alarms.sources()).toStrictEqual([]);
  });

  it('recovers with the end of what came', async () => {
    const { look, source, held, store } = await scene();
    await source(failing);
    await look();
    for (const entry of await store.outbox.of('noc')) {
      const begun = await store.outbox.begin(entry);
      if (begun) await store.outbox.sent(begun, someDay);
    }
    await held(hours(48));
    await source({ identity: 'x' });
    await look();
    const entries = await store.outbox.of('noc');
    expect(entries.map(({ notification }) => notification)).toMatchObject([
      {
        name: 'clmRevocationSourceRecovered',
        severity: 'cleared',
        details: { endpoint: url, deadline: hours(48) },
      },
    ]);
  });

  it('that is from before the one that is held is told as that', async () => {
    const { look, standing, source, held } = await scene();
    await held(hours(24));
    await source({ identity: 'x', failures: 1, code: 'too-old', error: 'older than the one held' });
    await look();
    expect(await standing()).toStrictEqual([`${url} crl-rollback major`]);
  });

  it.each([
    ['relaxed', 'minor'],
    ['ifuri', 'major'],
  ])('is, to a policy that is %s, %s', async (revocation, severity) => {
    const { look, standing, source, policy } = await scene();
    await policy({ 'ca-crl': ['a'], revocation });
    await source(failing);
    await look();
    expect(await standing()).toStrictEqual([`${url} source-failing ${severity}`]);
  });

  it('is told without the user in its URL', async () => {
    const { look, standing, store } = await scene();
    const withUser = 'ftp://me@crl.example/a.crl';
    await put(store, 'crl', 'a', { url: withUser });
    await store.crlSources.put({ url: withUser, origin: 'configured', ...failing });
    await look();
    expect(await standing()).toStrictEqual(['ftp://crl.example/a.crl source-failing major']);
  });

  it.each([
    ['it is removed', ({ store }: Scene) => store.validationObjects.remove('crl', 'a')],
    ['its policy is', ({ store }: Scene) => store.validationObjects.remove('policy', 'P')],
    ['its policy looks at it no more', ({ policy }: Scene) => policy({ ocsp: 'on' })],
  ])('is trouble no more when %s', async (_what, end) => {
    const all = await scene();
    await all.source(failing);
    await all.look();
    expect(await all.standing()).toHaveLength(1);
    await end(all);
    await all.look();
    expect(await all.standing()).toStrictEqual([]);
  });
});

describe('a responder without a word', () => {
  const responder = 'http://ocsp.example/';
  const trouble = (code: string, firstAt: Date, lastAt: Date = firstAt): TroubledResponder => ({
    url: responder,
    code,
    failures: 7,
    firstAt,
    lastAt,
  });

  it('that may not speak for the CA is told of for as long as it is asked, and a day longer', async () => {
    const { look, standing, store, clock, told } = await scene();
    const refused = trouble('unauthorized-responder', someDay);
    await store.troubledResponders.put(refused);
    await look();
    await clock.advance(23 * 3600);
    await store.troubledResponders.put({ ...refused, lastAt: clock.now() });
    await look();
    await clock.advance(23 * 3600);
    await look();
    expect(await standing()).toStrictEqual([`${responder} responder-unauthorized major`]);
    expect(await told()).toStrictEqual(['Stale major']);
    await clock.advance(3600);
    await look();
    expect(await standing()).toStrictEqual([]);
    expect(await store.troubledResponders.list()).toStrictEqual([]);
  });

  it('for another reason is told of when that has lasted for an hour', async () => {
    const { look, standing, store, clock } = await scene();
    await clock.advance(3600);
    await store.troubledResponders.put(trouble('timeout', someDay, new Date(+hours(1) - 1)));
    await look();
    expect(await standing()).toStrictEqual([]);
    await store.troubledResponders.put(trouble('timeout', someDay, hours(1)));
    await look();
    expect(await standing()).toStrictEqual([`${responder} source-failing major`]);
    const [alarm] = await store.alarms.list(9);
    expect(alarm?.last).toMatchObject({ details: { attempts: 7 } });
    expect(alarm?.last.text).toContain('timeout');
  });

  it('is trouble no more when it is forgotten, or no policy asks by OCSP', async () => {
    const { look, standing, store, policy, clock } = await scene();
    const refused = trouble('unauthorized-responder', clock.now());
    await store.troubledResponders.put(refused);
    await look();
    await store.troubledResponders.remove(responder);
    await look();
    expect(await standing()).toStrictEqual([]);
    await store.troubledResponders.put(refused);
    await look();
    expect(await standing()).toHaveLength(1);
    await policy({ 'ca-crl': ['a'] });
    await look();
    expect(await standing()).toStrictEqual([]);
  });
});

describe('watchSources()', () => {
  it('leaves alarms of others alone that are told as sources, too', async () => {
    const { look, standing, store, clock } = await scene();
    const subject = { type: 'source', endpoint: backupEndpoint } as const;
    const observation = { subject, conditions: [backupFailing('no room', 1, false)] };
    const now = clock.now();
    await store.alarms.look(subjectKey(subject), now, (all) => ({
      ...react({ ...all, observation, now, policy: usualPolicy }),
      notBefore: now,
    }));
    await look();
    expect(await standing()).toStrictEqual(['backup backup-failed minor']);
  });
});
