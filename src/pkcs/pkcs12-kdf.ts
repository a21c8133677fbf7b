import { concatBytes } from '../base/bytes.ts';
import { iteratedHash, type DigestName } from '../crypto/digest.ts';

/** What the derived octets are for: RFC 7292 appendix B.3. */
export type Purpose = 'key' | 'iv' | 'mac';

const identifiers: Readonly<Record<Purpose, number>> = { key: 1, iv: 2, mac: 3 };

/** Octets of a block of the hash, `v` of the RFC. */
const blockOctets: Readonly<Record<DigestName, number>> = {
  sha1: 64,
  sha256: 64,
  sha384: 128,
  sha512: 128,
};

/**
 * Derive octets from a password as PKCS #12 does (RFC 7292 appendix B.2).
 *
 * It blocks for about 1.3 µs an iteration and block of output; whoever takes the number from a file bounds
 * it first.
 *
 * @param password BMPString with its final NUL: see `bmpPassword`
 */
export function pkcs12Kdf(
  hash: DigestName,
  purpose: Purpose,
  password: Uint8Array,
  salt: Uint8Array,
  iterations: number,
  length: number,
): Uint8Array {
  const v = blockOctets[hash];
  const diversifier = new Uint8Array(v).fill(identifiers[purpose]);
  const mixed = concatBytes(repeated(salt, v), repeated(password, v));
  const derived: Uint8Array[] = [];
  for (let have = 0; have < length;) {
    const part = iteratedHash(hash, concatBytes(diversifier, mixed), iterations);
    derived.push(part);
    have += part.length;
    const addend = repeated(part, v).subarray(0, v);
    for (let at = 0; at < mixed.length; at += v) addWithOne(mixed.subarray(at, at + v), addend);
  }
  return concatBytes(...derived).subarray(0, length);
}

/** Write a password as PKCS #12 hashes it: UTF-16, first octet first, with a NUL at its end. */
export function bmpPassword(password: string): Uint8Array {
  return Uint8Array.from(Buffer.from(`${password}\0`, 'utf16le').swap16());
}

/** Repeat octets until they fill whole blocks; nothing stays nothing. */
function repeated(octets: Uint8Array, block: number): Uint8Array {
  const filled = new Uint8Array(Math.ceil(octets.length / block) * block);
  for (let i = 0; i < filled.length; i++) filled[i] = octets[i % octets.length] ?? 0;
  return filled;
}

/** block = (block + addend + 1) mod 2^(8v), in place. */
function addWithOne(block: Uint8Array, addend: Uint8Array): void {
  let carry = 1;
  for (let i = block.length - 1; i >= 0; i--) {
    carry += (block[i] ?? 0) + (addend[i] ?? 0);
    block[i] = carry & 0xff;
    carry >>= 8;
  }
}
