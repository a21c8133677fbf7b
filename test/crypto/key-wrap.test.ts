import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import { unwrapKey, wrapAlgorithm, wrapKey, wrapKeyOctets } from '../../src/crypto/key-wrap.ts';
import { pwriKekPadding, unwrapPwriKek, wrapPwriKek } from '../../src/crypto/pwri-kek.ts';
import { algorithmIdentifier } from '../../src/x509/algorithm-identifier.ts';
import { seeded } from '../harness/seeded.ts';

const kek = '000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f';
const key = '00112233445566778899aabbccddeeff000102030405060708090a0b0c0d0e0f';

describe('wrapKey()', () => {
  // RFC 3394 sections 4.1, 4.3 and 4.6.
  it.each([
    [16, 16, '1fa68b0a8112b447aef34bd8fb5a7b829d3e862371d2cfe5'],
    [32, 16, '64e8c3f9ce0f5ba263e9777905818a2a93c8191e7d6e8ae7'],
    [32, 32, '28c9f404c4b810f4cbccb35cfb87f8263f5786e2d80ed326cbc7f0e71a99f43bfb988b9b7a02dd21'],
  ])('gives with %i octets the vector of RFC 3394 for %i', (kekOctets, keyOctets, wrapped) => {
    const [wrapping, secret] = [
      fromHex(kek).subarray(0, kekOctets),
      fromHex(key).subarray(0, keyOctets),
    ];
    expect(toHex(wrapKey(wrapping, secret))).toBe(wrapped);
    expect(unwrapKey(wrapping, fromHex(wrapped))).toEqual(secret);
  });
});

describe('unwrapKey()', () => {
  it('gives nothing for a damaged key, another key, and what is none', () => {
    const wrapped = wrapKey(fromHex(kek), fromHex(key));
    for (let at = 0; at < wrapped.length; at++) {
      const damaged = Uint8Array.from(wrapped);
      damaged[at] = (damaged[at] ?? 0) ^ 1;
      expect(unwrapKey(fromHex(kek), damaged)).toBeUndefined();
    }
    expect(unwrapKey(fromHex(key), wrapped)).toBeUndefined();
    for (const length of [0, 8, 15, 17]) {
      expect(unwrapKey(fromHex(kek), wrapped.subarray(0, length))).toBeUndefined();
    }
  });
});

describe('wrapKeyOctets()', () => {
  it('knows AES key wrap of each length, and nothing else', () => {
    for (const octets of [16, 24, 32] as const) {
      expect(wrapKeyOctets(wrapAlgorithm(octets))).toBe(octets);
    }
    const others = [
      algorithmIdentifier('aes128CBC'),
      algorithmIdentifier('aes128Wrap', fromHex('0400')),
    ];
    for (const other of others) expect(() => wrapKeyOctets(other)).toThrow(/expected AES key wrap/);
  });
});

describe('unwrapPwriKek()', () => {
  const random = seeded(11);
  const cbc = { keyOctets: 32, iv: random.bytes(16) } as const;

  it.each([8, 16, 24, 32])('gives back a key of %i octets', (length) => {
    const secret = random.bytes(length);
    const wrapped = wrapPwriKek(cbc, fromHex(kek), secret, random.bytes(pwriKekPadding(secret)));
    expect(wrapped.length % 16).toBe(0);
    expect(unwrapPwriKek(cbc, fromHex(kek), wrapped)).toEqual(secret);
  });

  it('gives nothing for another key, and what is no key', () => {
    const secret = random.bytes(32);
    const wrapped = wrapPwriKek(cbc, fromHex(kek), secret, random.bytes(pwriKekPadding(secret)));
    expect(unwrapPwriKek(cbc, fromHex(key), wrapped)).toBeUndefined();
    for (const length of [0, 16, 31, 33]) {
      expect(unwrapPwriKek(cbc, fromHex(kek), wrapped.subarray(0, length))).toBeUndefined();
    }
  });
});
