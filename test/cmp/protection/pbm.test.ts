import { createHash, createHmac } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex, toHex, utf8 } from '../../../src/base/bytes.ts';
import {
  computePbm,
  isPbm,
  pbmAlgorithm,
  pbmParameterOf,
  type PBMParameter,
} from '../../../src/cmp/protection/pbm.ts';
import { modernOnly } from '../../../src/crypto/policy.ts';
import { algorithmIdentifier } from '../../../src/x509/algorithm-identifier.ts';

const secret = utf8('s3cret');
const part = utf8('stands for the DER of ProtectedPart');
const legacy = { allowLegacy: true };
const unsupported = expect.objectContaining({ code: 'CMP_ALGORITHM_UNSUPPORTED' });
const exceeded = expect.objectContaining({ code: 'LIMIT_EXCEEDED' });

const good: PBMParameter = {
  salt: fromHex('00112233445566778899aabbccddeeff'),
  owf: algorithmIdentifier('sha256', 'NULL'),
  iterationCount: 100,
  mac: algorithmIdentifier('hmacWithSHA256', 'NULL'),
};

/** The RFC's words with node:crypto: the hash over secret and salt, then over itself, count times in all. */
function peerPbm(owf: string, count: number, mac: string): string {
  let key: Uint8Array = concatBytes(secret, good.salt);
  for (let i = 0; i < count; i++) key = createHash(owf).update(key).digest();
  return createHmac(mac, key).update(part).digest('hex');
}

describe('computePbm()', () => {
  it.each([
    ['sha256', 'hmacWithSHA256', 'sha256', 'sha256', 32],
    ['sha256', 'hmacSHA1', 'sha256', 'sha1', 20],
    ['sha256', 'hmacWithSHA1', 'sha256', 'sha1', 20],
    ['sha384', 'hmacWithSHA384', 'sha384', 'sha384', 48],
    ['sha512', 'hmacWithSHA256', 'sha512', 'sha256', 32],
    ['sha512', 'hmacWithSHA512', 'sha512', 'sha512', 64],
    ['sha1', 'hmacWithSHA512', 'sha1', 'sha512', 64],
  ] as const)('takes owf %s with mac %s [P2]', (owf, mac, hash, hmac, length) => {
    const parameter = { ...good, owf: algorithmIdentifier(owf), mac: algorithmIdentifier(mac) };
    const octets = computePbm(parameter, secret, part, legacy);
    expect(octets).toHaveLength(length);
    expect(toHex(octets)).toBe(peerPbm(hash, 100, hmac));
  });

  it('takes absent and NULL parameters of owf and mac for the same', () => {
    const absent = {
      ...good,
      owf: algorithmIdentifier('sha256'),
      mac: algorithmIdentifier('hmacWithSHA256'),
    };
    expect(computePbm(absent, secret, part, modernOnly)).toEqual(
      computePbm(good, secret, part, modernOnly),
    );
  });

  it.each([100, 500, 1024, 10_000, 100_000])('iterates %d times in all [P2]', (iterationCount) => {
    const octets = computePbm({ ...good, iterationCount }, secret, part, modernOnly);
    expect(toHex(octets)).toBe(peerPbm('sha256', iterationCount, 'sha256'));
  });

  it.each([-1, 0, 1, 99, 100_001, 2 ** 31, 2 ** 47 - 1])(
    'refuses %d iterations before it computes any [P3]',
    (iterationCount) => {
      const compute = () => computePbm({ ...good, iterationCount }, secret, part, modernOnly);
      expect(compute).toThrow(exceeded);
      expect(compute).toThrow(/iterationCount -?\d+: allowed are 100 to 100000/);
    },
  );

  it.each([0, 1025])('refuses a salt of %d octets [P3]', (length) => {
    const salt = new Uint8Array(length);
    expect(() => computePbm({ ...good, salt }, secret, part, modernOnly)).toThrow(exceeded);
  });

  it('wants the legacy switch for SHA-1 as one-way function, and names it', () => {
    const parameter = { ...good, owf: algorithmIdentifier('sha1') };
    expect(() => computePbm(parameter, secret, part, modernOnly)).toThrow(unsupported);
    expect(() => computePbm(parameter, secret, part, modernOnly)).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('legacy-algorithms') }),
    );
    expect(computePbm(parameter, secret, part, legacy)).toHaveLength(32);
  });

  it.each([
    { ...good, owf: algorithmIdentifier('sha224') },
    { ...good, owf: algorithmIdentifier('shake256') },
    { ...good, owf: { algorithm: '1.2.840.113549.2.5' } }, // MD5
    { ...good, owf: algorithmIdentifier('sha256', fromHex('0400')) },
    { ...good, mac: algorithmIdentifier('sha256') },
    { ...good, mac: algorithmIdentifier('pbmac1') },
    { ...good, mac: { algorithm: '1.3.6.1.5.5.8.1.1' } }, // HMAC-MD5
    { ...good, mac: algorithmIdentifier('hmacWithSHA256', fromHex('0400')) },
  ])('refuses an owf or mac that is not on the list (%#)', (parameter) => {
    expect(() => computePbm(parameter, secret, part, legacy)).toThrow(unsupported);
  });
});

describe('pbmParameterOf()', () => {
  it('reads what pbmAlgorithm() writes', () => {
    const algorithm = pbmAlgorithm(good);
    expect(isPbm(algorithm)).toBe(true);
    expect(structuredClone(pbmParameterOf(algorithm))).toEqual(good);
  });

  it.each([undefined, 'NULL', fromHex('3000'), fromHex('040100')] as const)(
    'refuses parameters that are none (%#)',
    (parameters) => {
      const algorithm = algorithmIdentifier('passwordBasedMac', parameters);
      expect(() => pbmParameterOf(algorithm)).toThrow(
        expect.objectContaining({ code: 'DER_MALFORMED' }),
      );
    },
  );
});
