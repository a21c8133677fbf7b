import { describe, expect, it, onTestFinished } from 'vitest';
import { toDer } from '../../src/asn1/codec.ts';
import { parseLabel } from '../../src/base/label.ts';
import { modernOnly } from '../../src/crypto/policy.ts';
import { ownNames } from '../../src/lifecycle/own-names.ts';
import { keepWords } from '../../src/lifecycle/validation-words.ts';
import type { RevocationVerdict } from '../../src/revocation/verdict.ts';
import { readName } from '../../src/scheduler/read-name.ts';
import { watchName } from '../../src/scheduler/watch.ts';
import { watchOwn } from '../../src/scheduler/watch-own.ts';
import type { SettingWords } from '../../src/settings/setting.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import type { ValidationContext, ValidationEvent } from '../../src/validation/contract.ts';
import { certificateDer, type Certificate } from '../../src/x509/certificate.ts';
import { Name } from '../../src/x509/name.ts';
import { issue, someDay, type Issued } from '../harness/certificates.ts';
import { fakeClock, type FakeClock } from '../harness/fake-clock.ts';
import { leaf, root, sub } from '../harness/paths.ts';
import { hours } from '../revocation/crl-made.ts';
import { storeOptions, temporaryDirectory } from '../store/sample.ts';
import { down } from '../validation/judged.ts';

const gw1 = parseLabel('gw1', 'name');
const usual: SettingWords = { ca: ['rootA'], ocsp: 'on', 'cert-name': ['gw1'] };

/** Certificates of ours below the root that a policy believes, and a responder that says what a test wants. */
interface Scene {
  readonly store: Store;
  readonly clock: FakeClock;
  readonly asked: readonly Certificate[];
  readonly events: readonly ValidationEvent[];
  /** What is said of a certificate from now on. */
  says(word: (certificate: Certificate) => RevocationVerdict): void;
  policy(words: SettingWords): Promise<void>;
  use(name: string, issued: Issued): Promise<void>;
  look(): Promise<void>;
  /** Alarms of gw1, by family and reason. */
  alarms(): Promise<readonly string[]>;
}

async function scene(): Promise<Scene> {
  const clock = fakeClock(someDay);
  const store = await openStore(storeOptions(temporaryDirectory()));
  onTestFinished(() => store.close());
  await store.caCertificates.put(
    {
      label: parseLabel('rootA', 'label'),
      der: certificateDer(root.certificate),
      subject: toDer(Name, root.subject),
      createdAt: someDay,
    },
    false,
  );
  const asked: Certificate[] = [];
  const events: ValidationEvent[] = [];
  let said: (certificate: Certificate) => RevocationVerdict = goodForADay;
  const validation: ValidationContext = {
    ocsp: {
      async status(certificate) {
        asked.push(certificate);
        return { verdict: said(certificate), tried: [] };
      },
      staple: () => ({ verdict: down, tried: [] }),
      forget: () => undefined,
    },
    crls: { find: async () => ({ crls: [], failed: [] }), keep: async () => undefined },
    tell: (event) => void events.push(event),
    algorithms: modernOnly,
  };
  const made: Scene = {
    store,
    clock,
    asked,
    events,
    says(word) {
      said = word;
    },
    policy: (words) => keepWords(store, 'policy', { name: 'P', words }),
    async use(name, { certificate }) {
      const chain = [certificateDer(sub.certificate)];
      const own = { name: parseLabel(name, 'name'), der: certificateDer(certificate), chain };
      await store.certificates.import({ ...own, source: 'import', at: clock.now() });
    },
    async look() {
      const named = await ownNames(store);
      await watchOwn({ store, clock, validation, named }, new AbortController().signal);
    },
    async alarms() {
      const reading = await readName(store, gw1, clock.now());
      const around = { store, clock, isClockSuspect: false, isStarting: false };
      await watchName(around, gw1, reading);
      const standing = await store.alarms.list(9);
      return standing.map(({ family, last }) => `${family} ${last.details.reason ?? ''}`);
    },
  };
  await made.policy(usual);
  await made.use('gw1', leaf);
  return made;
}

function goodForADay(): RevocationVerdict {
  return good(24);
}

function good(until: number): RevocationVerdict {
  return { type: 'good', thisUpdate: someDay, nextUpdate: hours(until) };
}

function revoked(reason: 'keyCompromise' | 'certificateHold'): RevocationVerdict {
  return {
    type: 'revoked',
    thisUpdate: someDay,
    nextUpdate: hours(2),
    revocationDate: hours(-1),
    reason,
  };
}

function isLeaf({ tbsCertificate }: Certificate): boolean {
  return tbsCertificate.serialNumber === leaf.certificate.tbsCertificate.serialNumber;
}

describe('a certificate of ours that a policy names', () => {
  it('is asked about by that policy with its path, and the word is kept', async () => {
    const { store, look, asked, events } = await scene();
    await look();
    expect(asked).toHaveLength(2);
    expect(await store.ownRevocations.list()).toMatchObject([
      {
        name: 'gw1',
        policy: 'P',
        checkedAt: someDay,
        word: { status: 'good', nextUpdate: hours(24) },
      },
    ]);
    // It is no peer.
    expect(events.map(({ type }) => type)).toStrictEqual([]);
  });

  it('is asked about again when its word ends, no sooner than after an hour, and after a day at the latest', async () => {
    const { look, asked, clock, says } = await scene();
    const after = async (minutes: number): Promise<boolean> => {
      const before = asked.length;
      await clock.advance(minutes * 60);
      await look();
      return asked.length > before;
    };
    says(() => good(0.1));
    expect(await after(0)).toBe(true);
    expect(await after(59)).toBe(false);
    says(() => good(5));
    // Up to ten minutes later, by its name.
    expect(await after(11)).toBe(true);
    expect(await after(3.8 * 60)).toBe(false);
    says(() => good(24 * 90));
    expect(await after(21)).toBe(true);
    expect(await after(23.9 * 60)).toBe(false);
    expect(await after(21)).toBe(true);
  });

  it('is told of as revoked, once, until the hold is lifted', async () => {
    const { look, alarms, clock, says, events } = await scene();
    says((of) => (isLeaf(of) ? revoked('certificateHold') : good(90)));
    await look();
    expect(await alarms()).toStrictEqual(['revoked certificateHold']);
    await clock.advance(2.5 * 3600);
    await look();
    expect(events).toStrictEqual([
      { type: 'own-certificate-revoked', name: 'gw1', reason: 'certificateHold' },
    ]);
    says(() => good(90));
    await clock.advance(2.5 * 3600);
    await look();
    expect(await alarms()).toStrictEqual([]);
  });

  it('stays revoked while nobody gives another word, and why is kept', async () => {
    const { look, alarms, clock, says, store } = await scene();
    says((of) => (isLeaf(of) ? revoked('keyCompromise') : good(90)));
    await look();
    says(() => down);
    await clock.advance(2.5 * 3600);
    await look();
    expect(await alarms()).toStrictEqual(['revoked keyCompromise']);
    expect(await store.ownRevocations.get('gw1')).toMatchObject({
      word: { status: 'revoked', reason: 'keyCompromise' },
      failure: { code: 'timeout' },
    });
  });

  it('is no alarm when nobody gives a word on it', async () => {
    const { look, alarms, says } = await scene();
    says(() => down);
    await look();
    expect(await alarms()).toStrictEqual([]);
  });

  it('is as good as revoked when a CA above it is', async () => {
    const { look, alarms, says, store } = await scene();
    says((of) => (isLeaf(of) ? good(9) : revoked('keyCompromise')));
    await look();
    expect(await alarms()).toStrictEqual(['revoked keyCompromise']);
    const [alarm] = await store.alarms.list(9);
    expect(alarm?.last.text).toContain('above it');
  });

  it('is asked about at once when it is a new one, whose predecessor was revoked', async () => {
    const { look, alarms, says, use, asked } = await scene();
    says((of) => (isLeaf(of) ? revoked('keyCompromise') : good(90)));
    await look();
    expect(await alarms()).toHaveLength(1);
    await use('gw1', issue({ subject: 'CN=gw1', issuer: sub }));
    expect(await alarms()).toStrictEqual([]);
    await look();
    expect(asked).toHaveLength(4);
  });

  it('is forgotten when no policy names it any more', async () => {
    const { look, alarms, says, store, policy } = await scene();
    says((of) => (isLeaf(of) ? revoked('keyCompromise') : good(90)));
    await look();
    await policy({ ...usual, 'cert-name': [] });
    await look();
    expect(await store.ownRevocations.list()).toStrictEqual([]);
    expect(await alarms()).toStrictEqual([]);
  });

  it('has its word from the first policy that has one', async () => {
    const { look, store, policy } = await scene();
    await policy({ ...usual, ocsp: 'off', revocation: 'relaxed' });
    await keepWords(store, 'policy', { name: 'Q', words: usual });
    await look();
    expect(await store.ownRevocations.get('gw1')).toMatchObject({
      policy: 'Q',
      word: { status: 'good' },
    });
  });

  it('says why nobody could be asked', async () => {
    const { look, store, policy } = await scene();
    await policy({ ...usual, ca: ['gone'] });
    await look();
    expect(await store.ownRevocations.get('gw1')).toMatchObject({
      failure: { code: 'CA_UNKNOWN' },
    });
  });
});

describe('watchOwn()', () => {
  it('asks about some at a time, and about the others at the next beat', async () => {
    const { look, store, policy, use } = await scene();
    const names = Array.from({ length: 40 }, (_, i) => `n${i}`);
    for (const name of names) await use(name, leaf);
    await policy({ ...usual, 'cert-name': names });
    await look();
    expect(await store.ownRevocations.list()).toHaveLength(32);
    await look();
    expect(await store.ownRevocations.list()).toHaveLength(40);
  });
});
