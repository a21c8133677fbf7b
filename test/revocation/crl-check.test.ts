import { sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { toDer } from '../../src/asn1/codec.ts';
import { oids } from '../../src/asn1/oids.ts';
import { checkCrl } from '../../src/revocation/crl-check.ts';
import { algorithmIdentifier } from '../../src/x509/algorithm-identifier.ts';
import {
  CertificateList,
  decodeCertificateList,
  RevokedCertificates,
  TBSCertList,
} from '../../src/x509/certificate-list.ts';
import type { Extension } from '../../src/x509/extension.ts';
import { extension } from '../../src/x509/extension-values.ts';
import { timeOf } from '../../src/x509/time.ts';
import { issue, someDay, type Issued } from '../harness/certificates.ts';

const root = issue({ subject: 'CN=Root', isCa: true });
const sub = issue({ subject: 'CN=Sub', isCa: true, issuer: root });
const hour = 3_600_000;

interface CrlParts {
  readonly thisUpdate?: Date;
  readonly extensions?: readonly Extension[];
  /** DER of revokedCertificates. */
  readonly entries?: Uint8Array;
  /** Whose name it has; the signer's when absent. */
  readonly name?: Issued;
  readonly digest?: 'sha1' | 'sha256';
}

function crl(signer: Issued, parts: CrlParts = {}): CertificateList {
  const { thisUpdate = new Date(someDay.getTime() - hour), name = signer } = parts;
  const { digest = 'sha256', extensions = [], entries } = parts;
  const signature = algorithmIdentifier(digest === 'sha1' ? 'ecdsaWithSHA1' : 'ecdsaWithSHA256');
  const tbsCertList: TBSCertList = {
    version: 1,
    signature,
    issuer: name.subject,
    thisUpdate: timeOf(thisUpdate),
    nextUpdate: timeOf(new Date(thisUpdate.getTime() + 24 * hour)),
    ...(entries && { revokedCertificates: entries }),
    crlExtensions: [extension('cRLNumber', 7n), ...extensions],
  };
  const octets = sign(digest, toDer(TBSCertList, tbsCertList), signer.key.privateKey);
  return decodeCertificateList(
    toDer(CertificateList, {
      tbsCertList,
      signatureAlgorithm: signature,
      signature: Uint8Array.from(octets),
    }),
  );
}

function verdictOf(
  list: CertificateList,
  {
    anchors = [root],
    intermediates = [sub],
  }: Partial<Record<'anchors' | 'intermediates', readonly Issued[]>> = {},
): string {
  const verdict = checkCrl(list, {
    anchors: anchors.map(({ certificate }) => certificate),
    intermediates: intermediates.map(({ certificate }) => certificate),
    at: someDay,
    policy: { allowLegacy: false },
  });
  return verdict.type === 'valid' ? 'valid' : verdict.detail;
}

function bytes(...values: readonly number[]): Uint8Array {
  return Uint8Array.from(values);
}

describe('checkCrl() takes', () => {
  it('the CRL of an intermediate CA, and of the root [L10]', () => {
    expect(verdictOf(crl(sub))).toBe('valid');
    expect(verdictOf(crl(root))).toBe('valid');
  });

  it('the CRL of the right one of two CAs of one name', () => {
    const before = issue({ subject: 'CN=Sub', isCa: true, issuer: root });
    expect(verdictOf(crl(sub), { intermediates: [before, sub] })).toBe('valid');
  });
});

/** One revoked certificate, with an extension. */
function entryWith(extnID: string, critical: boolean): Uint8Array {
  const crlEntryExtensions = [{ extnID, critical, extnValue: bytes(0x0a, 1, 1) }];
  const entry = { userCertificate: 4n, revocationDate: timeOf(someDay), crlEntryExtensions };
  return toDer(RevokedCertificates, [entry]);
}

describe('checkCrl() refuses', () => {
  it('a CRL whose entries cannot be read: no answer could be checked by it [L10]', () => {
    const entries = bytes(0x30, 4, 0x30, 2, 5, 0);
    expect(verdictOf(crl(sub, { entries }))).toContain('userCertificate');
  });

  it('a CRL with a critical extension in an entry, but for the reason [L10]', () => {
    const entries = entryWith(oids.certificateIssuer, true);
    expect(verdictOf(crl(sub, { entries }))).toContain('names another issuer');
    const unknown = entryWith('1.2.3.4', true);
    expect(verdictOf(crl(sub, { entries: unknown }))).toContain('critical extension');
    expect(verdictOf(crl(sub, { entries: entryWith(oids.reasonCode, true) }))).toBe('valid');
    expect(verdictOf(crl(sub, { entries: entryWith('1.2.3.4', false) }))).toBe('valid');
  });

  it('a CRL of a CA that is not known, or leads to no anchor [L10]', () => {
    const stranger = issue({ subject: 'CN=Stranger', isCa: true });
    expect(verdictOf(crl(stranger))).toBe('no CA of its name is known');
    expect(verdictOf(crl(stranger), { intermediates: [stranger] })).not.toBe('valid');
    expect(verdictOf(crl(sub), { anchors: [] })).not.toBe('valid');
  });

  it('a forged CRL, in the name of a CA but signed by another key [L10]', () => {
    const stranger = issue({ subject: 'CN=Sub', isCa: true });
    expect(verdictOf(crl(stranger))).toContain('signature does not fit');
    expect(verdictOf(crl(root, { name: sub }))).toContain('signature does not fit');
  });

  it('a CRL signed with SHA-1', () => {
    expect(verdictOf(crl(sub, { digest: 'sha1' }))).toContain('signature does not fit');
  });

  it('a CRL of the future [L10]', () => {
    const thisUpdate = new Date(someDay.getTime() + hour);
    expect(verdictOf(crl(sub, { thisUpdate }))).toContain('in the future');
  });

  it('a CRL of a CA whose keyUsage lacks cRLSign [L10]', () => {
    const signer = issue({
      subject: 'CN=No CRLs',
      issuer: root,
      extensions: [
        extension('basicConstraints', { cA: true }, true),
        extension('keyUsage', ['keyCertSign'], true),
      ],
    });
    expect(verdictOf(crl(signer), { intermediates: [signer] })).toContain('cRLSign');
  });

  it('a CRL of a CA that has expired', () => {
    const expired = issue({
      subject: 'CN=Late',
      isCa: true,
      issuer: root,
      notAfter: new Date('2026-02-01T00:00:00Z'),
    });
    expect(verdictOf(crl(expired), { intermediates: [expired] })).toContain('expired');
  });

  // indirectCRL [4] TRUE; onlyContainsUserCerts [1] TRUE; BaseCRLNumber 1.
  it.each([
    ['an indirect CRL', oids.issuingDistributionPoint, bytes(0x30, 3, 0x84, 1, 0xff), true],
    ['a CRL of a part', oids.issuingDistributionPoint, bytes(0x30, 3, 0x81, 1, 0xff), true],
    ['a delta CRL', oids.deltaCRLIndicator, bytes(2, 1, 1), true],
    [
      'an indirect CRL not marked critical',
      oids.issuingDistributionPoint,
      bytes(0x30, 3, 0x84, 1, 0xff),
      false,
    ],
    ['a delta CRL not marked critical', oids.deltaCRLIndicator, bytes(2, 1, 1), false],
    ['a critical extension nobody knows', '1.2.3.4', bytes(5, 0), true],
  ])('%s [L10]', (_, extnID, extnValue, critical) => {
    expect(verdictOf(crl(sub, { extensions: [{ extnID, critical, extnValue }] }))).toContain(
      'not a complete CRL',
    );
  });
});
