import { describe, expect, it } from 'vitest';
import { oids } from '../../src/asn1/oids.ts';
import type { SigningCert } from '../../src/revocation/ocsp-rules.ts';
import { extension } from '../../src/x509/extension-values.ts';
import { digest } from '../../src/crypto/digest.ts';
import { issue, makeKey, type Issued } from '../harness/certificates.ts';
import { after, ca, codeOf, leaf, responder, response, verdictOn } from './ocsp-made.ts';
import { chainOf } from './ocsp-vectors.ts';

const ocspSigning = extension('extKeyUsage', [oids.ocspSigning]);
const plain = issue({ subject: 'CN=plain', issuer: ca });
const otherCa = issue({ subject: 'CN=Other', isCa: true });
const stranger = issue({ subject: 'CN=stranger', issuer: otherCa, extensions: [ocspSigning] });
const unauthorized = 'unauthorized-responder';

const signedBy = (signer: Issued, speaksFor: SigningCert['speaksFor']) => ({
  rules: {
    responders: {
      type: 'signing-certs',
      signingCerts: [{ certificate: signer.certificate, speaksFor }],
    },
  } as const,
});

describe('with signing-certs, verifyOcspResponse()', () => {
  it('takes one without extended key usage that the CA issued, and no other by default', () => {
    expect(codeOf(response({ signer: plain }), signedBy(plain, 'its issuer'))).toBe('good');
    expect(codeOf(response({ signer: stranger }), signedBy(stranger, 'its issuer'))).toBe(
      unauthorized,
    );
  });

  it('takes one of another CA for the CAs it is bound to', () => {
    const octets = response({ signer: stranger });
    expect(codeOf(octets, signedBy(stranger, 'any'))).toBe('good');
    expect(codeOf(octets, signedBy(stranger, [ca.certificate]))).toBe('good');
    expect(codeOf(octets, signedBy(stranger, [otherCa.certificate]))).toBe(unauthorized);
    expect(codeOf(octets, signedBy(stranger, []))).toBe(unauthorized);
  });

  it('has to be told whom a self-signed one speaks for', () => {
    const own = issue({ subject: 'CN=own' });
    expect(codeOf(response({ signer: own }), signedBy(own, 'its issuer'))).toBe(unauthorized);
    expect(codeOf(response({ signer: own }), signedBy(own, [ca.certificate]))).toBe('good');
  });

  it('ignores the certificates that came along', () => {
    expect(codeOf(response({ signer: responder }), signedBy(plain, 'any'))).toBe(unauthorized);
  });

  it('finds it by the hash of its key, too', () => {
    const value = digest('sha1', plain.key.spki.subjectPublicKey);
    const octets = response({ signer: plain, data: { responderID: { type: 'byKey', value } } });
    expect(codeOf(octets, signedBy(plain, 'any'))).toBe('good');
    expect(codeOf(octets, signedBy(responder, 'any'))).toBe(unauthorized);
  });

  it('refuses one outside of its time, or whose keyUsage lacks digitalSignature', () => {
    const late = issue({ subject: 'CN=late', issuer: ca, notAfter: after(-60) });
    expect(codeOf(response({ signer: late }), signedBy(late, 'any'))).toBe(unauthorized);
    const wrong = issue({
      subject: 'CN=wrong',
      issuer: ca,
      extensions: [extension('keyUsage', ['keyAgreement'], true)],
    });
    expect(codeOf(response({ signer: wrong }), signedBy(wrong, 'any'))).toBe(unauthorized);
  });

  it('says bad-signature of another key under the same name', () => {
    const twin = issue({ subject: 'CN=plain', issuer: ca });
    expect(codeOf(response({ signer: twin }), signedBy(plain, 'any'))).toBe('bad-signature');
  });
});

describe('with ca-chain, verifyOcspResponse()', () => {
  it('takes the CA itself', () => {
    expect(codeOf(response({ signer: ca, certs: [] }))).toBe('good');
  });

  it('takes a responder that CA named', () => {
    expect(codeOf(response())).toBe('good');
  });

  it('refuses both when the CA does not lead to a root of ca-chain', () => {
    const rules = { responders: chainOf([otherCa.certificate]) };
    expect(codeOf(response({ signer: ca }), { rules })).toBe(unauthorized);
    expect(codeOf(response(), { rules })).toBe(unauthorized);
  });

  it('follows intermediates up to a self-signed root, four at the most', () => {
    const path = [issue({ subject: 'CN=Root', isCa: true })];
    for (let i = 1; i <= 5; i++) {
      path.push(issue({ subject: `CN=Sub ${i}`, isCa: true, issuer: path.at(-1) ?? ca }));
    }
    const answerAt = (depth: number): string => {
      const issuer = path[depth] ?? ca;
      const certificate = issue({ subject: 'CN=leaf', issuer }).certificate;
      const rules = { responders: chainOf(path.map((one) => one.certificate)) };
      const look = { rules, certificate, issuer: issuer.certificate };
      return codeOf(response({ signer: issuer }), look);
    };
    expect(answerAt(0)).toBe('no-matching-response');
    expect(answerAt(4)).toBe('no-matching-response');
    expect(answerAt(5)).toBe(unauthorized);
  });

  it('refuses a responder without ocspSigning, or of another CA of the group', () => {
    expect(codeOf(response({ signer: plain }))).toBe(unauthorized);
    const rules = { responders: chainOf([ca.certificate, otherCa.certificate]) };
    expect(codeOf(response({ signer: stranger }), { rules })).toBe(unauthorized);
  });

  it('refuses a responder named by a CA of the same name with another key', () => {
    const twin = issue({ subject: 'CN=CA', isCa: true });
    const named = issue({ subject: 'CN=twin', issuer: twin, extensions: [ocspSigning] });
    const rules = { responders: chainOf([ca.certificate, twin.certificate]) };
    expect(codeOf(response({ signer: named }), { rules })).toBe(unauthorized);
  });

  it.each([
    ['without issuer-criteria-check', { issuerCriteriaCheck: false }],
    ['with accept-trusted-root', { acceptTrustedRoot: true }],
  ])('%s takes what RFC 6960 refuses only below a root trusted for it, and says so', (_, more) => {
    const members = [ca.certificate];
    const octets = response({ signer: plain });
    expect(codeOf(octets, { rules: { responders: chainOf(members, more) } })).toBe(unauthorized);
    const responders = chainOf(members, { ...more, trusted: members });
    expect(verdictOn(octets, { rules: { responders } })).toMatchObject({
      type: 'good',
      notes: ['rfc6960-nonconforming', 'responder-not-checked'],
    });
    expect(verdictOn(response(), { rules: { responders } })).toMatchObject({ notes: [] });
  });

  it('refuses what RFC 6960 refuses below a trusted root as long as the criteria hold', () => {
    const responders = chainOf([ca.certificate], { trusted: [ca.certificate] });
    expect(codeOf(response({ signer: plain }), { rules: { responders } })).toBe(unauthorized);
  });

  it('refuses a responder outside of its time, but for the skew', () => {
    const late = issue({
      subject: 'CN=late',
      issuer: ca,
      extensions: [ocspSigning],
      notAfter: after(0),
    });
    const octets = response({ signer: late });
    expect(codeOf(octets, { at: after(61) })).toBe(unauthorized);
    expect(codeOf(octets, { at: after(61), rules: { clockSkewSeconds: 61 } })).toBe('good');
  });

  it('refuses a responder with a critical extension that is not processed', () => {
    const odd = { extnID: '1.2.3.4', critical: true, extnValue: Uint8Array.of(5, 0) };
    const signer = issue({ subject: 'CN=odd', issuer: ca, extensions: [ocspSigning, odd] });
    expect(codeOf(response({ signer }))).toBe(unauthorized);
  });

  it('refuses a responder whose extensions cannot be read', () => {
    const bad = { extnID: oids.keyUsage, critical: true, extnValue: Uint8Array.of(5, 0) };
    const signer = issue({ subject: 'CN=bad', issuer: ca, extensions: [ocspSigning, bad] });
    expect(codeOf(response({ signer }))).toBe('malformed');
  });

  it('refuses more certificates than a response needs', () => {
    const certs = Array.from({ length: 9 }, () => responder.certificate);
    expect(codeOf(response({ certs }))).toBe('too-large');
    expect(codeOf(response({ certs: certs.slice(1) }))).toBe('good');
  });

  it('takes the right one of several certificates of one name', () => {
    const twins = Array.from({ length: 5 }, () =>
      issue({ subject: 'CN=responder', issuer: ca, extensions: [ocspSigning] }),
    );
    const certs = [...twins.map(({ certificate }) => certificate), responder.certificate];
    expect(codeOf(response({ certs }))).toBe('good');
    expect(codeOf(response({ certs: certs.slice(0, -1) }))).toBe('bad-signature');
  });
});

describe('of a responder without nocheck, verifyOcspResponse()', () => {
  const signer = issue({ subject: 'CN=asked', issuer: ca, extensions: [ocspSigning] });

  it('takes it, names it, and says that nobody was asked about it', () => {
    const verdict = verdictOn(response({ signer }));
    expect(verdict).toMatchObject({ type: 'good', notes: ['responder-not-checked'] });
    const { serialNumber } = signer.certificate.tbsCertificate;
    expect(verdict).toHaveProperty('responder.tbsCertificate.serialNumber', serialNumber);
  });

  it('says nothing of one with nocheck, nor of the CA itself', () => {
    expect(verdictOn(response())).toMatchObject({ type: 'good', notes: [] });
    expect(verdictOn(response({ signer: ca }))).toMatchObject({ type: 'good', notes: [] });
  });
});

describe('the work of verifyOcspResponse()', () => {
  it('ends on a group of CAs that issue each other', () => {
    const keys = Array.from({ length: 6 }, () => makeKey());
    const members = keys.flatMap((key, i) =>
      keys.map((by, j) =>
        issue({
          subject: `CN=Ring ${i}`,
          isCa: true,
          key,
          issuer: { subject: issue({ subject: `CN=Ring ${j}`, key: by }).subject, key: by },
        }),
      ),
    );
    // Without those that are self-signed there is no root.
    const group = members.filter((_, n) => n % 7 !== 0).map(({ certificate }) => certificate);
    const first = members[1] ?? ca;
    const signer = issue({ subject: 'CN=lost', issuer: first, extensions: [ocspSigning] });
    const look = {
      rules: { responders: chainOf(group) },
      issuer: first.certificate,
      certificate: leaf.certificate,
    };
    expect(codeOf(response({ signer }), look)).toBe(unauthorized);
  });
});
