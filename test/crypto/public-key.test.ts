import { generateKeyPairSync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex } from '../../src/base/bytes.ts';
import { fromDer, sequence, toDer } from '../../src/asn1/codec.ts';
import { oids } from '../../src/asn1/oids.ts';
import { bigInteger, objectIdentifier } from '../../src/asn1/primitives.ts';
import { modernOnly } from '../../src/crypto/policy.ts';
import { assertKeyAllowed, describeKey, publicKey } from '../../src/crypto/public-key.ts';
import { algorithmIdentifier } from '../../src/x509/algorithm-identifier.ts';
import { SubjectPublicKeyInfo } from '../../src/x509/subject-public-key-info.ts';

const unsupported = expect.objectContaining({ code: 'CMP_ALGORITHM_UNSUPPORTED' });

const RSAPublicKey = sequence<{ modulus: bigint; publicExponent: bigint }>('RSAPublicKey', {
  modulus: bigInteger,
  publicExponent: bigInteger,
});

function rsaSpki(bits: number, publicExponent = 65537n): Uint8Array {
  const modulus = (1n << BigInt(bits - 1)) + 1n;
  return toDer(SubjectPublicKeyInfo, {
    algorithm: algorithmIdentifier('rsaEncryption', 'NULL'),
    subjectPublicKey: toDer(RSAPublicKey, { modulus, publicExponent }),
  });
}

function ecSpki(namedCurve: string, paramEncoding: 'named' | 'explicit' = 'named'): Uint8Array {
  const { publicKey: key } = generateKeyPairSync('ec', { namedCurve, paramEncoding });
  return Uint8Array.from(key.export({ format: 'der', type: 'spki' }));
}

function allow(bits: number, allowLegacy: boolean, leastRsaBits?: number): () => void {
  const policy = { allowLegacy, ...(leastRsaBits !== undefined && { leastRsaBits }) };
  return () => assertKeyAllowed(rsaSpki(bits), policy);
}

describe('publicKey()', () => {
  it('imports a key once for the same octets, whatever object they come in', () => {
    const der = ecSpki('P-256');
    const first = publicKey(der);
    expect(publicKey(Uint8Array.from(der))).toBe(first);
    expect(publicKey(fromDer(SubjectPublicKeyInfo, der))).toBe(first);
    expect(publicKey(ecSpki('P-256'))).not.toBe(first);
  });

  it('forgets a key after 256 others', () => {
    const der = ecSpki('P-256');
    const first = publicKey(der);
    const { publicKey: other } = generateKeyPairSync('ed25519');
    const edSpki = other.export({ format: 'der', type: 'spki' });
    for (let n = 0; n < 256; n++) {
      edSpki.writeUInt16BE(n, edSpki.length - 2);
      publicKey(Uint8Array.from(edSpki));
    }
    expect(publicKey(der)).not.toBe(first);
  });

  it('refuses a point that is not on its curve', () => {
    const der = ecSpki('P-256');
    der[der.length - 1] = (der.at(-1) ?? 0) ^ 1;
    expect(() => publicKey(der)).toThrow(unsupported);
  });
});

describe('describeKey()', () => {
  it.each(['P-256', 'P-384', 'P-521'])('knows %s by its name only', (curve) => {
    expect(describeKey(ecSpki(curve))).toEqual({ kind: 'ec', keyType: curve.toLowerCase() });
    expect(() => describeKey(ecSpki(curve, 'explicit'))).toThrow(unsupported);
  });

  it('refuses other curves, other kinds of keys, and points of another shape', () => {
    expect(() => describeKey(ecSpki('secp256k1'))).toThrow(unsupported);
    const x25519 = generateKeyPairSync('x25519').publicKey.export({ format: 'der', type: 'spki' });
    expect(() => describeKey(x25519)).toThrow(unsupported);
    const algorithm = algorithmIdentifier('ecPublicKey', toDer(objectIdentifier, oids.prime256v1));
    const point = fromDer(SubjectPublicKeyInfo, ecSpki('P-256')).subjectPublicKey;
    const hybrid = concatBytes(Uint8Array.of(6), point.subarray(1));
    for (const subjectPublicKey of [new Uint8Array(0), fromHex('00'), hybrid, point.subarray(1)]) {
      expect(() => describeKey({ algorithm, subjectPublicKey })).toThrow(unsupported);
    }
  });

  it('takes RSA up to 8192 bits and refuses more before computing with it', () => {
    expect(describeKey(rsaSpki(8192)).rsaBits).toBe(8192);
    expect(() => describeKey(rsaSpki(8193))).toThrow(unsupported);
    expect(() => describeKey(rsaSpki(200_000))).toThrow(unsupported);
  });

  it.each([0n, 1n, 2n, -3n, 65536n, (1n << 64n) + 1n])(
    'refuses the RSA exponent %d',
    (exponent) => {
      expect(() => describeKey(rsaSpki(2048, exponent))).toThrow(unsupported);
    },
  );

  it('refuses trailing octets and broken DER with a typed error', () => {
    const malformed = expect.objectContaining({ code: 'DER_MALFORMED' });
    expect(() => describeKey(concatBytes(ecSpki('P-256'), Uint8Array.of(0)))).toThrow(malformed);
    const algorithm = algorithmIdentifier('rsaEncryption', 'NULL');
    expect(() => describeKey({ algorithm, subjectPublicKey: fromHex('3000') })).toThrow(malformed);
  });
});

describe('assertKeyAllowed()', () => {
  it('takes RSA from 2048 bits, odd lengths too, and 1024 with the legacy switch', () => {
    const unusable = expect.objectContaining({ code: 'KEY_UNUSABLE' });
    expect(allow(2048, false)).not.toThrow();
    expect(allow(2056, false)).not.toThrow();
    expect(allow(2047, false)).toThrow(unusable);
    expect(allow(1024, false)).toThrow(unusable);
    expect(allow(1024, true)).not.toThrow();
    expect(allow(1023, true)).toThrow(unusable);
  });

  it('takes RSA from the length that is set, but never under 1024 bits', () => {
    expect(allow(2048, false, 3072)).toThrow('of 2048 bits: the least is 3072');
    expect(allow(2048, true, 3072)).toThrow('the least is 3072');
    expect(allow(3072, false, 3072)).not.toThrow();
    expect(allow(1024, false, 1024)).not.toThrow();
    expect(allow(1016, false, 512)).toThrow('the least is 1024');
  });

  it('names the refusal of a peer key by the code it is given', () => {
    const policy = modernOnly;
    const code = 'CMP_ALGORITHM_UNSUPPORTED';
    expect(() => assertKeyAllowed(rsaSpki(1024), policy, code)).toThrow(unsupported);
    expect(() => assertKeyAllowed(ecSpki('secp256k1'), policy, code)).toThrow(unsupported);
    expect(() => assertKeyAllowed(ecSpki('secp256k1'), policy)).toThrow(
      expect.objectContaining({ code: 'KEY_UNUSABLE' }),
    );
  });
});
