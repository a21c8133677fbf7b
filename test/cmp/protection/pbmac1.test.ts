import { createHmac, pbkdf2Sync } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex, toHex, utf8 } from '../../../src/base/bytes.ts';
import { fromDer, toDer } from '../../../src/asn1/codec.ts';
import { computeMac, isMac } from '../../../src/cmp/protection/mac.ts';
import {
  computePbmac1,
  isPbmac1,
  pbmac1Algorithm,
  pbmac1ParamsOf,
  PBMAC1Params,
} from '../../../src/cmp/protection/pbmac1.ts';
import { PBKDF2Params } from '../../../src/crypto/pbkdf2.ts';
import { macOctets } from '../../../src/crypto/mac.ts';
import { modernOnly } from '../../../src/crypto/policy.ts';
import { algorithmIdentifier } from '../../../src/x509/algorithm-identifier.ts';

const secret = utf8('s3cret');
const part = utf8('stands for the DER of ProtectedPart');
const salt = fromHex('00112233445566778899aabbccddeeff');
const unsupported = expect.objectContaining({ code: 'CMP_ALGORITHM_UNSUPPORTED' });
const exceeded = expect.objectContaining({ code: 'LIMIT_EXCEEDED' });
const malformed = expect.objectContaining({ code: 'DER_MALFORMED' });

const hmacSha256 = algorithmIdentifier('hmacWithSHA256', 'NULL');
const good: PBKDF2Params = {
  salt: { type: 'specified', value: salt },
  iterationCount: 1000,
  keyLength: 32,
  prf: hmacSha256,
};

function params(derivation: PBKDF2Params, mac = hmacSha256): PBMAC1Params {
  const keyDerivationFunc = algorithmIdentifier('pbkdf2', toDer(PBKDF2Params, derivation));
  return { keyDerivationFunc, messageAuthScheme: mac };
}

/** The RFC's words with node:crypto. */
function peerPbmac1(prf: string, count: number, length: number, mac: string): string {
  const key = pbkdf2Sync(secret, salt, count, length, prf);
  return createHmac(mac, key).update(part).digest('hex');
}

describe('computePbmac1()', () => {
  it.each([
    ['hmacWithSHA256', 'hmacWithSHA256', 'sha256', 'sha256', 32],
    ['hmacWithSHA1', 'hmacWithSHA256', 'sha1', 'sha256', 32],
    ['hmacWithSHA256', 'hmacWithSHA1', 'sha256', 'sha1', 20],
    ['hmacWithSHA384', 'hmacWithSHA512', 'sha384', 'sha512', 64],
    ['hmacWithSHA512', 'hmacWithSHA384', 'sha512', 'sha384', 128],
  ] as const)('takes prf %s with mac %s [P5]', (prf, mac, peerPrf, peerMac, keyLength) => {
    // Without parameters: what is hmacWithSHA1 with NULL may not be written.
    const derivation = { ...good, prf: algorithmIdentifier(prf), keyLength };
    const octets = computePbmac1(params(derivation, algorithmIdentifier(mac)), secret, part);
    expect(toHex(octets)).toBe(peerPbmac1(peerPrf, 1000, keyLength, peerMac));
  });

  it('computes what OpenSSL computes', () => {
    // K=$(openssl kdf -keylen 32 -kdfopt digest:SHA256 -kdfopt pass:s3cret \
    //   -kdfopt hexsalt:00112233445566778899aabbccddeeff -kdfopt iter:1000 PBKDF2 | tr -d :)
    // printf 'stands for the DER of ProtectedPart' | openssl mac -digest SHA256 -macopt hexkey:$K HMAC
    expect(toHex(computePbmac1(params(good), secret, part))).toBe(
      'a1d5859dbf68f3cdcf6574029fa1daa9cf3c92f7f37ecc11569ee52fea2575cf',
    );
  });

  it('takes an absent prf for HMAC-SHA1, and an absent keyLength for the length of the MAC [P5]', () => {
    const { prf: _, ...withoutPrf } = good;
    expect(toHex(computePbmac1(params(withoutPrf), secret, part))).toBe(
      peerPbmac1('sha1', 1000, 32, 'sha256'),
    );
    const bare = { salt: good.salt, iterationCount: 1000 };
    const mac = algorithmIdentifier('hmacWithSHA512', 'NULL');
    expect(toHex(computePbmac1(params(bare, mac), secret, part))).toBe(
      peerPbmac1('sha1', 1000, 64, 'sha512'),
    );
  });

  it('keeps no key for another secret and salt that make the same octets together', () => {
    const short: PBKDF2Params = { ...good, salt: { type: 'specified', value: salt.subarray(1) } };
    const longer = concatBytes(secret, salt.subarray(0, 1));
    expect(computePbmac1(params(good), secret, part)).not.toEqual(
      computePbmac1(params(short), longer, part),
    );
  });

  it.each([-1, 0, 99, 1_000_001, 2 ** 31, 2 ** 47 - 1])('refuses %d iterations', (count) => {
    const compute = () => computePbmac1(params({ ...good, iterationCount: count }), secret, part);
    expect(compute).toThrow(exceeded);
    expect(compute).toThrow(/iterationCount -?\d+: allowed are 100 to 1000000/);
  });

  it.each([100, 1_000_000])('takes %d iterations', (iterationCount) => {
    const octets = computePbmac1(params({ ...good, iterationCount }), secret, part);
    expect(toHex(octets)).toBe(peerPbmac1('sha256', iterationCount, 32, 'sha256'));
  });

  it.each([-1, 0, 1, 19, 129, 2 ** 31])(
    'refuses a key of %d octets: a short one could be guessed',
    (keyLength) => {
      expect(() => computePbmac1(params({ ...good, keyLength }), secret, part)).toThrow(exceeded);
    },
  );

  it('refuses iterations that are too many for so long a key', () => {
    const many = { ...good, iterationCount: 1_000_000, keyLength: 33 };
    expect(() => computePbmac1(params(many), secret, part)).toThrow(/2000000 rounds/);
  });

  it.each([0, 1025])('refuses a salt of %d octets', (length) => {
    const bad = { ...good, salt: { type: 'specified', value: new Uint8Array(length) } } as const;
    expect(() => computePbmac1(params(bad), secret, part)).toThrow(exceeded);
  });

  it.each([
    params(good, algorithmIdentifier('sha256')),
    params(good, algorithmIdentifier('pbmac1')),
    params(good, algorithmIdentifier('hmacWithSHA256', fromHex('0400'))),
    params({ ...good, prf: algorithmIdentifier('sha256') }),
    params({ ...good, prf: { algorithm: '1.2.3.4' } }),
    params({ ...good, salt: { type: 'otherSource', value: algorithmIdentifier('sha256') } }),
    { keyDerivationFunc: { algorithm: '1.3.6.1.4.1.11591.4.11' }, messageAuthScheme: hmacSha256 }, // scrypt
  ])('refuses what is not on the list (%#)', (bad) => {
    expect(() => computePbmac1(bad, secret, part)).toThrow(unsupported);
  });

  it.each([undefined, 'NULL', fromHex('3000')] as const)(
    'refuses PBKDF2-params that are none (%#)',
    (parameters) => {
      const bad = { ...params(good), keyDerivationFunc: algorithmIdentifier('pbkdf2', parameters) };
      expect(() => computePbmac1(bad, secret, part)).toThrow(malformed);
    },
  );
});

describe('PBKDF2Params', () => {
  // SEQUENCE { OCTET STRING 11…, INTEGER 1000, hmacWithSHA1 NULL }
  const writtenOut = '301c04081111111111111111020203e8300c06082a864886f70d02070500';
  const leftOut = '300e04081111111111111111020203e8';

  it('leaves the DEFAULT of prf out, and refuses it where it is written out', () => {
    const value: PBKDF2Params = {
      salt: { type: 'specified', value: new Uint8Array(8).fill(0x11) },
      iterationCount: 1000,
      prf: algorithmIdentifier('hmacWithSHA1', 'NULL'),
    };
    expect(toHex(toDer(PBKDF2Params, value))).toBe(leftOut);
    expect(fromDer(PBKDF2Params, fromHex(leftOut)).prf).toBeUndefined();
    expect(() => fromDer(PBKDF2Params, fromHex(writtenOut))).toThrow(
      expect.objectContaining({
        code: 'DER_MALFORMED',
        message: expect.stringContaining('the DEFAULT of prf is written out'),
      }),
    );
  });
});

describe('pbmac1Algorithm()', () => {
  it('writes keyLength and prf out, and HMAC-SHA-256 throughout [P5]', () => {
    const algorithm = pbmac1Algorithm(salt, 10_000);
    expect(isPbmac1(algorithm) && isMac(algorithm)).toBe(true);
    const { keyDerivationFunc, messageAuthScheme } = pbmac1ParamsOf(algorithm);
    expect(structuredClone(messageAuthScheme)).toEqual(hmacSha256);
    const derivation = fromDer(PBKDF2Params, keyDerivationFunc.parameters ?? salt);
    expect(structuredClone(derivation)).toEqual({ ...good, iterationCount: 10_000 });
    expect(derivation.keyLength).toBe(macOctets('hmac-sha256'));
    expect(toHex(computeMac(algorithm, secret, part, modernOnly))).toBe(
      peerPbmac1('sha256', 10_000, 32, 'sha256'),
    );
  });

  it.each([undefined, 'NULL', fromHex('3000')] as const)(
    'is read back only where there are parameters (%#)',
    (parameters) => {
      const algorithm = algorithmIdentifier('pbmac1', parameters);
      expect(() => pbmac1ParamsOf(algorithm)).toThrow(malformed);
    },
  );
});

describe('computeMac()', () => {
  it('refuses what is no MAC of ours', () => {
    const algorithm = algorithmIdentifier('dhBasedMac');
    expect(isMac(algorithm)).toBe(false);
    expect(() => computeMac(algorithm, secret, part, modernOnly)).toThrow(unsupported);
  });
});
