import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex, utf8 } from '../../src/base/bytes.ts';
import {
  digest,
  digestAlgorithm,
  findDigest,
  iteratedHash,
  type DigestName,
} from '../../src/crypto/digest.ts';
import { algorithmIdentifier } from '../../src/x509/algorithm-identifier.ts';

const names: readonly DigestName[] = ['sha1', 'sha256', 'sha384', 'sha512'];

describe('digest()', () => {
  it('gives the value of FIPS 180-4 for "abc"', () => {
    expect(toHex(digest('sha1', utf8('abc')))).toBe('a9993e364706816aba3e25717850c26c9cd0d89d');
    expect(toHex(digest('sha256', utf8('abc')))).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });

  it.each(names)('gives octets of its own and of the right length for %s', (name) => {
    const octets = digest(name, new Uint8Array(3));
    expect(octets.constructor).toBe(Uint8Array);
    expect(octets).toHaveLength(createHash(name).digest().length);
  });
});

describe('iteratedHash()', () => {
  it.each(names)('applies %s as often as asked in all, the first time to the input', (name) => {
    const input = fromHex('733363726574deadbeef');
    const chain = [input];
    while (chain.length <= 500) {
      const previous = chain.at(-1) ?? input;
      chain.push(createHash(name).update(previous).digest());
    }
    for (const count of [1, 2, 3, 500]) {
      const expected = chain[count] ?? input;
      expect(toHex(iteratedHash(name, input, count))).toBe(toHex(expected));
    }
  });

  it.each([0, -1, 1.5, NaN])('refuses to apply it %d times', (count) => {
    expect(() => iteratedHash('sha256', new Uint8Array(1), count)).toThrow(
      expect.objectContaining({ code: 'INTERNAL' }),
    );
  });
});

describe('findDigest()', () => {
  it.each(names)('finds %s written without parameters or with NULL', (name) => {
    expect(findDigest(digestAlgorithm(name))).toBe(name);
    expect(findDigest(algorithmIdentifier(name, 'NULL'))).toBe(name);
  });

  it('finds none for another algorithm or with other parameters', () => {
    expect(findDigest(algorithmIdentifier('shake256'))).toBeUndefined();
    expect(findDigest(algorithmIdentifier('sha256', fromHex('0400')))).toBeUndefined();
  });
});
