import { describe, expect, it } from 'vitest';
import { toDer } from '../../src/asn1/codec.ts';
import { octetString } from '../../src/asn1/primitives.ts';
import type { PathFailure } from '../../src/revocation/path-failure.ts';
import { algorithmIdentifier } from '../../src/x509/algorithm-identifier.ts';
import { extension, rawExtension } from '../../src/x509/extension-values.ts';
import { nullDn } from '../../src/x509/name.ts';
import { issue, withBrokenSignature, type Issued } from '../harness/certificates.ts';
import { check, detail, leaf, outcome, root, sub, type Asked } from '../harness/paths.ts';

const keyIdentifier = extension('subjectKeyIdentifier', Uint8Array.of(1));
function below(issuer: Issued): Issued {
  return issue({ subject: 'CN=gw1', issuer });
}

describe('validatePath() refuses', () => {
  const early = new Date('2026-02-01T00:00:00Z');
  const late = new Date('2026-11-01T00:00:00Z');
  const expiredSub = issue({ subject: 'CN=Sub', issuer: root, isCa: true, notAfter: early });
  const futureSub = issue({ subject: 'CN=Sub', issuer: root, isCa: true, notBefore: late });
  const noCa = issue({ subject: 'CN=Sub', issuer: root });
  const saysNoCa = issue({
    subject: 'CN=Sub',
    issuer: root,
    extensions: [extension('basicConstraints', { cA: false })],
  });
  const oldSub = issue({ subject: 'CN=Sub', issuer: root, version: 0 });
  const noCertSign = issue({
    subject: 'CN=Sub',
    issuer: root,
    extensions: [
      extension('basicConstraints', { cA: true }, true),
      extension('keyUsage', ['digitalSignature', 'cRLSign'], true),
    ],
  });
  const unusual = issue({
    subject: 'CN=Sub',
    issuer: root,
    isCa: true,
    extensions: [rawExtension('subjectInfoAccess', Uint8Array.of(0x30, 0), true)],
  });
  const policy = { policyIdentifier: '2.999.1' };
  const policyTwice = issue({
    subject: 'CN=Sub',
    issuer: root,
    isCa: true,
    extensions: [extension('certificatePolicies', [policy, policy])],
  });
  const negative = issue({ subject: 'CN=Sub', issuer: root, isCa: true, pathLen: -1 });

  const uniqueID = { octets: Uint8Array.of(1), unusedBits: 0 };
  const altName = [{ type: 'dNSName', value: 'gw1.example' } as const];

  it.each<[string, PathFailure, string, Issued, Asked]>([
    [
      'a leaf of version 7',
      'malformed-certificate',
      'has version 7, which is not defined',
      issue({ subject: 'CN=gw1', issuer: sub, version: 7 }),
      {},
    ],
    [
      'a leaf of version -1',
      'malformed-certificate',
      'has version -1, which is not defined',
      issue({ subject: 'CN=gw1', issuer: sub, version: -1 }),
      {},
    ],
    [
      'a leaf of version 1 with extensions',
      'malformed-certificate',
      'has extensions, which need version 3, and says it is of version 1',
      issue({ subject: 'CN=gw1', issuer: sub, version: 0, extensions: [keyIdentifier] }),
      {},
    ],
    [
      'a leaf of version 2 with extensions',
      'malformed-certificate',
      'says it is of version 2',
      issue({ subject: 'CN=gw1', issuer: sub, version: 1, extensions: [keyIdentifier] }),
      {},
    ],
    ...(['issuerUniqueID', 'subjectUniqueID'] as const).map(
      (name): [string, PathFailure, string, Issued, Asked] => [
        `a leaf of version 1 with ${name}`,
        'malformed-certificate',
        'has a unique identifier, which needs version 2',
        issue({ subject: 'CN=gw1', issuer: sub, version: 0, uniqueIDs: { [name]: uniqueID } }),
        {},
      ],
    ),
    [
      'a leaf that names nothing',
      'malformed-certificate',
      'has an empty subject and no critical subjectAltName',
      issue({ subject: nullDn, issuer: sub }),
      {},
    ],
    [
      'a leaf without subject whose subjectAltName is not critical',
      'malformed-certificate',
      'has an empty subject and no critical subjectAltName',
      issue({ subject: nullDn, issuer: sub, extensions: [extension('subjectAltName', altName)] }),
      {},
    ],
    ...(
      [
        ['nameConstraints', 'it is empty'],
        ['policyConstraints', 'it is empty'],
        ['policyMappings', 'fewer than 1 elements'],
        ['inhibitAnyPolicy', 'Cannot decode inhibitAnyPolicy'],
        ['certificatePolicies', 'fewer than 1 elements'],
      ] as const
    ).map(([name, why]): [string, PathFailure, string, Issued, Asked] => {
      const ca = issue({
        subject: 'CN=Sub',
        issuer: root,
        isCa: true,
        extensions: [rawExtension(name, Uint8Array.of(0x30, 0))],
      });
      return [
        `an intermediate with an empty ${name} that is not critical`,
        'malformed-extension',
        why,
        below(ca),
        { intermediates: [ca] },
      ];
    }),
    [
      'a leaf with an empty policyConstraints, which RFC 5280 processes even there',
      'malformed-extension',
      '"policyConstraints"',
      issue({
        subject: 'CN=gw1',
        issuer: sub,
        extensions: [rawExtension('policyConstraints', Uint8Array.of(0x30, 0))],
      }),
      {},
    ],
    [
      'an intermediate with a policy twice',
      'malformed-extension',
      'it has a policy twice',
      below(policyTwice),
      { intermediates: [policyTwice] },
    ],
    [
      'an intermediate with a negative pathLenConstraint',
      'malformed-extension',
      'its pathLenConstraint is negative',
      below(negative),
      { intermediates: [negative] },
    ],
    [
      'an expired leaf',
      'expired',
      'expired at 2026-02-01T00:00:00Z',
      issue({ subject: 'CN=gw1', issuer: sub, notAfter: early }),
      {},
    ],
    [
      'a leaf not yet valid',
      'not-yet-valid',
      'is valid from 2026-11-01T00:00:00Z',
      issue({ subject: 'CN=gw1', issuer: sub, notBefore: late }),
      {},
    ],
    [
      'an expired intermediate',
      'expired',
      '"CN=Sub" expired',
      below(expiredSub),
      { intermediates: [expiredSub] },
    ],
    [
      'an intermediate not yet valid',
      'not-yet-valid',
      '"CN=Sub" is valid from',
      below(futureSub),
      { intermediates: [futureSub] },
    ],
    [
      'an intermediate without basicConstraints',
      'not-a-ca',
      'basicConstraints does not say so',
      below(noCa),
      { intermediates: [noCa] },
    ],
    [
      'an intermediate that says it is no CA',
      'not-a-ca',
      'basicConstraints does not say so',
      below(saysNoCa),
      { intermediates: [saysNoCa] },
    ],
    [
      'an intermediate of version 1',
      'not-a-ca',
      'only version 3',
      below(oldSub),
      { intermediates: [oldSub] },
    ],
    [
      'an intermediate without keyCertSign',
      'key-usage',
      'keyUsage has no keyCertSign',
      below(noCertSign),
      { intermediates: [noCertSign] },
    ],
    [
      'an intermediate with a critical extension',
      'critical-extension',
      '"CN=Sub" has critical extension "subjectInfoAccess"',
      below(unusual),
      { intermediates: [unusual] },
    ],
    [
      'a leaf with an unknown critical extension',
      'critical-extension',
      '"freshestCRL", which is not processed',
      issue({
        subject: 'CN=gw1',
        issuer: sub,
        extensions: [rawExtension('freshestCRL', Uint8Array.of(0x30, 0), true)],
      }),
      {},
    ],
    [
      'a leaf with an extension twice',
      'duplicate-extension',
      '"subjectKeyIdentifier" twice',
      issue({
        subject: 'CN=gw1',
        issuer: sub,
        extensions: [
          extension('subjectKeyIdentifier', Uint8Array.of(1)),
          extension('subjectKeyIdentifier', Uint8Array.of(2)),
        ],
      }),
      {},
    ],
    [
      'a leaf with a malformed keyUsage',
      'malformed-extension',
      '"keyUsage" malformed: Cannot decode keyUsage',
      issue({
        subject: 'CN=gw1',
        issuer: sub,
        extensions: [rawExtension('keyUsage', Uint8Array.of(5, 0))],
      }),
      {},
    ],
    [
      'a malformed basicConstraints',
      'malformed-extension',
      '"basicConstraints" malformed',
      issue({
        subject: 'CN=gw1',
        issuer: sub,
        extensions: [rawExtension('basicConstraints', toDer(octetString, Uint8Array.of(1)), true)],
      }),
      {},
    ],
    [
      'another algorithm inside than outside',
      'algorithm-mismatch',
      'another signature algorithm',
      issue({
        subject: 'CN=gw1',
        issuer: sub,
        innerAlgorithm: algorithmIdentifier('ecdsaWithSHA384'),
      }),
      {},
    ],
    [
      'NULL parameters inside and none outside',
      'algorithm-mismatch',
      'another signature algorithm',
      issue({
        subject: 'CN=gw1',
        issuer: sub,
        innerAlgorithm: algorithmIdentifier('ecdsaWithSHA256', 'NULL'),
      }),
      {},
    ],
    [
      'a leaf without its intermediate',
      'untrusted',
      'none for its issuer "CN=Sub,O=Test,C=DE"',
      leaf,
      { intermediates: [] },
    ],
    [
      'a path to a root that is no anchor',
      'untrusted',
      '"CN=Root,O=Test,C=DE" is self-signed and not among the trust anchors',
      leaf,
      { intermediates: [sub, root], anchors: [issue({ subject: 'CN=Other', isCa: true })] },
    ],
    [
      'a self-signed certificate that is no anchor',
      'untrusted',
      'is self-signed',
      issue({ subject: 'CN=gw1' }),
      {},
    ],
    [
      'a self-signed certificate that came along as intermediate',
      'untrusted',
      'is self-signed',
      sub,
      { anchors: [], intermediates: [root, sub] },
    ],
    ['everything when there is no anchor', 'untrusted', 'trust anchor', leaf, { anchors: [] }],
    [
      'an anchor of the same name with another key',
      'signature-invalid',
      'is not by the key of',
      leaf,
      { anchors: [issue({ subject: root.subject, isCa: true })] },
    ],
    [
      'a leaf without issuer name',
      'untrusted',
      'trust anchor',
      issue({ subject: 'CN=gw1', issuer: sub, issuerName: nullDn }),
      {},
    ],
  ])('%s', (_, reason, why, certificate, asked) => {
    const verdict = check(certificate, asked);
    expect([outcome(verdict), detail(verdict)]).toEqual([reason, expect.stringContaining(why)]);
  });

  it('a broken signature, on the leaf and on an intermediate', () => {
    expect(outcome(check(withBrokenSignature(leaf)))).toBe('signature-invalid');
    const broken = { ...sub, certificate: withBrokenSignature(sub) };
    const verdict = check(leaf, { intermediates: [broken] });
    expect([
      outcome(verdict),
      verdict.type === 'invalid' && verdict.reasons[0].certificate,
    ]).toEqual(['signature-invalid', broken.certificate]);
  });

  it('an extension nobody knows, when it is critical', () => {
    const unknown = { extnID: '2.999.1', critical: true, extnValue: Uint8Array.of(5, 0) };
    const verdict = check(issue({ subject: 'CN=gw1', issuer: sub, extensions: [unknown] }));
    expect(detail(verdict)).toBe(
      '"CN=gw1" has critical extension "2.999.1", which is not processed',
    );
    const harmless = issue({
      subject: 'CN=gw1',
      issuer: sub,
      extensions: [{ ...unknown, critical: false }],
    });
    expect(outcome(check(harmless))).toBe('valid');
  });

  it('an issuer for its own faults only, not for those of a namesake', () => {
    const namesake = issue({ subject: sub.subject, issuer: root, isCa: true, notAfter: early });
    expect(outcome(check(leaf, { intermediates: [namesake] }))).toBe('signature-invalid');
  });
});
