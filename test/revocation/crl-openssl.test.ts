import { describe, expect, it } from 'vitest';
import { isNewer } from '../../src/revocation/crl.ts';
import { codeOf, verdictsOn } from './crl-query.ts';
import { crlCertificate, crlFile } from './crl-vectors.ts';

const root = crlCertificate('root');
const ca = crlCertificate('ca');
const at = new Date('2026-12-01T00:00:00Z');

interface Asked {
  readonly pool?: readonly string[];
  readonly at?: Date;
  readonly useDeltas?: boolean;
  readonly allowSha1?: boolean;
}

function status(name: string, crls: readonly string[], asked: Asked = {}): string {
  const { pool = [], useDeltas = true, allowSha1 = false } = asked;
  return codeOf({
    chain: [crlCertificate(name), ca, root],
    crls: crls.map(crlFile),
    pool: pool.map(crlCertificate),
    at: asked.at ?? at,
    query: { useDeltas, policy: { allowLegacy: false, allowSha1 } },
  });
}

describe('checkRevocationByCrls() with CRLs of openssl ca', () => {
  it('says who is revoked, when and why, and who is not', () => {
    const [verdict, ofCa] = verdictsOn({
      chain: [crlCertificate('revoked'), ca, root],
      crls: [crlFile('complete')],
      at,
    });
    expect(verdict).toMatchObject({
      type: 'revoked',
      revocationDate: new Date('2026-11-01T00:00:00Z'),
      reason: 'keyCompromise',
      thisUpdate: new Date('2026-11-01T00:00:00Z'),
    });
    expect(ofCa).toMatchObject({ type: 'unavailable', code: 'no-source' });
    expect(status('hold', ['complete'])).toBe('revoked');
    expect(status('kept', ['complete'])).toBe('good');
    expect(status('kept', ['empty'])).toBe('good');
  });

  it('reads a CRL of version 1, without a number', () => {
    expect(crlFile('version-1').crlNumber).toBeUndefined();
    expect(status('revoked', ['version-1'])).toBe('revoked');
    expect(status('kept', ['version-1'])).toBe('good');
  });

  it('believes the newer of two, in either order', () => {
    expect(isNewer(crlFile('newer'), crlFile('complete'))).toBe(true);
    expect(status('hold', ['complete', 'newer'])).toBe('good');
    expect(status('hold', ['newer', 'complete'])).toBe('good');
  });

  it.each([
    ['kept', 'users', 'good'],
    ['revoked', 'users', 'revoked'],
    ['sub', 'users', 'wrong-scope'],
    ['kept', 'cas', 'wrong-scope'],
    ['sub', 'cas', 'good'],
    ['kept', 'attributes', 'wrong-scope'],
  ])('says of %s by %s.crl, which is of one kind of certificates: %s', (name, crl, expected) => {
    expect(status(name, [crl])).toBe(expected);
  });

  it('takes a CRL of a distribution point for certificates that point there only', () => {
    expect(status('pointed', ['point'])).toBe('good');
    expect(status('pointed', ['other-point'])).toBe('wrong-scope');
    expect(status('kept', ['point'])).toBe('wrong-scope');
  });

  it('takes one without a distribution point for every certificate', () => {
    expect(status('pointed', ['complete'])).toBe('good');
  });

  it('says good only when all reasons are covered, and revoked by any', () => {
    expect(status('kept', ['some-reasons'])).toBe('reasons-incomplete');
    expect(status('kept', ['other-reasons'])).toBe('reasons-incomplete');
    expect(status('kept', ['some-reasons', 'other-reasons'])).toBe('good');
    expect(status('revoked', ['some-reasons'])).toBe('revoked');
    expect(status('hold', ['some-reasons', 'other-reasons'])).toBe('revoked');
  });

  it('takes an indirect CRL without other issuers for its own certificates', () => {
    expect(status('revoked', ['indirect'])).toBe('revoked');
    expect(status('kept', ['indirect'])).toBe('good');
  });

  it('puts a delta over its complete CRL: revocations added, and holds lifted', () => {
    expect(status('kept', ['complete', 'delta'])).toBe('revoked');
    expect(status('hold', ['complete', 'delta'])).toBe('good');
    expect(status('revoked', ['complete', 'delta'])).toBe('revoked');
  });

  it('leaves deltas alone when they are off', () => {
    expect(status('kept', ['complete', 'delta'], { useDeltas: false })).toBe('good');
  });

  it('leaves a delta alone that builds on a later CRL, or has none to build on', () => {
    expect(status('kept', ['complete', 'early-delta'])).toBe('good');
    expect(status('kept', ['delta'])).toBe('no-source');
  });

  it('takes a revocation from an expired CRL, but no hold and no good', () => {
    expect(status('revoked', ['expired'])).toBe('revoked');
    expect(status('hold', ['expired'])).toBe('expired');
    expect(status('kept', ['expired'])).toBe('expired');
  });

  it('says not-yet-valid of a CRL of the future, whatever it lists', () => {
    const before = { at: new Date('2026-10-31T23:59:59Z') };
    expect(status('revoked', ['complete'], before)).not.toBe('revoked');
  });

  it('says nothing good by a critical extension that is not processed, and revoked all the same', () => {
    expect(status('kept', ['critical'])).toBe('unsupported-critical-extension');
    expect(status('revoked', ['critical'])).toBe('revoked');
  });

  it('takes a CRL of the same CA by another key', () => {
    expect(status('kept', ['separate-key'])).toBe('bad-signature');
    const pool = ['crl-signer'];
    expect(status('kept', ['separate-key'], { pool })).toBe('crl-issuer-untrusted');
    expect(status('revoked', ['separate-key'], { pool })).toBe('crl-issuer-untrusted');
  });

  it('refuses a CRL by a key that may not sign any', () => {
    const pool = ['no-crl-sign'];
    expect(status('kept', ['no-crl-sign'], { pool })).toBe('crl-issuer-untrusted');
  });

  it('refuses a CRL of another CA of that name', () => {
    expect(status('kept', ['stranger'])).toBe('bad-signature');
    expect(status('kept', ['stranger'], { pool: ['stranger'] })).toBe('crl-issuer-untrusted');
  });

  it('refuses a CRL signed with SHA-1, unless the policy allows that', () => {
    expect(status('kept', ['sha1'])).toBe('bad-signature');
    expect(status('kept', ['sha1'], { allowSha1: true })).toBe('good');
  });
});
