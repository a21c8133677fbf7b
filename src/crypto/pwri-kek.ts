import { createCipheriv, createDecipheriv } from 'node:crypto';
import { concatBytes } from '../base/bytes.ts';
import { AES_BLOCK_OCTETS, type AesCbc } from './content-encryption.ts';

/** Length and check value before the key that is wrapped. */
const HEAD_OCTETS = 4;

/**
 * Tell how many random octets `wrapPwriKek` needs behind a key, for the whole to have two blocks or more.
 */
export function pwriKekPadding(key: Uint8Array): number {
  const blocks = Math.max(2, Math.ceil((HEAD_OCTETS + key.length) / AES_BLOCK_OCTETS));
  return blocks * AES_BLOCK_OCTETS - HEAD_OCTETS - key.length;
}

/**
 * Wrap a key under a password-derived one by id-alg-PWRI-KEK: encrypted twice, the second time with the last
 * block of the first as IV.
 *
 * @param padding as many random octets as `pwriKekPadding` says
 * @see RFC 3211 section 2.3.1
 */
export function wrapPwriKek(
  { iv }: AesCbc,
  keyEncryptionKey: Uint8Array,
  key: Uint8Array,
  padding: Uint8Array,
): Uint8Array {
  const check = key.subarray(0, 3).map((octet) => octet ^ 0xff);
  const block = concatBytes(Uint8Array.of(key.length), check, key, padding);
  const inner = encrypt(keyEncryptionKey, iv, block);
  return encrypt(keyEncryptionKey, inner.subarray(-AES_BLOCK_OCTETS), inner);
}

/**
 * Unwrap a key that was wrapped by id-alg-PWRI-KEK.
 *
 * @returns undefined when length or check value are not right: another password, or damaged
 * @see RFC 3211 section 2.3.2
 */
export function unwrapPwriKek(
  { iv }: AesCbc,
  keyEncryptionKey: Uint8Array,
  wrapped: Uint8Array,
): Uint8Array | undefined {
  if (wrapped.length < 2 * AES_BLOCK_OCTETS || wrapped.length % AES_BLOCK_OCTETS !== 0) {
    return undefined;
  }
  // The IV of the outer encryption is the last block of the inner one, which decrypts by the block before it.
  const last = decrypt(
    keyEncryptionKey,
    wrapped.subarray(-2 * AES_BLOCK_OCTETS, -AES_BLOCK_OCTETS),
    wrapped.subarray(-AES_BLOCK_OCTETS),
  );
  const inner = decrypt(keyEncryptionKey, last, wrapped);
  const block = decrypt(keyEncryptionKey, iv, inner);
  const [length = 0, ...check] = block.subarray(0, HEAD_OCTETS);
  const key = block.subarray(HEAD_OCTETS, HEAD_OCTETS + length);
  const isRight =
    key.length === length &&
    length > 2 &&
    check.every((octet, i) => octet === ((key[i] ?? 0) ^ 0xff));
  return isRight ? Uint8Array.from(key) : undefined;
}

function encrypt(key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array {
  const cipher = createCipheriv(`aes-${key.length * 8}-cbc`, key, iv).setAutoPadding(false);
  return Uint8Array.from(Buffer.concat([cipher.update(data), cipher.final()]));
}

function decrypt(key: Uint8Array, iv: Uint8Array, data: Uint8Array): Uint8Array {
  const decipher = createDecipheriv(`aes-${key.length * 8}-cbc`, key, iv).setAutoPadding(false);
  return Uint8Array.from(Buffer.concat([decipher.update(data), decipher.final()]));
}
