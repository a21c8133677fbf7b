import { X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { oids } from '../../src/asn1/oids.ts';
import type { AlgorithmPolicy } from '../../src/crypto/policy.ts';
import { algorithmIdentifier } from '../../src/x509/algorithm-identifier.ts';
import { certificateDer, decodeCertificate } from '../../src/x509/certificate.ts';
import { extension, rawExtension } from '../../src/x509/extension-values.ts';
import { nullDn, type Name } from '../../src/x509/name.ts';
import { issue, makeKey, type Issued } from '../harness/certificates.ts';
import { check, detail, leaf, outcome, path, root, sub } from '../harness/paths.ts';

const legacy: AlgorithmPolicy = { allowLegacy: true };

function asNode({ certificate }: Issued): X509Certificate {
  return new X509Certificate(certificateDer(certificate));
}

describe('validatePath() finds', () => {
  it('the path from the leaf to the last certificate below the anchor', () => {
    expect(check(leaf)).toEqual({
      type: 'valid',
      path: [leaf.certificate, sub.certificate],
      anchor: root.certificate,
      userConstrainedPolicySet: new Set(),
      workingPublicKey: leaf.certificate.tbsCertificate.subjectPublicKeyInfo,
    });
  });

  it('an empty path for a certificate that is itself an anchor', () => {
    const same = decodeCertificate(Uint8Array.from(certificateDer(leaf.certificate)));
    expect(check(same, { anchors: [root, leaf] })).toEqual({
      type: 'valid',
      path: [],
      anchor: leaf.certificate,
      userConstrainedPolicySet: new Set([oids.anyPolicy]),
      workingPublicKey: leaf.certificate.tbsCertificate.subjectPublicKeyInfo,
    });
  });

  it('an anchor that is no root', () => {
    expect(path(check(leaf, { anchors: [sub], intermediates: [] }))).toEqual([leaf.certificate]);
  });

  it('the shortest way when the root came along, too', () => {
    const verdict = check(leaf, { intermediates: [root, leaf, sub, sub] });
    expect(path(verdict)).toEqual([leaf.certificate, sub.certificate]);
  });

  it('the good one of two issuers with the same name and key', () => {
    const expired = issue({
      subject: sub.subject,
      key: sub.key,
      issuer: root,
      isCa: true,
      notAfter: new Date('2026-02-01T00:00:00Z'),
    });
    expect(outcome(check(leaf, { intermediates: [expired, sub] }))).toBe('valid');
  });

  it('names chained in other string types, case and white space', () => {
    const name: Name = {
      rdns: [
        [{ type: oids.countryName, value: { type: 'printableString', value: 'de' } }],
        [{ type: oids.organizationName, value: { type: 'bmpString', value: 'TEST' } }],
        [{ type: oids.commonName, value: { type: 'teletexString', value: ' sub ' } }],
      ],
    };
    const other = issue({ subject: 'CN=gw1', issuer: sub, issuerName: name });
    expect(outcome(check(other))).toBe('valid');
  });

  it('what a wrong key identifier points away from', () => {
    const misled = issue({
      subject: 'CN=gw1',
      issuer: sub,
      extensions: [extension('authorityKeyIdentifier', { keyIdentifier: Uint8Array.of(1) })],
    });
    const stranger = issue({
      subject: sub.subject,
      isCa: true,
      extensions: [extension('subjectKeyIdentifier', Uint8Array.of(1))],
    });
    expect(outcome(check(misled, { intermediates: [stranger, sub] }))).toBe('valid');
  });

  it('an issuer whose key identifier cannot be read', () => {
    const garbled = issue({
      subject: 'CN=gw1',
      issuer: sub,
      extensions: [rawExtension('authorityKeyIdentifier', Uint8Array.of(5, 0))],
    });
    expect(outcome(check(garbled, { intermediates: [sub, issue({ subject: sub.subject })] }))).toBe(
      'valid',
    );
  });

  it('a root of version 1, since it is configured', () => {
    const old = issue({ subject: 'CN=Old Root', version: 0 });
    const below = issue({ subject: 'CN=gw1', issuer: old });
    expect(outcome(check(below, { anchors: [old] }))).toBe('valid');
  });

  it('leaves of versions 1 and 2, with the unique identifiers version 2 may have', () => {
    const octet = { octets: Uint8Array.of(1), unusedBits: 0 };
    const uniqueIDs = { issuerUniqueID: octet, subjectUniqueID: octet };
    for (const options of [{ version: 0 }, { version: 1, uniqueIDs }, { version: 2, uniqueIDs }]) {
      expect(outcome(check(issue({ subject: 'CN=gw1', issuer: sub, ...options })))).toBe('valid');
    }
  });

  it('a leaf without subject whose subjectAltName is critical', () => {
    const names = extension('subjectAltName', [{ type: 'dNSName', value: 'gw1.example' }], true);
    const nameless = issue({ subject: nullDn, issuer: sub, extensions: [names] });
    expect(outcome(check(nameless))).toBe('valid');
  });

  it('an intermediate and a leaf with certificatePolicies that are not critical', () => {
    const policies = extension('certificatePolicies', [{ policyIdentifier: '2.999.1' }]);
    const ca = issue({ subject: 'CN=Sub', issuer: root, isCa: true, extensions: [policies] });
    const end = issue({ subject: 'CN=gw1', issuer: ca, extensions: [policies] });
    expect(outcome(check(end, { intermediates: [ca] }))).toBe('valid');
  });

  it('an anchor whose constraints on policies RFC 5280 does not take from it', () => {
    const constraints = extension('policyConstraints', { requireExplicitPolicy: 0 }, true);
    const anchor = issue({ subject: 'CN=Root', isCa: true, extensions: [constraints] });
    const end = issue({ subject: 'CN=gw1', issuer: anchor });
    expect(outcome(check(end, { anchors: [anchor] }))).toBe('valid');
  });

  it('a leaf with the critical extensions that are processed', () => {
    const full = issue({
      subject: 'CN=gw1',
      issuer: sub,
      extensions: [
        extension('basicConstraints', { cA: false }, true),
        extension('keyUsage', ['digitalSignature'], true),
        extension('extKeyUsage', [oids.ipsecIKE], true),
        extension('subjectAltName', [{ type: 'dNSName', value: 'gw1.example' }], true),
        extension('certificatePolicies', [{ policyIdentifier: '2.999.1' }], true),
        extension('cRLDistributionPoints', [{}], true),
      ],
    });
    expect(outcome(check(full))).toBe('valid');
  });
});

describe('the algorithm policy', () => {
  const sha1 = issue({ subject: 'CN=gw1', issuer: sub, digest: 'sha1' });
  const weakRoot = issue({ subject: 'CN=Weak', isCa: true, key: makeKey(1024) });
  const underWeak = issue({ subject: 'CN=gw1', issuer: weakRoot });

  it('refuses SHA-1 and short keys unless the legacy switch is on', () => {
    expect(outcome(check(sha1))).toBe('algorithm-refused');
    expect(detail(check(sha1))).toContain('SHA-1');
    expect(outcome(check(sha1, { policy: legacy }))).toBe('valid');
    expect(outcome(check(underWeak, { anchors: [weakRoot] }))).toBe('algorithm-refused');
    expect(outcome(check(underWeak, { anchors: [weakRoot], policy: legacy }))).toBe('valid');
  });

  it('has nothing to say about how an anchor signed itself', () => {
    const old = issue({ subject: 'CN=Old', isCa: true, digest: 'sha1' });
    const odd = issue({
      subject: old.subject,
      key: old.key,
      isCa: true,
      innerAlgorithm: algorithmIdentifier('ed25519'),
    });
    const below = issue({ subject: 'CN=gw1', issuer: old });
    for (const anchor of [old, odd]) {
      expect(outcome(check(below, { anchors: [anchor] }))).toBe('valid');
    }
  });
});

describe('certificates read again by node:crypto', () => {
  it('are issued by whom the builder says', () => {
    expect(asNode(leaf).checkIssued(asNode(sub))).toBe(true);
    expect(asNode(leaf).verify(asNode(sub).publicKey)).toBe(true);
  });
});
