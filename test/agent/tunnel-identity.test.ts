import { describe, expect, it } from 'vitest';
import { chainsOf, readCertificates } from '../../src/agent/tunnel-chains.ts';
import { hasIkeIdentity } from '../../src/agent/tunnel-identity.ts';
import { oids } from '../../src/asn1/oids.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { extension } from '../../src/x509/extension-values.ts';
import type { GeneralName } from '../../src/x509/general-name.ts';
import { issue, type Issued } from '../harness/certificates.ts';
import { issuingB, rootB } from './tunnel-scene.ts';

function named(...names: readonly GeneralName[]): Issued {
  return issue({ subject: 'CN=gw', extensions: [extension('subjectAltName', names)] });
}

describe('hasIkeIdentity()', () => {
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

describe('chainsOf()', () => {
  const der = ({ certificate }: Issued): Uint8Array => certificateDer(certificate);
  const old = issue({ subject: 'CN=bob', issuer: issuingB });
  const late = new Date('2026-05-01T00:00:00Z');
  const renewed = issue({ subject: 'CN=bob', issuer: issuingB, notBefore: late });
  const twin = issue({ subject: 'CN=Issuing B', isCa: true });

  it('gives each candidate with all that may be above it, the newest first', () => {
    const all = readCertificates([
      ...[old, renewed, rootB, issuingB, twin].map((each) => ({
        der: der(each),
        hasPrivateKey: false,
      })),
      { der: Uint8Array.of(1, 2), hasPrivateKey: false },
      { der: der(issue({ subject: 'CN=bob' })), hasPrivateKey: true },
    ]);
    const above = [issuingB, twin, rootB].map(der);
    expect(chainsOf('CN=bob', all)).toStrictEqual([
      [der(renewed), ...above],
      [der(old), ...above],
    ]);
    expect(chainsOf('CN=alice', all)).toStrictEqual([]);
  });
});
