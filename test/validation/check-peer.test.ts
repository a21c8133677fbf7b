import { describe, expect, it } from 'vitest';
import { parseName } from '../../src/x509/name-text.ts';
import { oids } from '../../src/asn1/oids.ts';
import { extension } from '../../src/x509/extension-values.ts';
import type { Certificate } from '../../src/x509/certificate.ts';
import { issue, type Issued } from '../harness/certificates.ts';
import { leaf, root, sub } from '../harness/paths.ts';
import { entry, hours } from '../revocation/crl-made.ts';
import { crl, down, good, judge, object, revoked, unknown } from './judged.ts';

const both = [crl(root), crl(sub)];
const gw1 = { type: 'directoryName', value: parseName('CN=gw1,O=Test,C=DE') } as const;

const failing = async (): Promise<never> => {
  throw new TypeError('broken');
};

const never = (): Promise<never> => new Promise(() => undefined);

function isCertificateOf({ tbsCertificate }: Certificate, { certificate }: Issued): boolean {
  return tbsCertificate.serialNumber === certificate.tbsCertificate.serialNumber;
}

describe('a peer', () => {
  it('is accepted with a path, the right identity and a CRL for each certificate', async () => {
    const { verdict, events, kept } = await judge({
      crls: both,
      identity: gw1,
      policy: { purpose: { type: 'ike' } },
    });
    expect(verdict).toMatchObject({ verdict: 'accept', reasons: [], warnings: [] });
    expect(verdict.path).toHaveLength(2);
    expect(verdict.revocation.map((one) => one.verdict.type)).toStrictEqual(['good', 'good']);
    expect(events.map(({ type }) => type)).toStrictEqual(['judged']);
    expect(kept).toStrictEqual(both);
  });

  it('is refused without a path, and nobody is asked about it', async () => {
    const { verdict, asked, sought } = await judge({ chain: [leaf], policy: { ocsp: object } });
    expect(verdict).toMatchObject({ verdict: 'reject', reasons: [{ code: 'untrusted' }] });
    expect([...asked, ...sought]).toStrictEqual([]);
  });

  it('is refused for another name or purpose before anything is fetched, with both reasons', async () => {
    const other = issue({
      subject: 'CN=mail',
      issuer: sub,
      extensions: [extension('extKeyUsage', [oids.ocspSigning])],
    });
    const { verdict, sought } = await judge({
      chain: [other, sub],
      identity: gw1,
      policy: { purpose: { type: 'ike' } },
    });
    expect(verdict.reasons.map(({ code, depth }) => [code, depth])).toStrictEqual([
      ['wrong-identity', 0],
      ['wrong-purpose', 0],
    ]);
    expect(sought).toStrictEqual([]);
  });

  it('gets a verdict for octets that are no certificate, and for none at all', async () => {
    const { verdict } = await judge({ octets: [new Uint8Array([1, 2, 3])] });
    expect(verdict.reasons).toMatchObject([{ code: 'malformed-certificate', depth: 0 }]);
    const none = await judge({ octets: [] });
    expect(none.verdict).toMatchObject({ verdict: 'reject', path: [] });
  });

  it('is refused for an error that is ours before revocation', async () => {
    const seen = await judge({
      policy: {
        path: {
          anchors: [root.certificate],
          intermediates: [],
          policy: { allowLegacy: false },
          limits: { chainLength: 99 },
        },
      },
    });
    expect(seen.verdict).toMatchObject({ verdict: 'reject', reasons: [{ code: 'internal' }] });
  });
});

describe('revocation of a peer', () => {
  it('is asked by OCSP for each certificate of the path, and by CRL only where that gives nothing', async () => {
    const { verdict, asked, sought } = await judge({
      policy: { ocsp: object },
      crls: both,
      ocsp: (certificate) => (isCertificateOf(certificate, sub) ? down : good),
    });
    expect(verdict.verdict).toBe('accept');
    expect(asked).toHaveLength(2);
    expect(sought.map((one) => isCertificateOf(one, sub))).toStrictEqual([true]);
  });

  it('refuses what OCSP says is revoked, at once, and tells of it', async () => {
    const { verdict, events, sought } = await judge({
      policy: { ocsp: object, revocation: 'relaxed' },
      ocsp: () => revoked,
    });
    expect(verdict.reasons[0]).toMatchObject({ code: 'revoked', depth: 0 });
    expect(sought).toStrictEqual([]);
    expect(events.map(({ type }) => type)).toStrictEqual([
      'judged',
      'peer-revoked',
      'peer-revoked',
    ]);
  });

  it('refuses what a CRL lists, with the certificate it is about', async () => {
    const { verdict } = await judge({
      policy: { revocation: 'relaxed' },
      crls: [crl(root, { entries: [entry(sub, 'cACompromise')] }), crl(sub)],
    });
    expect(verdict.reasons).toMatchObject([{ code: 'revoked', depth: 1 }]);
    expect(verdict.reasons[0]?.detail).toContain('cACompromise');
  });

  it('refuses by strict what nobody gives a word on, and accepts it by relaxed with a warning', async () => {
    const strict = await judge();
    expect(strict.verdict.reasons.map(({ code }) => code)).toStrictEqual([
      'no-source',
      'no-source',
    ]);
    const relaxed = await judge({ policy: { revocation: 'relaxed' } });
    expect(relaxed.verdict.verdict).toBe('accept');
    expect(relaxed.verdict.warnings.map(({ code }) => code)).toStrictEqual([
      'accepted-without-revocation',
      'accepted-without-revocation',
    ]);
  });

  it('accepts by relaxed on an expired CRL, with a warning of its own', async () => {
    const old = { thisUpdate: hours(-48), nextUpdate: hours(-24) };
    const crls = [crl(root), crl(sub, old)];
    const { verdict } = await judge({ policy: { revocation: 'relaxed' }, crls });
    expect(verdict.warnings).toMatchObject([{ code: 'accepted-with-expired-crl', depth: 0 }]);
    expect((await judge({ crls })).verdict.reasons).toMatchObject([{ code: 'expired', depth: 0 }]);
  });

  it('lets a CRL speak of what the responder does not know, where that is set', async () => {
    const asked = { crls: both, ocsp: () => unknown };
    const no = await judge({ ...asked, policy: { ocsp: object } });
    expect(no.verdict.reasons[0]?.code).toBe('unknown');
    expect(no.sought).toStrictEqual([]);
    const yes = await judge({ ...asked, policy: { ocsp: object, unknownFallback: true } });
    expect(yes.verdict.verdict).toBe('accept');
  });

  it('takes ifuri for strict with a distribution point, and for relaxed without', async () => {
    const point = extension('cRLDistributionPoints', [
      {
        distributionPoint: {
          type: 'fullName',
          value: [{ type: 'uniformResourceIdentifier', value: 'http://crl.example/sub.crl' }],
        },
      },
    ]);
    const named = issue({ subject: 'CN=gw2', issuer: sub, extensions: [point] });
    const policy = { revocation: 'ifuri' } as const;
    const strict = await judge({ chain: [named, sub], policy });
    expect(strict.verdict.reasons).toMatchObject([{ code: 'no-source', depth: 0 }]);
    expect((await judge({ policy })).verdict.verdict).toBe('accept');
  });

  it('takes ifuri for strict where a CRL of the issuer is configured', async () => {
    const configured = {
      use: true,
      configured: ['c'],
      fromCertificates: true,
      useDeltas: true,
      clockSkewSeconds: 300,
    };
    const policy = { revocation: 'ifuri', crls: configured } as const;
    const old = { thisUpdate: hours(-48), nextUpdate: hours(-24) };
    const { verdict } = await judge({ policy, crls: [crl(sub, old)] });
    expect(verdict.reasons).toMatchObject([{ code: 'expired', depth: 0 }]);
  });

  it('believes a staple of the peer for its own certificate, and asks about the others', async () => {
    const tried = [{ source: { type: 'staple' }, verdict: good, notes: [] }] as const;
    const { verdict, asked } = await judge({
      staple: new Uint8Array([1]),
      policy: { ocsp: object },
      client: { staple: () => ({ verdict: good, tried }) },
    });
    expect(verdict.verdict).toBe('accept');
    expect(asked).toHaveLength(1);
    expect(verdict.revocation[0]?.tried[0]?.source.type).toBe('staple');
  });

  it('asks the responder when the staple is of no use', async () => {
    const { verdict, asked } = await judge({
      staple: new Uint8Array([1]),
      policy: { ocsp: object },
    });
    expect(verdict.verdict).toBe('accept');
    expect(asked).toHaveLength(2);
  });

  it.each(['strict', 'relaxed'] as const)(
    'makes of a source that throws no word, which %s decides on',
    async (revocation) => {
      const { verdict } = await judge({
        policy: { revocation, ocsp: object },
        client: { status: failing },
        keeper: { find: failing },
      });
      expect(verdict.verdict).toBe(revocation === 'strict' ? 'reject' : 'accept');
      expect(verdict.revocation[0]?.verdict).toMatchObject({ code: 'internal' });
    },
  );

  it('ends with the deadline, whatever the sources do', async () => {
    const { verdict } = await judge({
      policy: { ocsp: object },
      client: { status: never },
      keeper: { find: never },
      signal: AbortSignal.abort(),
    });
    expect(verdict.reasons).toMatchObject([{ code: 'timeout', depth: 0 }, { code: 'timeout' }]);
  });

  it('holds no CRL that no CA of the path has signed', async () => {
    const stranger = issue({ subject: 'CN=Sub,O=Test,C=DE', isCa: true });
    const forged = crl(stranger, { number: 99n });
    const { kept, verdict } = await judge({ crls: [...both, forged] });
    expect(verdict.verdict).toBe('accept');
    expect(kept).toStrictEqual(both);
  });
});
