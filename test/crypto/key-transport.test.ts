import { describe, expect, it } from 'vitest';
import { fromHex, utf8 } from '../../src/base/bytes.ts';
import { fromDer } from '../../src/asn1/codec.ts';
import { softwareKeys } from '../../src/crypto/keys.ts';
import { encryptTo, oaepAlgorithm } from '../../src/crypto/key-transport.ts';
import { algorithmIdentifier } from '../../src/x509/algorithm-identifier.ts';
import { SubjectPublicKeyInfo } from '../../src/x509/subject-public-key-info.ts';

const rsa = (await softwareKeys.generate('rsa-2048')).key;
const spki = fromDer(SubjectPublicKeyInfo, rsa.spki);
const pkcs1 = algorithmIdentifier('rsaEncryption', 'NULL');
// RSAES-OAEP-params with nothing but pSourceAlgorithm: pSpecified, "ab".
const labelled = fromHex('3013a211300f06092a864886f70d01010904026162');
const secret = utf8('0123456789abcdef');

describe('An RSA key', () => {
  it.each([
    ['PKCS #1 v1.5', pkcs1],
    ['OAEP with SHA-1', oaepAlgorithm('sha1')],
    ['OAEP with SHA-256', oaepAlgorithm('sha256')],
    ['OAEP with SHA-512', oaepAlgorithm('sha512')],
  ])('decrypts %s', async (_name, algorithm) => {
    expect(await rsa.decrypt?.(encryptTo(spki, secret, algorithm), algorithm)).toEqual(secret);
  });

  it('gives nothing for OAEP that is damaged', async () => {
    const algorithm = oaepAlgorithm('sha256');
    expect(await rsa.decrypt?.(new Uint8Array(256).fill(1), algorithm)).toBeUndefined();
    expect(await rsa.decrypt?.(new Uint8Array(3), algorithm)).toBeUndefined();
  });

  it('gives random octets for a wrong padding of PKCS #1 v1.5, the same each time', async () => {
    const damaged = Uint8Array.from(encryptTo(spki, secret, pkcs1));
    damaged[200] = (damaged[200] ?? 0) ^ 1;
    const once = await rsa.decrypt?.(damaged, pkcs1);
    expect(once).toBeDefined();
    expect(once).not.toEqual(secret);
    expect(await rsa.decrypt?.(damaged, pkcs1)).toEqual(once);
  });

  it.each([
    ['without parameters', algorithmIdentifier('rsaesOaep')],
    ['with a label', algorithmIdentifier('rsaesOaep', labelled)],
    [
      'with another hash in the mask',
      algorithmIdentifier('rsaesOaep', fromHex('300fa00d300b0609608648016503040201')),
    ],
    ['that is a signature', algorithmIdentifier('sha256WithRSAEncryption', 'NULL')],
  ])('refuses an algorithm %s', (_what, algorithm) => {
    expect(() => rsa.decrypt?.(new Uint8Array(256), algorithm)).toThrow(
      expect.objectContaining({ code: 'CMP_ALGORITHM_UNSUPPORTED' }),
    );
  });
});

describe('An EC key', () => {
  it('agrees with one on its curve, and with no other', async () => {
    const [a, b, c] = await Promise.all(
      (['p-256', 'p-256', 'p-384'] as const).map(
        async (type) => (await softwareKeys.generate(type)).key,
      ),
    );
    const half = (key: typeof a) => fromDer(SubjectPublicKeyInfo, key?.spki ?? new Uint8Array());
    expect(await a?.agree?.(half(b))).toEqual(await b?.agree?.(half(a)));
    expect(() => a?.agree?.(half(c))).toThrow(/ours is p-256, the other is p-384/);
    expect(a?.decrypt).toBeUndefined();
    expect(rsa.agree).toBeUndefined();
  });
});
