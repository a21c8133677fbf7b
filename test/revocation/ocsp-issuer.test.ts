import { describe, expect, it } from 'vitest';
import { modernOnly } from '../../src/crypto/policy.ts';
import { verifyOcspResponse } from '../../src/revocation/ocsp-verify.ts';
import { issue, someDay, type Issued } from '../harness/certificates.ts';
import { ca, leaf, responder, response } from './ocsp-made.ts';

function verdict(signer: Issued) {
  return verifyOcspResponse(
    response({ signer }),
    {
      certificate: leaf.certificate,
      issuer: ca.certificate,
      origin: { type: 'query' },
    },
    {
      responders: { type: 'issuer' },
      policy: modernOnly,
      nonce: 'off',
      maxResponseOctets: 65_536,
      maxAgeSeconds: -1,
      clockSkewSeconds: 300,
      rejectMissingNextUpdate: false,
    },
    someDay,
  );
}

describe('a response where the issuer alone is believed', () => {
  it('is good when the issuer signed it, or whom it named: no root has to be known', () => {
    expect(verdict(ca).type).toBe('good');
    expect(verdict(responder).type).toBe('good');
  });

  it('is refused when another certificate of the issuer signed it, or another CA', () => {
    const plain = issue({ subject: 'CN=plain', issuer: ca });
    const other = issue({ subject: 'CN=CA', isCa: true });
    expect(verdict(plain)).toMatchObject({ code: 'unauthorized-responder' });
    expect(verdict(other).type).toBe('unavailable');
  });
});
