import { createHash, X509Certificate } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { anchorHash, anchorHashes, anchorsAskedFor } from '../../src/revocation/anchor-hashes.ts';
import { certificateDer } from '../../src/x509/certificate.ts';
import { issue } from '../harness/certificates.ts';

const one = issue({ subject: 'CN=One', isCa: true });
const two = issue({ subject: 'CN=Two', isCa: true });
const renewed = issue({ subject: 'CN=One', isCa: true, key: one.key });

describe('the hashes of a certificate request payload', () => {
  it('are SHA-1 of the key as a certificate has it, as Node reads it', () => {
    const { publicKey } = new X509Certificate(certificateDer(one.certificate));
    const key = publicKey.export({ type: 'spki', format: 'der' });
    const wanted = createHash('sha1').update(key).digest('hex');
    expect(toHex(anchorHash(one.certificate))).toBe(wanted);
  });

  it('are one after the other, each key once', () => {
    const anchors = [one, two, renewed].map(({ certificate }) => certificate);
    const [first, second] = anchors;
    const wanted = [first, second].map((ca) => (ca ? toHex(anchorHash(ca)) : '')).join('');
    expect(toHex(anchorHashes(anchors))).toBe(wanted);
    expect(anchorHashes([])).toHaveLength(0);
  });

  it('name those of them that are known, in any order, and half a hash names nobody', () => {
    const known = [one.certificate, two.certificate];
    const asked = anchorHashes([two.certificate, one.certificate]);
    expect(anchorsAskedFor(known, asked)).toStrictEqual(known);
    expect(anchorsAskedFor(known, asked.subarray(0, 39))).toStrictEqual([two.certificate]);
    expect(anchorsAskedFor(known, new Uint8Array())).toStrictEqual([]);
  });
});
