import { once } from 'node:events';
import { describe, expect, it, vi } from 'vitest';
import { oids } from '../../src/asn1/oids.ts';
import { CertError } from '../../src/base/errors.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { extension } from '../../src/x509/extension-values.ts';
import type { GeneralName } from '../../src/x509/general-name.ts';
import { modernOnly } from '../../src/crypto/policy.ts';
import { validatePeer } from '../../src/validation/check-peer.ts';
import type { PeerVerdict, ValidationPolicy } from '../../src/validation/contract.ts';
import { responderUrls } from '../../src/validation/responder-urls.ts';
import { issue, makeKey, someDay, type Issued } from '../harness/certificates.ts';
import { crl, entry, makeCrl } from '../revocation/crl-made.ts';
import { codesOf, crlServer, keeping, numbersOf, pointAt, type Keeping } from './crl-kept.ts';
import { judge as judgeBy, strict } from './judged.ts';

/** Two CAs that nothing but their key tells apart, each believed by a policy of its own. */
const [ours, namesake] = [1, 2].map(() => issue({ subject: 'CN=CA', isCa: true }));
if (!ours || !namesake) throw new Error('there are two');

function policyOf(anchor: Issued, more: Partial<ValidationPolicy> = {}): ValidationPolicy {
  const path = { anchors: [anchor.certificate], intermediates: [], policy: modernOnly };
  return { ...strict, path, ...more };
}

function peerOf(issuer: Issued, url: string, deltas?: string): Issued {
  return issue({
    subject: 'CN=gw1',
    issuer,
    extensions: [
      extension('cRLDistributionPoints', [pointAt(url)]),
      ...(deltas === undefined ? [] : [extension('freshestCRL', [pointAt(deltas)])]),
    ],
  });
}

async function judge(
  { keeper }: Keeping,
  peer: Issued,
  policy: ValidationPolicy,
): Promise<PeerVerdict> {
  const ocsp = {
    status: async () => ({ verdict: noWord, tried: [] }),
    staple: () => ({ verdict: noWord, tried: [] }),
    forget: () => undefined,
  };
  return await validatePeer(
    { ocsp, crls: keeper, tell: () => undefined, algorithms: modernOnly },
    policy,
    { chain: [certificateDer(peer.certificate)] },
    someDay,
    new AbortController().signal,
  );
}

const noWord = { type: 'unavailable', code: 'no-source', detail: 'nobody is asked' } as const;

describe('a CRL of another CA of the same name, which another policy believes,', () => {
  it.each(['relaxed', 'strict'] as const)(
    'keeps nobody from fetching the one that lists a peer (%s)',
    async (revocation) => {
      const site = await keeping();
      const theirs = await crlServer(makeCrl(namesake));
      const held = await judge(site, peerOf(namesake, theirs.url), policyOf(namesake));
      expect(held.verdict).toBe('accept');
      expect(await site.store.heldCrls.list()).toHaveLength(1);

      const right = await crlServer(new Uint8Array());
      const peer = peerOf(ours, right.url);
      right.serve(makeCrl(ours, { entries: [entry(peer)] }));
      const verdict = await judge(site, peer, policyOf(ours, { revocation }));
      expect(verdict).toMatchObject({ verdict: 'reject', reasons: [{ code: 'revoked' }] });
    },
  );

  it('is not the word of a place that both name', async () => {
    const site = await keeping();
    const both = await crlServer(makeCrl(namesake));
    await judge(site, peerOf(namesake, both.url), policyOf(namesake));
    const peer = peerOf(ours, both.url);
    both.serve(makeCrl(ours, { entries: [entry(peer)] }));
    await site.clock.advance(61);
    const verdict = await judge(site, peer, policyOf(ours, { revocation: 'relaxed' }));
    expect(verdict).toMatchObject({ verdict: 'reject', reasons: [{ code: 'revoked' }] });
  });

  it('keeps nobody from fetching a delta', async () => {
    const site = await keeping();
    const theirs = await crlServer(makeCrl(namesake));
    const theirDelta = await crlServer(makeCrl(namesake, { base: 1n, number: 2n }));
    await judge(site, peerOf(namesake, theirs.url, theirDelta.url), policyOf(namesake));
    expect(await site.store.heldCrls.list()).toHaveLength(2);

    const delta = await crlServer(new Uint8Array());
    const freshest = extension('freshestCRL', [pointAt(delta.url)]);
    const right = await crlServer(makeCrl(ours, { extensions: [freshest] }));
    const peer = peerOf(ours, right.url);
    delta.serve(makeCrl(ours, { base: 1n, number: 2n, entries: [entry(peer)] }));
    const own = await keeping({ signerOf: async () => ours.certificate });
    const over = { ...own, keeper: own.keeper };
    expect((await judge(over, peer, policyOf(ours))).verdict).toBe('reject');
    const both = site.again({ signerOf: async () => ours.certificate });
    const verdict = await judge(both, peer, policyOf(ours));
    expect(verdict).toMatchObject({ verdict: 'reject', reasons: [{ code: 'revoked' }] });
  });
});

describe('a place that a certificate names and an operator has set up', () => {
  it('is asked with the login of its server, though it has just refused us as nobody', async () => {
    const { url } = await crlServer(makeCrl(ours));
    const site = await keeping({
      fetchNamed: async () => {
        throw new CertError('HTTP_STATUS', 'Cannot fetch it: HTTP status 401');
      },
    });
    const peer = peerOf(ours, url);
    const named = await judge(site, peer, policyOf(ours));
    expect(named).toMatchObject({ verdict: 'reject', reasons: [{ code: 'http-status' }] });

    site.places.push({ name: 'ours', url });
    const crls = { ...strict.crls, configured: ['ours'] };
    expect(await judge(site, peer, policyOf(ours, { crls }))).toMatchObject({ verdict: 'accept' });
  });

  it('is not gone to as nobody by those who wait for it at the same time', async () => {
    const { url } = await crlServer(makeCrl(ours));
    const refusal = Promise.withResolvers<never>();
    const site = await keeping({ fetchNamed: () => refusal.promise });
    site.places.push({ name: 'ours', url });
    const peer = peerOf(ours, url);
    const named = judge(site, peer, policyOf(ours));
    const crls = { ...strict.crls, configured: ['ours'] };
    const configured = await judge(site, peer, policyOf(ours, { crls }));
    expect(configured).toMatchObject({ verdict: 'accept' });
    refusal.reject(new CertError('HTTP_STATUS', 'Cannot fetch it: HTTP status 401'));
    expect(await named).toMatchObject({ verdict: 'reject' });
  });
});

describe('a peer that is revoked', () => {
  it.each(['self-signed', 'signed by one another'] as const)(
    'does not hide it by certificates in the name of its CA, %s, in front of the signer of CRLs',
    async (how) => {
      const top = issue({ subject: 'CN=Root', isCa: true });
      const ca = issue({ subject: 'CN=CA', issuer: top, isCa: true });
      const signer = issue({ subject: 'CN=CA', issuer: top, isCa: true });
      const peer = issue({ subject: 'CN=gw1', issuer: ca });
      const keys = Array.from({ length: 4 }, () => makeKey());
      const crowd = keys.flatMap((key) =>
        keys.map((other) => {
          const by = how === 'self-signed' ? {} : { issuer: { subject: ca.subject, key: other } };
          return issue({ subject: 'CN=CA', isCa: true, ...by, ...(by.issuer && { key }) });
        }),
      );
      const intermediates = [ca.certificate, signer.certificate];
      const { verdict } = await judgeBy({
        chain: [peer, ...crowd],
        crls: [crl(signer, { entries: [entry(peer)] }), crl(top)],
        policy: {
          path: { anchors: [top.certificate], intermediates, policy: modernOnly },
          revocation: 'relaxed',
        },
      });
      expect(verdict).toMatchObject({ verdict: 'reject', reasons: [{ code: 'revoked' }] });
    },
  );
});

describe('places that many certificates name', () => {
  const mebi = 1024 ** 2;
  const many = Array.from({ length: 100 }, (_, n) => peerOf(ours, `http://crl.example/${n}`));

  it('are read into so much memory together, however many there are at a time', async () => {
    const limits: number[] = [];
    const end = new AbortController();
    const site = await keeping({
      async fetchNamed(_url, { limits: { maxBytes = Infinity }, signal }) {
        limits.push(maxBytes);
        await once(signal, 'abort');
        throw new Error('over');
      },
    });
    const all = many.map((peer) => site.find(peer, {}, end.signal));
    await vi.waitFor(() => expect(limits).toHaveLength(100));
    expect(limits[0]).toBe(64 * mebi);
    expect(Math.min(...limits)).toBe(mebi);
    expect(limits.reduce((sum, most) => sum + most, 0)).toBeLessThan(620 * mebi);
    end.abort();
    await Promise.all(all);
    const next = new AbortController();
    const later = site.find(peerOf(ours, 'http://crl.example/later'), {}, next.signal);
    await vi.waitFor(() => expect(limits).toHaveLength(101));
    expect(limits.at(-1)).toBe(64 * mebi);
    next.abort();
    await later;
  });

  it('have no pause for what was too large only then', async () => {
    const end = new AbortController();
    const asked: string[] = [];
    const site = await keeping({
      async fetchNamed(url, { limits: { maxBytes = Infinity }, signal }) {
        asked.push(url);
        if (url.endsWith('/large')) {
          if (maxBytes < 64 * mebi) throw new CertError('RESPONSE_TOO_LARGE', 'Cannot take it');
          return makeCrl(ours);
        }
        await once(signal, 'abort');
        throw new Error('over');
      },
    });
    const all = many.map((peer) => site.find(peer, {}, end.signal));
    await vi.waitFor(() => expect(asked).toHaveLength(100));
    const large = peerOf(ours, 'http://crl.example/large');
    expect(codesOf(await site.find(large))).toStrictEqual(['too-large']);
    end.abort();
    await Promise.all(all);
    expect(numbersOf(await site.find(large))).toStrictEqual([1n]);
  });

  it('are no places when they are longer than any URL has to be', async () => {
    const site = await keeping({
      async fetchNamed() {
        throw new Error('nobody is to be asked');
      },
    });
    const url = `http://crl.example/${'x'.repeat(2048)}`;
    const { failed } = await site.find(peerOf(ours, url));
    expect(failed).toMatchObject([{ failure: { code: 'no-source' } }]);
    expect(JSON.stringify(failed).length).toBeLessThan(300);
    const access = { accessMethod: oids.ocsp, accessLocation: uri(url) };
    const asking = issue({
      subject: 'CN=gw1',
      extensions: [extension('authorityInfoAccess', [access])],
    });
    expect(responderUrls(asking.certificate)).toStrictEqual([]);
  });
});

function uri(value: string): GeneralName {
  return { type: 'uniformResourceIdentifier', value };
}
