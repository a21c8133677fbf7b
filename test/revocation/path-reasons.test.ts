import { describe, expect, it } from 'vitest';
import { issue } from '../harness/certificates.ts';
import { check, root, sub } from '../harness/paths.ts';

describe('the reasons of a refusal', () => {
  const early = new Date('2026-02-01T00:00:00Z');

  it('are all that were found, the most specific first, each once', () => {
    const expired = issue({
      subject: sub.subject,
      key: sub.key,
      issuer: root,
      isCa: true,
      notAfter: early,
    });
    const namesake = issue({ subject: sub.subject, issuer: root, isCa: true });
    const leaf = issue({ subject: 'CN=gw1', issuer: sub });
    const verdict = check(leaf, { intermediates: [namesake, expired] });
    expect(verdict).toMatchObject({
      type: 'invalid',
      reasons: [
        { reason: 'expired', certificate: expired.certificate },
        { reason: 'signature-invalid', certificate: leaf.certificate },
        { reason: 'untrusted', certificate: leaf.certificate },
      ],
    });
  });

  it('are of the certificate alone when it cannot be believed by itself', () => {
    const leaf = issue({ subject: 'CN=gw1', issuer: sub, notAfter: early });
    const verdict = check(leaf, { intermediates: [] });
    expect(verdict.type === 'invalid' && verdict.reasons.map(({ reason }) => reason)).toEqual([
      'expired',
    ]);
  });

  it('put a chain that is too long before namesakes that did not sign', () => {
    const cas = [root];
    for (let i = 0; i < 4; i++) {
      cas.push(issue({ subject: `CN=CA ${i}`, issuer: cas.at(-1) ?? root, isCa: true }));
    }
    const namesake = issue({ subject: 'CN=CA 3', issuer: root, isCa: true });
    const leaf = issue({ subject: 'CN=gw1', issuer: cas.at(-1) ?? root });
    const verdict = check(leaf, { intermediates: [namesake, ...cas.slice(1)] });
    expect(verdict).toMatchObject({
      reasons: [{ reason: 'chain-too-long' }, { reason: 'signature-invalid' }],
    });
  });
});
