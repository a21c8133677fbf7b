import { describe, expect, it, onTestFinished } from 'vitest';
import { peerValidator, type ValidatorInMemory } from '../../src/agent/peer-validator.ts';
import { checkedPeerPolicy, type PeerPolicy } from '../../src/lifecycle/peer-policy.ts';
import { resolvePolicy } from '../../src/lifecycle/validation-policies.ts';
import { keepWords } from '../../src/lifecycle/validation-words.ts';
import { parseLabel } from '../../src/base/label.ts';
import { policySettings } from '../../src/settings/policy-settings.ts';
import type { SettingWords } from '../../src/settings/setting.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import type { PeerVerdict, ValidationEvent } from '../../src/validation/contract.ts';
import type { PeerValidator } from '../../src/validation/peer-validator.ts';
import { toDer } from '../../src/asn1/codec.ts';
import { Name } from '../../src/x509/name.ts';
import { extension } from '../../src/x509/extension-values.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { issue, makeKey, someDay, type Issued } from '../harness/certificates.ts';
import { fakeClock } from '../harness/fake-clock.ts';
import { leaf, root, sub } from '../harness/paths.ts';
import { entry, makeCrl } from '../revocation/crl-made.ts';
import { after, ca, leaf as stapled, response } from '../revocation/ocsp-made.ts';
import { storeOptions, temporaryDirectory } from '../store/sample.ts';
import { answerWith, responderAt } from '../validation/ocsp-asked.ts';

const anchors = [root.certificate];
const lenient = { anchors, revocation: 'relaxed', crlDistributionPoints: false } as const;

async function inMemory(
  policy: PeerPolicy,
  others: Partial<ValidatorInMemory> = {},
): Promise<PeerValidator> {
  const validator = await peerValidator({ policy, clock: fakeClock(someDay), ...others });
  onTestFinished(() => validator.close());
  return validator;
}

function chain(...issued: readonly Issued[]): readonly Uint8Array[] {
  return issued.map(({ certificate }) => certificateDer(certificate));
}

function codes({ reasons }: PeerVerdict): readonly string[] {
  return reasons.map(({ code }) => code);
}

/** A certificate whose CRL is at a place that counts who comes. */
async function withCrl(crl: (issued: Issued) => Uint8Array) {
  let octets: Uint8Array = new Uint8Array();
  const web = await responderAt((_request, out) => answerWith(out, octets, 'application/pkix-crl'));
  const point = {
    distributionPoint: {
      type: 'fullName',
      value: [{ type: 'uniformResourceIdentifier', value: web.url }],
    },
  } as const;
  const own = issue({
    subject: 'CN=named',
    issuer: root,
    extensions: [extension('cRLDistributionPoints', [point])],
  });
  octets = crl(own);
  return { own, web };
}

describe('a validator without a store', () => {
  it('accepts a peer, and gives its path as certificates', async () => {
    const events: ValidationEvent[] = [];
    const tell = (event: ValidationEvent) => void events.push(event);
    const validator = await inMemory({ ...lenient, name: 'mine' }, { tell });
    const verdict = await validator.validatePeer({ chain: chain(leaf, sub) });
    expect(verdict).toMatchObject({ verdict: 'accept', anchor: root.certificate });
    expect(verdict.path).toHaveLength(2);
    expect(events).toMatchObject([{ type: 'judged', policy: 'mine' }]);
  });

  it('is strict where nothing else is said', async () => {
    const validator = await inMemory({ anchors });
    const verdict = await validator.validatePeer({ chain: chain(leaf, sub) });
    expect(codes(verdict)).toStrictEqual(['no-source', 'no-source']);
  });

  it('fetches the CRL that a certificate names once, and holds it in memory', async () => {
    const { own, web } = await withCrl(() => makeCrl(root));
    const validator = await inMemory({ anchors });
    for (let times = 0; times < 3; times++) {
      const verdict = await validator.validatePeer({ chain: chain(own) });
      expect(verdict).toMatchObject({ verdict: 'accept', warnings: [] });
    }
    expect(web.requests).toHaveLength(1);
  });

  it('refuses a peer that the CRL lists which is given in the policy', async () => {
    const { own, web } = await withCrl((issued) => makeCrl(root, { entries: [entry(issued)] }));
    const policy = { anchors, crls: [web.url], crlDistributionPoints: false };
    const validator = await inMemory(policy);
    expect(codes(await validator.validatePeer({ chain: chain(own) }))).toStrictEqual(['revoked']);
  });

  it('asks responders as settings of its own say, and keeps what they said', async () => {
    const responder = await responderAt();
    const ocsp = { url: responder.url, nonce: 'off', certIdHash: 'sha1', timeoutMs: 5000 } as const;
    const policy = { anchors: [ca.certificate], ocsp };
    const validator = await inMemory(policy, { clock: fakeClock(after(60), 'waits') });
    for (const from of ['network', 'cache']) {
      const verdict = await validator.validatePeer({ chain: chain(stapled) });
      expect(verdict.verdict).toBe('accept');
      expect(verdict.revocation[0]?.tried[0]?.source).toMatchObject({ from });
    }
  });

  it('keeps no more of what they said than it is given octets for', async () => {
    const responder = await responderAt();
    const ocsp = { url: responder.url, nonce: 'off', timeoutMs: 5000 } as const;
    const how = { clock: fakeClock(after(60), 'waits'), ocspOctets: 1000 };
    const validator = await inMemory({ anchors: [ca.certificate], ocsp }, how);
    await validator.validatePeer({ chain: chain(stapled) });
    const again = await validator.validatePeer({ chain: chain(stapled) });
    expect(again.revocation[0]?.tried[0]?.source).toMatchObject({ from: 'network' });
  });

  it('takes signatures by RSA keys as long as the policy asks for', async () => {
    const signer = issue({ subject: 'CN=RSA', isCa: true, key: makeKey(2048) });
    const peer = chain(issue({ subject: 'CN=peer', issuer: signer }));
    const policy = { ...lenient, anchors: [signer.certificate] };
    const usual = await (await inMemory(policy)).validatePeer({ chain: peer });
    expect(usual.verdict).toBe('accept');
    const longer = await inMemory({ ...policy, minRsaBits: 2049 });
    expect(codes(await longer.validatePeer({ chain: peer }))).toContain('algorithm-refused');
    const ocsp = { nonce: 'off', minRsaBits: 3072 } as const;
    const asked = checkedPeerPolicy({ anchors, ocsp }).policy.ocsp;
    expect(asked?.rules.policy.leastRsaBits).toBe(3072);
    const others = checkedPeerPolicy({ anchors, ocsp: { nonce: 'off' } }).policy.ocsp;
    expect(asked?.policyHash).not.toBe(others?.policyHash);
  });

  it('takes a stapled response, and asks nobody', async () => {
    const policy = { anchors: [ca.certificate], ocsp: 'on' } as const;
    const validator = await inMemory(policy, { clock: fakeClock(after(60)) });
    const verdict = await validator.validatePeer({ chain: chain(stapled), staple: response() });
    expect(verdict.verdict).toBe('accept');
    expect(verdict.revocation[0]?.tried[0]?.source.type).toBe('staple');
  });

  it('tells of a clock that is behind a response of its CA by more than a day, and of no stranger', async () => {
    const told: string[] = [];
    const how = (seconds: number) => ({
      clock: fakeClock(after(seconds)),
      tell: ({ type }: ValidationEvent) => void told.push(type),
    });
    const isTold = async (seconds: number, staple: Uint8Array) => {
      told.length = 0;
      const policy = { anchors: [ca.certificate], ocsp: 'on' } as const;
      const validator = await inMemory(policy, how(seconds));
      await validator.validatePeer({ chain: chain(stapled), staple });
      return told.includes('clock-suspect');
    };
    expect(await isTold(-90_000, response())).toBe(true);
    expect(await isTold(-80_000, response())).toBe(false);
    expect(await isTold(-90_000, response({ signer: stapled }))).toBe(false);
  });

  it('judges as it was at another time, and holds nothing of that', async () => {
    const { own, web } = await withCrl(() => makeCrl(root));
    const validator = await inMemory({ anchors });
    const at = new Date('2025-01-01T00:00:00Z');
    expect(codes(await validator.validatePeer({ chain: chain(own) }, { at }))).toStrictEqual([
      'not-yet-valid',
    ]);
    const soon = { at: after(60) };
    expect(await validator.validatePeer({ chain: chain(own) }, soon)).toMatchObject({
      verdict: 'accept',
    });
    await validator.validatePeer({ chain: chain(own) });
    expect(web.requests).toHaveLength(2);
  });

  it('puts what the key is used for in place of its purpose, but not of any purpose', async () => {
    const usage = extension('keyUsage', ['keyEncipherment']);
    const odd = issue({ subject: 'CN=odd', issuer: root, extensions: [usage] });
    const purpose = { type: 'tls-client' } as const;
    const judged = async (policy: PeerPolicy) =>
      codes(await (await inMemory(policy)).validatePeer({ chain: chain(odd) }, { purpose }));
    expect(await judged(lenient)).toStrictEqual(['wrong-purpose']);
    expect(await judged({ ...lenient, purpose: 'any' })).toStrictEqual([]);
  });

  it('gives a verdict of what is known to whoever has gone, and to all when it is closed', async () => {
    const { own, web } = await withCrl(() => makeCrl(root));
    const silent = await responderAt(() => {});
    const slow = { ...lenient, crls: [silent.url], revocation: 'strict' } as const;
    const validator = await inMemory(slow, { clock: fakeClock(someDay, 'waits') });
    const gone = new AbortController();
    const first = validator.validatePeer({ chain: chain(own) }, { signal: gone.signal });
    const second = validator.validatePeer({ chain: chain(own) });
    while (silent.requests.length === 0) await new Promise((resolve) => setImmediate(resolve));
    gone.abort();
    expect(codes(await first)).toStrictEqual(['timeout']);
    await validator.close();
    expect((await second).verdict).toBe('reject');
    expect(web.requests).toHaveLength(0);
    await expect(validator.validatePeer({ chain: chain(own) })).rejects.toMatchObject({
      code: 'USAGE_INVALID',
    });
  });

  it.each([
    ['no anchors', { anchors: [] }],
    ['a chain of 17', { anchors, maxChainLength: 17 }],
    ['strict without a source', { anchors, crlDistributionPoints: false }],
    ['a fallback without OCSP', { anchors, unknownFallback: true }],
    ['a timeout of nothing', { anchors, ocsp: { timeoutMs: 0 } }],
    [
      'a password without a user',
      { anchors, ocsp: { tunnel: { address: 'p', port: 1, password: new Uint8Array(1) } } },
    ],
  ] satisfies readonly (readonly [string, PeerPolicy])[])(
    'refuses a policy with %s when it is made',
    async (_, policy) => {
      await expect(peerValidator({ policy })).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    },
  );
});

/** Set up a policy that believes the root. */
const set = (words: SettingWords) => (store: Store) =>
  keepWords(store, 'policy', { name: 'P', words: { ca: ['R'], ...words } });

/** A state directory with a policy; what is set up in it is changed as by another process. */
async function withPolicy(words: SettingWords) {
  const stateDirectory = temporaryDirectory();
  const change = async (work: (store: Store) => Promise<unknown>): Promise<void> => {
    const store = await openStore(storeOptions(stateDirectory));
    await work(store);
    await store.close();
  };
  await change(async (store) => {
    await store.caCertificates.put(
      {
        label: parseLabel('R', 'ca'),
        der: certificateDer(root.certificate),
        subject: toDer(Name, root.subject),
        createdAt: someDay,
      },
      false,
    );
    await set(words)(store);
  });
  return { stateDirectory, change };
}

describe('a validator with a store', () => {
  const now = { clock: fakeClock(someDay) };

  it('judges by a policy of that name, as it is at that moment', async () => {
    const { stateDirectory, change } = await withPolicy({ revocation: 'relaxed' });
    const validator = await peerValidator({ ...now, stateDirectory, policy: 'P' });
    onTestFinished(() => validator.close());
    const peer = { chain: chain(leaf, sub) };
    expect((await validator.validatePeer(peer)).verdict).toBe('accept');
    await change(set({ revocation: 'strict' }));
    expect(codes(await validator.validatePeer(peer))).toStrictEqual(['no-source', 'no-source']);
    await change((store) => store.validationObjects.remove('policy', 'P'));
    const verdict = await validator.validatePeer(peer);
    expect(verdict.reasons).toMatchObject([
      { code: 'internal', detail: 'Cannot use policy "P": there is none' },
    ]);
  });

  it('holds the CRL it fetched in the store, for whoever comes after', async () => {
    const { own, web } = await withCrl(() => makeCrl(root));
    const { stateDirectory } = await withPolicy({});
    for (let times = 0; times < 2; times++) {
      const validator = await peerValidator({ ...now, stateDirectory, policy: 'P' });
      expect(await validator.validatePeer({ chain: chain(own) })).toMatchObject({
        verdict: 'accept',
      });
      await validator.close();
    }
    expect(web.requests).toHaveLength(1);
  });

  it('is not made by a name nobody has set up', async () => {
    const { stateDirectory } = await withPolicy({});
    await expect(peerValidator({ ...now, stateDirectory, policy: 'Q' })).rejects.toMatchObject({
      code: 'CONFIG_INVALID',
    });
  });
});

describe('a policy as data', () => {
  /** Something else than the default for every setting, in words and as data. */
  const words: SettingWords = {
    purpose: 'ike',
    'accept-tls-usages': false,
    'max-chain-length': 7,
    revocation: 'relaxed',
    ocsp: 'nonce',
    'crl-distribution-points': false,
    'crl-hosts': ['h.example'],
    'crl-files': true,
    'cert-hash-url': true,
    'crl-fallback': true,
    'use-deltas': false,
    'clock-skew': 7,
    'ocsp-revoked-fallback': 'crl',
    'unknown-fallback': true,
    deadline: 777,
    'certificate-policy': ['1.2.3'],
    'explicit-policy': true,
    'inhibit-policy-mapping': true,
    'inhibit-any-policy': true,
    'min-rsa-size': 3072,
    'allow-sha1': true,
    'allow-dsa': true,
  };
  const data: PeerPolicy = {
    anchors,
    purpose: 'ike',
    acceptTlsUsages: false,
    maxChainLength: 7,
    revocation: 'relaxed',
    ocsp: 'nonce',
    crlDistributionPoints: false,
    crlHosts: ['h.example'],
    crlFiles: true,
    certHashUrl: true,
    crlFallback: true,
    useDeltas: false,
    clockSkewSeconds: 7,
    ocspRevokedFallback: 'crl',
    unknownFallback: true,
    deadlineMs: 777,
    certificatePolicies: ['1.2.3'],
    explicitPolicy: true,
    inhibitPolicyMapping: true,
    inhibitAnyPolicy: true,
    minRsaBits: 3072,
    allowSha1: true,
    allowDsa: true,
  };

  it.each([
    ['nothing said', {}, { anchors }],
    ['everything said', words, data],
  ])('is that of crypto map, with %s', async (_, said, given) => {
    const store = await openStore(storeOptions(temporaryDirectory()));
    onTestFinished(() => store.close());
    const { policy } = checkedPeerPolicy(given);
    const der = certificateDer(root.certificate);
    await store.caCertificates.put(
      { label: parseLabel('R', 'ca'), der, subject: toDer(Name, root.subject), createdAt: someDay },
      false,
    );
    await keepWords(store, 'policy', { name: 'P', words: { ...said, ca: ['R'] } });
    const stored = await resolvePolicy(store, { name: 'P' });
    const bare = ({
      path: { anchors: _anchors, intermediates: _intermediates, ...path },
      ...rest
    }: typeof stored) => ({ ...rest, path });
    expect({ ...bare(policy), name: 'P' }).toStrictEqual(bare(stored));
  });

  it('has all settings there are', () => {
    // What an operator names by labels is given as it is.
    const others = new Set(['kind', 'ca', 'ocsp-cert-validator', 'ca-crl', 'cert-name']);
    const all = policySettings.map(({ word }) => word).filter((word) => !others.has(word));
    expect(Object.keys(words)).toStrictEqual(all);
  });
});
