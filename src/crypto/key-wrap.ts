import { createCipheriv, createDecipheriv } from 'node:crypto';
import { CertError } from '../base/errors.ts';
import { oidName, oids, type Oid } from '../asn1/oids.ts';
import {
  algorithmIdentifier,
  hasNoParameters,
  type AlgorithmIdentifier,
} from '../x509/algorithm-identifier.ts';
import type { AesKeyOctets } from './content-encryption.ts';

const keyLengths: ReadonlyMap<Oid, AesKeyOctets> = new Map<Oid, AesKeyOctets>([
  [oids.aes128Wrap, 16],
  [oids.aes192Wrap, 24],
  [oids.aes256Wrap, 32],
]);

const namesByLength = { 16: 'aes128Wrap', 24: 'aes192Wrap', 32: 'aes256Wrap' } as const;

/** The IV of RFC 3394 section 2.2.3.1: what is found in its place shows that the key was the right one. */
const defaultIv = new Uint8Array(8).fill(0xa6);

/**
 * Find how long a key an AES key wrap takes. Its parameters are absent (RFC 3565 section 4.2), or NULL as
 * some write them.
 *
 * @throws {CertError} CMP_ALGORITHM_UNSUPPORTED
 */
export function wrapKeyOctets(algorithm: AlgorithmIdentifier): AesKeyOctets {
  const octets = keyLengths.get(algorithm.algorithm);
  if (octets !== undefined && hasNoParameters(algorithm)) return octets;
  throw new CertError(
    'CMP_ALGORITHM_UNSUPPORTED',
    `Cannot unwrap a key wrapped with "${oidName(algorithm.algorithm)}": expected AES key wrap without parameters`,
  );
}

/** Write AES key wrap for a key-encryption key of that length as AlgorithmIdentifier. */
export function wrapAlgorithm(keyOctets: AesKeyOctets): AlgorithmIdentifier {
  return algorithmIdentifier(namesByLength[keyOctets]);
}

/** Wrap a key of 16 octets or more, a multiple of 8 (RFC 3394). */
export function wrapKey(keyEncryptionKey: Uint8Array, key: Uint8Array): Uint8Array {
  const cipher = createCipheriv(cipherName(keyEncryptionKey), keyEncryptionKey, defaultIv);
  return Uint8Array.from(Buffer.concat([cipher.update(key), cipher.final()]));
}

/**
 * Unwrap a key.
 *
 * @returns undefined when it was not wrapped with this key, or is damaged
 */
export function unwrapKey(
  keyEncryptionKey: Uint8Array,
  wrapped: Uint8Array,
): Uint8Array | undefined {
  // RFC 3394 section 2: two blocks of 8 octets and the check value at the least; OpenSSL makes nothing of nothing.
  if (wrapped.length < 24) return undefined;
  const decipher = createDecipheriv(cipherName(keyEncryptionKey), keyEncryptionKey, defaultIv);
  try {
    return Uint8Array.from(Buffer.concat([decipher.update(wrapped), decipher.final()]));
  } catch {
    return undefined;
  }
}

function cipherName(key: Uint8Array): string {
  return `id-aes${key.length * 8}-wrap`;
}
