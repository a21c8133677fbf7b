import type { KeyObject } from 'node:crypto';

import { concatBytes } from '../base/bytes.ts';
import type { Random } from '../base/random.ts';

/** node:crypto, loaded at the first use: what only shows does not need it. */
export type Crypto = typeof import('node:crypto');

// A sealed value: one octet for the format, the nonce, the ciphertext, the tag.
const format = 1;
const nonceLength = 12;
const tagLength = 16;

/**
 * Tell a sealed value from the DER that earlier versions stored in its place: that begins with the tag of
 * a SEQUENCE.
 */
export function isSealed(stored: Uint8Array): boolean {
  return stored[0] === format;
}

/**
 * Encrypt under AES-256-GCM.
 *
 * @param context what the value belongs to; it opens in no other context
 */
export function sealValue(
  crypto: Crypto,
  key: KeyObject,
  random: Random,
  context: Uint8Array,
  clear: Uint8Array,
): Uint8Array {
  const nonce = random.bytes(nonceLength);
  const cipher = crypto.createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagLength });
  cipher.setAAD(context);
  const body = cipher.update(clear);
  const rest = cipher.final();
  return concatBytes(Uint8Array.of(format), nonce, body, rest, cipher.getAuthTag());
}

/** Decrypt a sealed value. @returns undefined under another key, in another context, or when it was altered */
export function openValue(
  crypto: Crypto,
  key: KeyObject,
  context: Uint8Array,
  sealed: Uint8Array,
): Uint8Array | undefined {
  const bodyAt = 1 + nonceLength;
  const tagAt = sealed.length - tagLength;
  if (!isSealed(sealed) || tagAt < bodyAt) return undefined;
  const nonce = sealed.subarray(1, bodyAt);
  const decipher = crypto.createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagLength });
  decipher.setAAD(context);
  decipher.setAuthTag(sealed.subarray(tagAt));
  try {
    return concatBytes(decipher.update(sealed.subarray(bodyAt, tagAt)), decipher.final());
  } catch {
    return undefined;
  }
}
