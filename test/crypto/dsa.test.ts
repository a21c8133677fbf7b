import { generateKeyPairSync, sign } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { fromDer } from '../../src/asn1/codec.ts';
import { inheritsParameters } from '../../src/crypto/dsa.ts';
import type { AlgorithmPolicy } from '../../src/crypto/policy.ts';
import { verifySignature } from '../../src/crypto/signature.ts';
import { algorithmIdentifier } from '../../src/x509/algorithm-identifier.ts';
import { SubjectPublicKeyInfo } from '../../src/x509/subject-public-key-info.ts';

const { privateKey, publicKey } = generateKeyPairSync('dsa', {
  modulusLength: 1024,
  divisorLength: 160,
});
const spki = fromDer(
  SubjectPublicKeyInfo,
  Uint8Array.from(publicKey.export({ format: 'der', type: 'spki' })),
);
const data = Uint8Array.of(1, 2, 3);

function verify(policy: Partial<AlgorithmPolicy>, digest: 'sha1' | 'sha256', signed = data) {
  return verifySignature({
    spki,
    algorithm: algorithmIdentifier(digest === 'sha1' ? 'dsaWithSHA1' : 'dsaWithSHA256'),
    data,
    signature: Uint8Array.from(sign(digest, signed, privateKey)),
    policy: { allowLegacy: false, ...policy },
  });
}

describe('a DSA signature', () => {
  it('is verified only where DSA is allowed, and with SHA-1 where that is, too', () => {
    expect(() => verify({}, 'sha256')).toThrow('not a signature algorithm on our list');
    expect(verify({ allowDsa: true }, 'sha256')).toBe(true);
    expect(() => verify({ allowDsa: true }, 'sha1')).toThrow('SHA-1 is broken');
    expect(verify({ allowDsa: true, allowSha1: true }, 'sha1')).toBe(true);
  });

  it('over something else does not fit', () => {
    expect(verify({ allowDsa: true }, 'sha256', Uint8Array.of(1, 2, 4))).toBe(false);
  });

  it('needs the parameters of its key, which may be those of the certificate above', () => {
    const bare = { ...spki, algorithm: algorithmIdentifier('dsa') };
    const isNull = { ...spki, algorithm: algorithmIdentifier('dsa', 'NULL') };
    expect([bare, isNull, spki].map(inheritsParameters)).toEqual([true, true, false]);
    expect(() =>
      verifySignature({
        spki: bare,
        algorithm: algorithmIdentifier('dsaWithSHA256'),
        data,
        signature: data,
        policy: { allowLegacy: false, allowDsa: true },
      }),
    ).toThrow('Cannot use a DSA key');
  });
});
