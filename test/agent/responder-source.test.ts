import { describe, expect, it } from 'vitest';
import type { ResponderAsks, ResponderFound } from '../../src/agent/ocsp-responder.ts';
import { relayBudget } from '../../src/agent/request-counter.ts';
import { responderSource, type ResponderSourceContext } from '../../src/agent/responder-source.ts';
import { parseLabel } from '../../src/base/label.ts';
import { certIdOf } from '../../src/revocation/ocsp-cert-id.ts';
import { unavailable, type RevocationVerdict } from '../../src/revocation/verdict.ts';
import type { OcspAnswer, ResolvedOcsp } from '../../src/validation/contract.ts';
import { algorithmIdentifier } from '../../src/x509/algorithm-identifier.ts';
import type { CertID } from '../../src/x509/ocsp-request.ts';
import { fakeClock } from '../harness/fake-clock.ts';
import { held } from '../ocsp-staple/made.ts';
import { after, ca, leaf, response } from '../revocation/ocsp-made.ts';
import { ocspObjectFor } from '../validation/ocsp-asked.ts';

const certId = certIdOf(leaf.certificate, ca.certificate, 'sha1');
const other: CertID = { ...certId, serialNumber: 99n };
const signal = new AbortController().signal;
const shown = response();
const kept = {
  certificate: 'aa',
  name: parseLabel('gw1', 'name'),
  nextAt: after(0),
  failures: 0,
  held: held({ der: shown, until: after(3000) }),
};
const good: OcspAnswer = {
  verdict: { type: 'good', thisUpdate: after(0), nextUpdate: after(600) },
  tried: [],
  der: Uint8Array.of(1),
};
const object = ocspObjectFor({
  name: 'hq',
  rules: { nonce: 'require' },
  query: { url: 'http://o/', certIdHash: 'sha1' },
});

const shownAnswer = {
  type: 'shown',
  shown: { der: Uint8Array.of(2), thisUpdate: after(0), until: after(60) },
} as const;
const passedAnswer = { ...shownAnswer, verdict: good.verdict };

/** A source for `ca`, and what was asked by which object. */
function sourceWith(changes: Partial<ResponderSourceContext> = {}) {
  const clock = fakeClock(after(60));
  const asked: { readonly serial: bigint; readonly object: ResolvedOcsp }[] = [];
  const failures: string[] = [];
  const said: RevocationVerdict['type'][] = [];
  const source = responderSource({
    store: { staples: { list: async () => [kept] } },
    clock,
    budget: relayBudget(clock),
    failed: ({ code }) => failures.push(code),
    ocsp: {
      async status({ tbsCertificate }, _issuer, by) {
        asked.push({ serial: tbsCertificate.serialNumber, object: by });
        return good;
      },
    },
    relays: async () => [{ issuers: [ca.certificate], object }],
    passOn: async () => unavailable('connect', 'nobody is there'),
    passesNonces: false,
    said: (_about, { type }) => void said.push(type),
    ...changes,
  });
  const find = (id: CertID, hasNonce = false): Promise<ResponderFound> =>
    source.find({ certId: id, hasNonce, request: Uint8Array.of(7) }, signal);
  return { find, asked, failures, said, clock };
}

describe('responderSource()', () => {
  it('shows what is kept for our own, with or without a nonce, and asks nobody', async () => {
    const { find, asked } = sourceWith();
    for (const hasNonce of [false, true])
      expect(await find(certId, hasNonce)).toMatchObject({ type: 'shown', shown: { der: shown } });
    expect(asked).toStrictEqual([]);
  });

  it('asks about others as they look for it, by their digest and without a nonce', async () => {
    const { find, asked } = sourceWith();
    expect(await find(other, true)).toStrictEqual({
      type: 'shown',
      shown: { der: Uint8Array.of(1), thisUpdate: after(0), until: after(600) },
    });
    const bySha256 = certIdOf(leaf.certificate, ca.certificate, 'sha256');
    await find(bySha256);
    expect(asked.map(({ object: by }) => [by.query.certIdHash, by.rules.nonce])).toStrictEqual([
      ['sha1', 'off'],
      ['sha256', 'off'],
    ]);
    // Neither answers for the other, nor for peers that are judged by the object.
    const policies = new Set(asked.map(({ object: by }) => by.policyHash));
    expect(policies.size).toBe(2);
    expect(policies).not.toContain(object.policyHash);
  });

  it('has no word on certificates of other issuers, by other digests, or with numbers that nobody gives', async () => {
    const { find, asked } = sourceWith();
    const sha512 = { ...other, hashAlgorithm: algorithmIdentifier('sha512') };
    const stranger = { ...other, issuerKeyHash: new Uint8Array(20) };
    const numbers = [-1n, 1n << 168n, 1n << 60_000n];
    const all = [sha512, stranger, ...numbers.map((serialNumber) => ({ ...other, serialNumber }))];
    for (const id of all)
      expect(await find(id)).toStrictEqual({ type: 'none', why: 'unauthorized' });
    expect(await find({ ...other, serialNumber: (1n << 160n) - 1n })).toMatchObject({
      type: 'shown',
    });
    expect(asked).toHaveLength(1);
    const alone = sourceWith({ relays: async () => [] });
    expect(await alone.find(other)).toStrictEqual({ type: 'none', why: 'unauthorized' });
  });

  it('asks anew where what is kept has ended: the skew that we allow is not that of charon', async () => {
    const past: OcspAnswer = {
      verdict: { type: 'good', thisUpdate: after(0), nextUpdate: after(60) },
      tried: [],
      der: Uint8Array.of(9),
    };
    const by: number[] = [];
    const { find } = sourceWith({
      ocsp: {
        async status(_certificate, _issuer, { cache }) {
          by.push(cache.cachingNextUpdateAheadSeconds);
          return by.length === 1 ? past : good;
        },
      },
    });
    expect(await find(other)).toMatchObject({ shown: { der: Uint8Array.of(1) } });
    // Nothing that is kept to its nextUpdate.
    expect(by).toStrictEqual([-1, 60]);
    by.length = 0;
    const revoked: RevocationVerdict = {
      type: 'revoked',
      thisUpdate: after(0),
      nextUpdate: after(60),
      revocationDate: after(0),
      reason: 'keyCompromise',
    };
    const final = sourceWith({
      ocsp: {
        async status() {
          by.push(0);
          return { ...past, verdict: revoked };
        },
      },
    });
    expect(await final.find(other)).toMatchObject({ shown: { der: Uint8Array.of(9) } });
    expect(by).toHaveLength(1);
  });

  it('says to try later when there is no word, and why to whoever keeps the log', async () => {
    const verdict = unavailable('timeout', 'it took longer than the timeout');
    const { find, failures } = sourceWith({
      ocsp: { status: async () => ({ verdict, tried: [] }) },
    });
    expect(await find(other)).toStrictEqual({ type: 'none', why: 'tryLater' });
    expect(failures).toStrictEqual(['timeout']);
  });

  it('passes nonces on where that is set, within the budget, and shows what is kept when that comes to nothing', async () => {
    const passed: ResponderAsks[] = [];
    let answer: Awaited<ReturnType<ResponderSourceContext['passOn']>> = passedAnswer;
    const clock = fakeClock(after(60));
    const { find, asked, failures } = sourceWith({
      budget: relayBudget(clock),
      passesNonces: true,
      async passOn(question) {
        passed.push(question);
        return answer;
      },
    });
    for (const id of [certId, other]) expect(await find(id, true)).toStrictEqual(shownAnswer);
    expect(passed.map(({ request }) => request)).toStrictEqual([
      Uint8Array.of(7),
      Uint8Array.of(7),
    ]);
    expect(asked).toStrictEqual([]);
    answer = unavailable('connect', 'nobody is there');
    expect(await find(certId, true)).toMatchObject({ type: 'shown', shown: { der: shown } });
    expect(await find(other, true)).toStrictEqual({ type: 'none', why: 'tryLater' });
    expect(failures).toStrictEqual(['connect', 'connect']);
    const spent = Array.from({ length: 3000 }, (_, at) =>
      find({ ...other, serialNumber: BigInt(at) }, true),
    );
    await Promise.all(spent);
    expect(passed.length).toBeLessThanOrEqual(3000);
    expect(await find(other, true)).toStrictEqual({ type: 'none', why: 'tryLater' });
  });
});

describe('responderSource(), where an object of a gateway requires nonces', () => {
  const relay = { issuers: [ca.certificate], object, isNonceRequired: true };

  it('passes on that of charon, whatever is set for others, and tells what was said', async () => {
    const passed: (boolean | undefined)[] = [];
    const { find, asked, said } = sourceWith({
      relays: async () => [relay],
      async passOn(_question, { isNonceRequired }) {
        passed.push(isNonceRequired);
        return passedAnswer;
      },
    });
    expect(await find(other, true)).toStrictEqual(shownAnswer);
    expect(passed).toStrictEqual([true]);
    expect([asked, said]).toStrictEqual([[], ['good']]);
  });

  it('has no word without one, but for a server for which something is set as well', async () => {
    const { find, failures } = sourceWith({ relays: async () => [relay] });
    expect(await find(other)).toStrictEqual({ type: 'none', why: 'tryLater' });
    expect(failures).toStrictEqual(['nonce-missing']);
    const both = sourceWith({
      relays: async () => [relay, { issuers: [ca.certificate], object }],
    });
    expect(await both.find(other)).toMatchObject({ type: 'shown', shown: { der: good.der } });
    expect(await both.find(other, true)).toStrictEqual({ type: 'none', why: 'tryLater' });
    expect(both.failures).toStrictEqual(['connect']);
  });
});

describe('relayBudget()', () => {
  it('allows so many at the same time, and so many a minute', async () => {
    const clock = fakeClock();
    const { begin, end } = relayBudget(clock);
    const allowed = Array.from({ length: 300 }, begin);
    expect(allowed.filter(Boolean)).toHaveLength(256);
    end();
    expect(begin()).toBe(true);
    for (let i = 0; i < 256; i++) end();
    let more = 0;
    while (begin()) {
      end();
      more++;
    }
    expect(more).toBe(3000 - 257);
    await clock.advance(60);
    expect(begin()).toBe(true);
  });
});
