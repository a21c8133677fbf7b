import { describe, expect, it } from 'vitest';
import { concatBytes } from '../../src/base/bytes.ts';
import { toDer } from '../../src/asn1/codec.ts';
import { oids } from '../../src/asn1/oids.ts';
import { digestAlgorithm } from '../../src/crypto/digest.ts';
import { certIdOf } from '../../src/revocation/ocsp-cert-id.ts';
import { algorithmIdentifier } from '../../src/x509/algorithm-identifier.ts';
import { extension, rawExtension } from '../../src/x509/extension-values.ts';
import { OCSPResponse, type CertStatus } from '../../src/x509/ocsp-response.ts';
import { issue } from '../harness/certificates.ts';
import { after, ca, codeOf, leaf, response, single, verdictOn } from './ocsp-made.ts';

const unknownCritical = { extnID: '1.2.3.4', critical: true, extnValue: Uint8Array.of(5, 0) };
const revokedNow: CertStatus = {
  type: 'revoked',
  value: { revocationTime: after(-60), revocationReason: 'keyCompromise' },
};

describe('verifyOcspResponse() looks at the form first and refuses', () => {
  it('octets that are no response, cut off, or with more behind', () => {
    const good = response();
    expect(codeOf(new Uint8Array())).toBe('malformed');
    expect(codeOf(Uint8Array.of(0x3c, 0x68, 0x74, 0x6d, 0x6c))).toBe('malformed');
    expect(codeOf(good.subarray(0, -1))).toBe('malformed');
    expect(codeOf(concatBytes(good, Uint8Array.of(0)))).toBe('malformed');
  });

  it('more octets than the limit', () => {
    expect(codeOf(response(), { rules: { maxResponseOctets: 100 } })).toBe('too-large');
  });

  it.each([
    'tryLater',
    'internalError',
    'malformedRequest',
    'sigRequired',
    'unauthorized',
  ] as const)('the status %s, by its name', (responseStatus) => {
    const octets = toDer(OCSPResponse, { responseStatus });
    expect(codeOf(octets)).toBe(`responder-error(${responseStatus})`);
  });

  it('success with nothing in it, and another type than basic', () => {
    expect(codeOf(toDer(OCSPResponse, { responseStatus: 'successful' }))).toBe('malformed');
    const responseBytes = { responseType: oids.ocspNonce, response: Uint8Array.of(0x30, 0) };
    const other = toDer(OCSPResponse, { responseStatus: 'successful', responseBytes });
    expect(codeOf(other)).toBe('malformed');
  });

  it('another version than 1', () => {
    expect(codeOf(response({ data: { version: 1 } }))).toBe('malformed');
  });

  it('a critical extension of the response that is not processed', () => {
    const data = { responseExtensions: [unknownCritical] };
    expect(codeOf(response({ data }))).toBe('unsupported-critical-extension');
    const harmless = { responseExtensions: [{ ...unknownCritical, critical: false }] };
    expect(codeOf(response({ data: harmless }))).toBe('good');
  });

  it('an extension that is there twice', () => {
    const nonce = extension('ocspNonce', Uint8Array.of(1));
    expect(codeOf(response({ data: { responseExtensions: [nonce, nonce] } }))).toBe('malformed');
  });
});

describe('verifyOcspResponse() chooses the answer that', () => {
  it('is about the certificate, by every digest it knows', () => {
    for (const hash of ['sha1', 'sha256'] as const) {
      const certID = certIdOf(leaf.certificate, ca.certificate, hash);
      expect(codeOf(response({ singles: [single({ certID })] }))).toBe('good');
    }
  });

  it('is not of another serial number, name, key or digest', () => {
    const { certID } = single();
    const others = [
      { ...certID, serialNumber: certID.serialNumber + 1n },
      { ...certID, issuerNameHash: new Uint8Array(20) },
      { ...certID, issuerKeyHash: new Uint8Array(20) },
      { ...certID, hashAlgorithm: digestAlgorithm('sha256') },
      { ...certID, hashAlgorithm: algorithmIdentifier('sha224') },
    ];
    for (const other of others) {
      const octets = response({ singles: [single({ certID: other })] });
      expect(codeOf(octets)).toBe('no-matching-response');
    }
    expect(codeOf(response({ singles: [] }))).toBe('no-matching-response');
  });

  it('is revoked, if one of several is', () => {
    const revoked = single({ certStatus: revokedNow, thisUpdate: after(-30) });
    expect(codeOf(response({ singles: [single(), revoked] }))).toBe('revoked');
    expect(codeOf(response({ singles: [revoked, single()] }))).toBe('revoked');
  });

  it('is newest otherwise', () => {
    const older = single({
      certStatus: { type: 'unknown', value: null },
      thisUpdate: after(-30),
    });
    expect(codeOf(response({ singles: [older, single()] }))).toBe('good');
    expect(codeOf(response({ singles: [single(), older] }))).toBe('good');
  });

  it('holds now: a revocation that has lapsed does not win over what is newer', () => {
    const lapsed = single({
      certStatus: revokedNow,
      thisUpdate: after(-600),
      nextUpdate: after(-300),
    });
    expect(codeOf(response({ singles: [lapsed, single()] }))).toBe('good');
    expect(codeOf(response({ singles: [lapsed] }))).toBe('expired');
  });

  it('has no critical extension that is not processed', () => {
    const unusable = single({ singleExtensions: [unknownCritical] });
    expect(codeOf(response({ singles: [unusable] }))).toBe('unsupported-critical-extension');
    expect(codeOf(response({ singles: [unusable, single()] }))).toBe('good');
    const cutoff = rawExtension('ocspArchiveCutoff', Uint8Array.of(5, 0), true);
    expect(codeOf(response({ singles: [single({ singleExtensions: [cutoff] })] }))).toBe('good');
  });
});

function late(parts: Parameters<typeof single>[0]): Uint8Array {
  return response({ singles: [single(parts)] });
}

describe('verifyOcspResponse() says of the times', () => {
  it('not-yet-valid before thisUpdate less the skew', () => {
    const look = { rules: { clockSkewSeconds: 9 }, at: after(0) };
    const lenient = { rules: { clockSkewSeconds: 10 }, at: after(0) };
    const octets = late({ thisUpdate: after(10) });
    expect(codeOf(octets, look)).toBe('not-yet-valid');
    expect(codeOf(octets, lenient)).toBe('good');
  });

  it('expired after nextUpdate and the skew', () => {
    const octets = response();
    expect(codeOf(octets, { at: after(3600) })).toBe('good');
    expect(codeOf(octets, { at: after(3601) })).toBe('expired');
    const rules = { clockSkewSeconds: 300 };
    expect(codeOf(octets, { at: after(3900), rules })).toBe('good');
    expect(codeOf(octets, { at: after(3901), rules })).toBe('expired');
  });

  it('malformed when nextUpdate is before thisUpdate', () => {
    const octets = late({ nextUpdate: after(-1) });
    expect(codeOf(octets, { rules: { clockSkewSeconds: 900 } })).toBe('malformed');
  });

  it('too-old beyond max-age and the skew, nextUpdate or not', () => {
    const rules = { maxAgeSeconds: 100, clockSkewSeconds: 10 };
    const { nextUpdate: _, ...endless } = single();
    for (const octets of [response(), response({ singles: [endless] })]) {
      expect(codeOf(octets, { rules, at: after(110) })).toBe('good');
      expect(codeOf(octets, { rules, at: after(111) })).toBe('too-old');
    }
    const none = { maxAgeSeconds: 0, clockSkewSeconds: 5 };
    expect(codeOf(response(), { rules: none, at: after(5) })).toBe('good');
    expect(codeOf(response(), { rules: none, at: after(6) })).toBe('too-old');
  });

  it('no-next-update only when that is to be refused', () => {
    const { nextUpdate: _, ...endless } = single();
    const octets = response({ singles: [endless] });
    expect(verdictOn(octets)).toMatchObject({ type: 'good', notes: ['no-age-bound'] });
    expect(verdictOn(octets, { rules: { maxAgeSeconds: 600 } })).toMatchObject({ notes: [] });
    expect(codeOf(octets, { rules: { rejectMissingNextUpdate: true } })).toBe('no-next-update');
  });

  it('unauthorized-responder when it was produced outside of the time of its responder', () => {
    const data = { producedAt: new Date('2025-12-31T23:59:59Z') };
    expect(codeOf(response({ data }))).toBe('unauthorized-responder');
    expect(codeOf(response({ data }), { rules: { clockSkewSeconds: 1 } })).toBe('good');
  });
});

const withNonce = (octets: Uint8Array) =>
  response({ data: { responseExtensions: [extension('ocspNonce', octets)] } });

describe('verifyOcspResponse() says of the nonce', () => {
  const nonce = new Uint8Array(32).fill(7);
  const sent = (rule: 'off' | 'prefer' | 'require') => ({
    rules: { nonce: rule },
    origin: { type: 'query', nonce } as const,
  });

  it('nothing when it is off', () => {
    expect(codeOf(withNonce(Uint8Array.of(1)), sent('off'))).toBe('good');
  });

  it('nonce-missing only when it is required', () => {
    expect(codeOf(response(), sent('prefer'))).toBe('good');
    expect(verdictOn(response(), sent('require'))).toMatchObject({
      code: 'nonce-missing',
      detail: expect.stringContaining('RFC 5019'),
    });
  });

  it('nonce-mismatch for another one, preferred or required', () => {
    for (const rule of ['prefer', 'require'] as const) {
      expect(codeOf(withNonce(nonce), sent(rule))).toBe('good');
      expect(codeOf(withNonce(nonce.with(0, 8)), sent(rule))).toBe('nonce-mismatch');
      expect(codeOf(withNonce(new Uint8Array(129)), sent(rule))).toBe('nonce-mismatch');
      expect(codeOf(withNonce(new Uint8Array()), sent(rule))).toBe('nonce-mismatch');
    }
  });

  it('nonce-mismatch for one that is no OCTET STRING', () => {
    const bare = { extnID: oids.ocspNonce, critical: false, extnValue: nonce };
    const octets = response({ data: { responseExtensions: [bare] } });
    expect(codeOf(octets, sent('require'))).toBe('nonce-mismatch');
  });

  it('nonce-missing of what was stapled, when it is required', () => {
    const staple = { type: 'staple' } as const;
    expect(codeOf(response(), { origin: staple, rules: { nonce: 'require' } })).toBe(
      'nonce-missing',
    );
    expect(codeOf(withNonce(nonce), { origin: staple, rules: { nonce: 'prefer' } })).toBe('good');
  });

  it('nothing before the times were looked at', () => {
    expect(codeOf(response(), { ...sent('require'), at: after(7200) })).toBe('expired');
  });
});

describe('verifyOcspResponse() says of a revocation', () => {
  it('the time and the reason, which is unspecified when there is none', () => {
    const certStatus = { type: 'revoked', value: { revocationTime: after(-60) } } as const;
    expect(verdictOn(response({ singles: [single({ certStatus })] }))).toMatchObject({
      type: 'revoked',
      revocationDate: after(-60),
      reason: 'unspecified',
      isNeverIssued: false,
    });
  });

  it('that the certificate was never issued, by the extended definition', () => {
    const certStatus: CertStatus = {
      type: 'revoked',
      value: { revocationTime: new Date(0), revocationReason: 'certificateHold' },
    };
    const singles = [single({ certStatus })];
    const data = { responseExtensions: [rawExtension('ocspExtendedRevoke', Uint8Array.of(5, 0))] };
    expect(verdictOn(response({ singles, data }))).toMatchObject({
      type: 'revoked',
      reason: 'certificateHold',
      isNeverIssued: true,
    });
    expect(verdictOn(response({ singles }))).toMatchObject({ isNeverIssued: false });
  });

  it('the same of a certificate whose issuer is written in two ways', () => {
    const { certificate } = issue({ subject: 'CN=twice', issuer: ca, issuerName: upperCaName() });
    const certID = certIdOf(certificate, ca.certificate, 'sha1');
    const bySubject = certIdOf(leaf.certificate, ca.certificate, 'sha1');
    const { serialNumber } = certID;
    for (const id of [certID, { ...bySubject, serialNumber }]) {
      const octets = response({ singles: [single({ certID: id, certStatus: revokedNow })] });
      expect(codeOf(octets, { certificate })).toBe('revoked');
    }
  });
});

function upperCaName() {
  const value = { type: 'utf8String', value: 'ca' } as const;
  return { rdns: [[{ type: oids.commonName, value }]] };
}

describe('verifyOcspResponse() refuses', () => {
  it('a response with one bit changed, wherever that is', () => {
    const octets = response();
    const taken = [...octets.keys()].filter((at) => {
      return codeOf(octets.with(at, (octets[at] ?? 0) ^ 1)) === 'good';
    });
    expect(taken).toEqual([]);
  });
});
