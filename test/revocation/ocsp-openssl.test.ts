import { describe, expect, it } from 'vitest';
import type { OcspExpectation, OcspRules, OcspVerdict } from '../../src/revocation/ocsp-rules.ts';
import { verifyOcspResponse } from '../../src/revocation/ocsp-verify.ts';
import { extensionValue } from '../../src/x509/extension-values.ts';
import { decodeOcspRequest } from '../../src/x509/ocsp-request.ts';
import { certificateFile, chainOf, minuteAfter, responseFile, rulesFor } from './ocsp-vectors.ts';

const ca = certificateFile('ca');
const stranger = certificateFile('stranger');
const day = 86_400_000;

interface Question {
  /** Whose status. */
  readonly about?: string;
  readonly rules?: Partial<OcspRules>;
  readonly nonce?: Uint8Array;
  /** After the response was made. */
  readonly later?: number;
}

function verdictOn(
  file: string,
  { about = 'good', rules, nonce, later = 0 }: Question = {},
): OcspVerdict {
  const octets = responseFile(file);
  const expectation: OcspExpectation = {
    certificate: certificateFile(about),
    issuer: ca,
    origin: { type: 'query', ...(nonce && { nonce }) },
  };
  const at = new Date(minuteAfter(octets).getTime() + later);
  return verifyOcspResponse(octets, expectation, rulesFor(chainOf([ca]), rules), at);
}

function code(verdict: OcspVerdict): string {
  return verdict.type === 'unavailable' ? verdict.code : verdict.type;
}

describe('verifyOcspResponse() with responses of openssl ocsp', () => {
  it('takes good from a responder the CA named, with its times', () => {
    const verdict = verdictOn('good');
    expect(verdict).toMatchObject({ type: 'good', notes: [] });
    if (verdict.type === 'unavailable') throw new Error(verdict.detail);
    expect(verdict.responder.tbsCertificate.serialNumber).toBe(0x2000n);
    expect(verdict.nextUpdate?.getTime()).toBe(verdict.thisUpdate.getTime() + 3650 * day);
  });

  it('takes revoked with time and reason', () => {
    expect(verdictOn('revoked', { about: 'revoked' })).toMatchObject({
      type: 'revoked',
      revocationDate: new Date('2026-11-01T00:00:00Z'),
      reason: 'keyCompromise',
      isNeverIssued: false,
    });
  });

  it('takes a certificateHold for revoked', () => {
    expect(verdictOn('hold', { about: 'hold' })).toMatchObject({
      type: 'revoked',
      reason: 'certificateHold',
    });
  });

  it('takes unknown for what it is', () => {
    expect(verdictOn('unknown', { about: 'unknown' }).type).toBe('unknown');
  });

  it('takes a response the CA signed itself, without certificates in it', () => {
    expect(verdictOn('direct')).toMatchObject({ type: 'good', responder: ca });
  });

  it.each(['key-id', 'sha256-id', 'rsa'])('takes %s.der', (file) => {
    expect(verdictOn(file).type).toBe('good');
  });

  it('takes the right one of two answers', () => {
    expect(verdictOn('two').type).toBe('good');
    expect(verdictOn('two', { about: 'revoked' }).type).toBe('revoked');
  });

  it('takes one without nextUpdate, and says that it has no end', () => {
    expect(verdictOn('no-next-update')).toMatchObject({ type: 'good', notes: ['no-age-bound'] });
  });

  it('takes one of a responder without nocheck, and says that it was not checked', () => {
    expect(verdictOn('to-be-checked')).toMatchObject({
      type: 'good',
      notes: ['responder-not-checked'],
    });
  });

  it('takes the nonce that was sent back', () => {
    const { requestExtensions } = decodeOcspRequest(responseFile('nonce-request')).tbsRequest;
    const nonce = extensionValue(requestExtensions, 'ocspNonce');
    if (!nonce) throw new Error('no nonce in nonce-request.der');
    const rules = { nonce: 'require' } as const;
    expect(verdictOn('nonce', { rules, nonce }).type).toBe('good');
    const other = nonce.map((octet) => octet ^ 1);
    expect(code(verdictOn('nonce', { rules, nonce: other }))).toBe('nonce-mismatch');
    expect(code(verdictOn('good', { rules, nonce }))).toBe('nonce-missing');
  });

  it.each([
    ['bad-signature', 'bad-signature'],
    ['sha1', 'bad-signature'],
    ['plain', 'unauthorized-responder'],
    ['any-usage', 'unauthorized-responder'],
    ['no-signature-usage', 'unauthorized-responder'],
    ['expired-responder', 'unauthorized-responder'],
    ['stranger', 'unauthorized-responder'],
  ])('refuses %s.der as %s', (file, expected) => {
    expect(code(verdictOn(file))).toBe(expected);
  });

  it('takes SHA-1 where the policy allows it', () => {
    const policy = { allowLegacy: false, allowSha1: true };
    expect(verdictOn('sha1', { rules: { policy } }).type).toBe('good');
  });

  it('refuses an answer about another certificate', () => {
    expect(code(verdictOn('good', { about: 'revoked' }))).toBe('no-matching-response');
  });

  it('refuses a responder of another CA though that is in ca-chain, too', () => {
    const rules = { responders: chainOf([ca, stranger]) };
    expect(code(verdictOn('stranger', { rules }))).toBe('unauthorized-responder');
  });

  it('refuses it ten years later', () => {
    expect(code(verdictOn('good', { later: 3651 * day }))).toBe('expired');
  });
});
