import { describe, expect, it } from 'vitest';
import { parseLabel } from '../../src/base/label.ts';
import { isMustStaple } from '../../src/ocsp-staple/must-staple.ts';
import { stapleSource } from '../../src/ocsp-staple/source.ts';
import { verifyStaple } from '../../src/ocsp-staple/verify.ts';
import { extension } from '../../src/x509/extension-values.ts';
import { issue } from '../harness/certificates.ts';
import { after, ca, leaf, response, responder, single } from '../revocation/ocsp-made.ts';
import { held, hour } from './made.ts';

const subject = { certificate: leaf.certificate, issuer: ca.certificate };
const came = { url: 'http://o/', etag: '"1"' };

function verdictOf(octets: Uint8Array, at = after(60)): string {
  const offered = verifyStaple(octets, subject, came, at);
  return offered.type === 'nothing' ? offered.code : offered.type;
}

describe('verifyStaple()', () => {
  it('keeps the octets as they came, with when to show them no more', () => {
    const octets = response();
    const offered = verifyStaple(octets, subject, came, after(60));
    expect(offered).toMatchObject({
      type: 'good',
      staple: { der: octets, thisUpdate: after(0), nextUpdate: after(3600), ...came },
    });
    expect(offered).toMatchObject({ staple: { until: after(3300) } });
  });

  it('takes one by the issuer itself, and by whom it has named; by nobody else', () => {
    expect(verdictOf(response({ signer: ca, certs: [] }))).toBe('good');
    expect(verdictOf(response({ signer: responder }))).toBe('good');
    const stranger = issue({ subject: 'CN=responder', isCa: true });
    expect(verdictOf(response({ signer: stranger }))).toBe('unauthorized-responder');
    const unnamed = issue({ subject: 'CN=responder', issuer: ca });
    expect(verdictOf(response({ signer: unnamed }))).toBe('unauthorized-responder');
  });

  it('takes one of a minute ahead, and none from further ahead', () => {
    expect(verdictOf(response(), after(-60))).toBe('good');
    expect(verdictOf(response(), after(-61))).toBe('not-yet-valid');
  });

  it('takes none about another certificate, and none that is too large', () => {
    const other = issue({ subject: 'CN=other', issuer: ca });
    const about = { ...subject, certificate: other.certificate };
    expect(verifyStaple(response(), about, came, after(60))).toMatchObject({
      code: 'no-matching-response',
    });
    expect(verdictOf(new Uint8Array(70_000))).toBe('too-large');
    expect(verdictOf(Uint8Array.of(1, 2, 3))).toBe('malformed');
  });

  it('says that it is revoked, with the reason', () => {
    const certStatus = {
      type: 'revoked',
      value: { revocationTime: after(-10), revocationReason: 'keyCompromise' },
    } as const;
    const octets = response({ singles: [single({ certStatus })] });
    expect(verifyStaple(octets, subject, came, after(60))).toStrictEqual({
      type: 'revoked',
      at: after(-10),
      reason: 'keyCompromise',
      thisUpdate: after(0),
    });
  });
});

describe('isMustStaple()', () => {
  it.each([
    [[5], true],
    [[5, 17], true],
    [[17], false],
  ])('of the features %j is %s', (features, expected) => {
    const extensions = [extension('tlsFeature', features)];
    const { certificate } = issue({ subject: 'CN=must', issuer: ca, extensions });
    expect(isMustStaple(certificate)).toBe(expected);
  });

  it('is false of a certificate without features', () => {
    expect(isMustStaple(leaf.certificate)).toBe(false);
  });
});

describe('stapleSource()', () => {
  it('gives a response as long as it may be shown', async () => {
    const kept = held();
    const name = parseLabel('gw1', 'name');
    const staples = {
      get: async (certificate: string) =>
        certificate === 'aa'
          ? { certificate, name, held: kept, nextAt: hour(50), failures: 0 }
          : undefined,
    };
    const at = (hours: number) => stapleSource(staples, { now: () => hour(hours) }).current('aa');
    expect(await at(1)).toStrictEqual(kept);
    expect(await at(90)).toBeUndefined();
    const other = stapleSource(staples, { now: () => hour(1) });
    expect(await other.current('bb')).toBeUndefined();
  });
});
