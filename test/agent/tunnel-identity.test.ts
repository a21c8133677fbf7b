import { describe, expect, it } from 'vitest';
import {
  seenCertificates,
  type FoundChains,
  type SeenCertificates,
} from '../../src/agent/tunnel-chains.ts';
import { hasIkeIdentity } from '../../src/agent/tunnel-identity.ts';
import { toDer } from '../../src/asn1/codec.ts';
import { oids } from '../../src/asn1/oids.ts';
import type { IkeCertificate } from '../../src/deploy/ike-daemon.ts';
import { Certificate, certificateDer } from '../../src/x509/certificate.ts';
import { extension } from '../../src/x509/extension-values.ts';
import type { GeneralName } from '../../src/x509/general-name.ts';
import { parseName } from '../../src/x509/name-text.ts';
import type { AttributeValue, Name } from '../../src/x509/name.ts';
import { issue, type Issued } from '../harness/certificates.ts';
import { issuingB, rootB } from './tunnel-scene.ts';

function named(...names: readonly GeneralName[]): Issued {
  return issue({ subject: 'CN=gw', extensions: [extension('subjectAltName', names)] });
}

function commonName(value: AttributeValue): Name {
  return { rdns: [[{ type: oids.commonName, value }]] };
}

describe('hasIkeIdentity()', () => {
  it('finds a subject in any type of string, octet by octet', () => {
    const bmp = issue({ subject: commonName({ type: 'bmpString', value: 'gw' }) });
    expect(hasIkeIdentity(bmp.certificate, 'CN=?g?w')).toBe(true);
    const teletex = issue({ subject: commonName({ type: 'teletexString', value: 'gü' }) });
    expect(hasIkeIdentity(teletex.certificate, 'CN=g?')).toBe(true);
    const other = issue({ subject: commonName({ type: 'other', value: Uint8Array.of(2, 1, 7) }) });
    expect(hasIkeIdentity(other.certificate, 'CN=?')).toBe(true);
  });

  it.each([
    // RFC 4514 writes the most specific first, charon the most general.
    ['CN=gw1,OU=a,O=Example,C=DE', 'C=DE, O=Example, OU=a, CN=gw1'],
    ['CN=gw1,O=Example', 'o=example, cn=GW1'],
    ['CN=gw\\,1\\+2,O=A (B) [C]', 'O=A (B) [C], CN=gw,1+2'],
    ['CN=Grün', 'CN=Gr??n'],
    ['serialNumber=7,CN=gw', 'CN=gw, serialNumber=7'],
  ])('finds the subject %s as charon writes it', (subject, written) => {
    expect(hasIkeIdentity(issue({ subject }).certificate, written)).toBe(true);
  });

  it.each([
    ['CN=gw1,O=Example', 'CN=gw1, O=Example'],
    ['CN=gw1', 'CN=gw10'],
    ['CN=gw1', 'xCN=gw1'],
    ['CN=gw1', 'OU=gw1'],
    ['CN=gw.', 'CN=gw1'],
    ['CN=gw1', ''],
    ['', ''],
  ])('takes the subject %s for none that is written %s', (subject, written) => {
    expect(hasIkeIdentity(issue({ subject }).certificate, written)).toBe(false);
  });

  it('finds a subject of attributes that nobody knows, and is not kept busy by one that was made for that', () => {
    const value: AttributeValue = { type: 'other', value: Uint8Array.of(2, 1, 7) };
    const unknown = Array.from({ length: 24 }, () => [{ type: oids.sha256, value }]);
    const name: Name = { rdns: [...unknown, ...parseName('CN=gw1').rdns] };
    const { certificate } = issue({ subject: name });
    const attributes = Array.from({ length: 60 }, () => 'x=y');
    expect(hasIkeIdentity(certificate, [...attributes, 'CN=gw1'].join(', '))).toBe(true);
    expect(hasIkeIdentity(certificate, [...attributes, 'CN=gw2'].join(', '))).toBe(false);
    expect(hasIkeIdentity(certificate, 'x'.repeat(60_000))).toBe(false);
  });

  it('finds alternative names, also of a certificate that is to be refused for what else it says', () => {
    const names: readonly GeneralName[] = [
      { type: 'dNSName', value: 'GW1.example' },
      { type: 'rfc822Name', value: 'ops@example.org' },
      { type: 'iPAddress', value: Uint8Array.of(192, 0, 2, 1) },
      { type: 'uniformResourceIdentifier', value: 'urn:gw:1' },
    ];
    const { certificate } = named(...names);
    for (const each of ['gw1.example', 'ops@example.org', '192.0.2.1', 'urn:gw:1', 'CN=gw'])
      expect(hasIkeIdentity(certificate, each)).toBe(true);
    for (const each of ['example', '*.example', '192.0.2.10', 'URN:GW:1'])
      expect(hasIkeIdentity(certificate, each)).toBe(false);
    const unknown = { extnID: '1.2.3.4', critical: true, extnValue: Uint8Array.of(5, 0) } as const;
    const odd = issue({
      subject: 'CN=x',
      extensions: [unknown, extension('subjectAltName', names)],
    });
    expect(hasIkeIdentity(odd.certificate, 'gw1.example')).toBe(true);
    const broken = { extnID: oids.subjectAltName, critical: false, extnValue: Uint8Array.of(1) };
    const none = issue({ subject: 'CN=x', extensions: [broken] });
    expect(hasIkeIdentity(none.certificate, 'gw1.example')).toBe(false);
  });
});

const der = ({ certificate }: Issued): Uint8Array => certificateDer(certificate);
const listed = (each: Issued): IkeCertificate => ({ der: der(each), hasPrivateKey: false });

describe('seenCertificates()', () => {
  const late = new Date('2026-05-01T00:00:00Z');
  const old = issue({ subject: 'CN=bob', issuer: issuingB });
  const oldest = issue({ subject: 'CN=bob', issuer: issuingB });
  const renewed = issue({ subject: 'CN=bob', issuer: issuingB, notBefore: late });
  const twin = issue({ subject: 'CN=Issuing B', issuer: rootB, isCa: true });
  const above = [issuingB, twin, rootB].map(der);
  const cas = [rootB.certificate];
  const now = new Date('2026-06-15T00:00:00Z');
  const all = [old, renewed, issuingB, twin, rootB];

  it('gives each candidate with all that may be above it, the newest first', () => {
    const seen = seenCertificates();
    seen.note([
      ...all.map(listed),
      { der: Uint8Array.of(1, 2), hasPrivateKey: false },
      { ...listed(issue({ subject: 'CN=bob' })), hasPrivateKey: true },
    ]);
    expect(seen.chainsOf('CN=bob', cas, now)).toStrictEqual({
      chains: [
        [der(renewed), ...above],
        [der(old), ...above],
      ],
      isStrange: false,
    });
    expect(seen.chainsOf('CN=alice', cas, now)).toStrictEqual({ chains: [], isStrange: false });
  });

  it('takes what is listed no more only where nothing is, until it is another charon', () => {
    const seen = seenCertificates();
    seen.note([old, issuingB, twin, rootB].map(listed));
    seen.note([renewed].map(listed));
    expect(chainsOf(seen)).toStrictEqual([[der(renewed), ...above]]);
    seen.note([]);
    expect(chainsOf(seen)).toHaveLength(2);
    seen.note([renewed, oldest].map(listed));
    expect(chainsOf(seen).map(([own]) => own)).toStrictEqual([der(oldest), der(renewed)]);
    seen.forget();
    expect(chainsOf(seen)).toStrictEqual([]);
  });

  it('takes nothing for what a peer has shown that strangers have made in its name, or in that of its CA', () => {
    const seen = seenCertificates();
    const crowd = strangers(30);
    seen.note([old, issuingB, ...crowd].map(listed));
    const found = { chains: [[der(old), der(issuingB)]], isStrange: true };
    expect(seen.chainsOf('CN=bob', cas, now)).toStrictEqual(found);
    // Whom charon has no room left for.
    seen.note(crowd.map(listed));
    expect(seen.chainsOf('CN=bob', cas, now)).toStrictEqual(found);
    const other = issue({ subject: 'CN=Root B', isCa: true });
    expect(seen.chainsOf('CN=bob', [other.certificate], now)).toStrictEqual({
      chains: [],
      isStrange: true,
    });
  });

  it('leaves out what had ended before an IKE_SA was set up, unless there is nothing else', () => {
    const seen = seenCertificates();
    const notAfter = new Date('2026-06-01T00:00:00Z');
    const ended = issue({ subject: 'CN=bob', issuer: issuingB, notAfter });
    seen.note([ended, issuingB].map(listed));
    expect(chainsOf(seen)).toStrictEqual([[der(ended), der(issuingB)]]);
    seen.note([old, issuingB].map(listed));
    // A stranger shows it once more, and charon has no room left for the other.
    seen.note([ended, issuingB].map(listed));
    expect(chainsOf(seen)).toStrictEqual([[der(old), der(issuingB)]]);
    expect(seen.chainsOf('CN=bob', cas, late).chains).toStrictEqual([[der(ended), der(issuingB)]]);
  });

  it('remembers peers however many certificates a stranger sends', () => {
    const seen = seenCertificates();
    seen.note([old, issuingB].map(listed));
    expect(chainsOf(seen)).toHaveLength(1);
    const [stranger = old] = strangers(1);
    const { tbsCertificate } = stranger.certificate;
    for (let list = 0n; list < 30n; list++) {
      const many = Array.from({ length: 100 }, (_, n): IkeCertificate => {
        const serialNumber = list * 100n + BigInt(n) + 1n;
        const one = {
          ...stranger.certificate,
          tbsCertificate: { ...tbsCertificate, serialNumber },
        };
        return { der: toDer(Certificate, one), hasPrivateKey: false };
      });
      seen.note(many);
    }
    expect(chainsOf(seen)).toStrictEqual([[der(old), der(issuingB)]]);
  });

  const chainsOf = (seen: SeenCertificates): FoundChains['chains'] =>
    seen.chainsOf('CN=bob', cas, now).chains;
});

function strangers(count: number): readonly Issued[] {
  const root = issue({ subject: 'CN=Root B', isCa: true });
  return Array.from({ length: count }, () => {
    const issuer = issue({ subject: 'CN=Issuing B', issuer: root, isCa: true });
    return [issue({ subject: 'CN=bob', issuer }), issuer];
  }).flat();
}
