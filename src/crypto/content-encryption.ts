import { createCipheriv, createDecipheriv } from 'node:crypto';
import { CertError } from '../base/errors.ts';
import { fromDer, toDer } from '../asn1/codec.ts';
import { oidName, oids, type Oid } from '../asn1/oids.ts';
import { octetString } from '../asn1/primitives.ts';
import { algorithmIdentifier, type AlgorithmIdentifier } from '../x509/algorithm-identifier.ts';

/** Length of an AES key in octets. */
export type AesKeyOctets = 16 | 24 | 32;

/** AES in CBC mode, ready to compute with: RFC 9481 section 5.1 has nothing else for contents. */
export interface AesCbc {
  readonly keyOctets: AesKeyOctets;
  readonly iv: Uint8Array;
}

/** Octets of a block of AES, and so of the IV. */
export const AES_BLOCK_OCTETS = 16;

const keyLengths: ReadonlyMap<Oid, AesKeyOctets> = new Map<Oid, AesKeyOctets>([
  [oids.aes128CBC, 16],
  [oids.aes192CBC, 24],
  [oids.aes256CBC, 32],
]);

const namesByLength = { 16: 'aes128CBC', 24: 'aes192CBC', 32: 'aes256CBC' } as const;

/**
 * Read a contentEncryptionAlgorithm.
 *
 * @throws {CertError} CMP_ALGORITHM_UNSUPPORTED when it is not AES-CBC; DER_MALFORMED for a bad IV
 * @see RFC 3565 section 4.1
 */
export function aesCbc({ algorithm, parameters }: AlgorithmIdentifier): AesCbc {
  const keyOctets = keyLengths.get(algorithm);
  if (keyOctets === undefined) {
    throw new CertError(
      'CMP_ALGORITHM_UNSUPPORTED',
      `Cannot decrypt content encrypted with "${oidName(algorithm)}": expected AES-CBC`,
    );
  }
  const iv = fromDer(octetString, parameters ?? new Uint8Array());
  if (iv.length !== AES_BLOCK_OCTETS) {
    throw new CertError(
      'DER_MALFORMED',
      `Cannot use "${oidName(algorithm)}": its IV has ${iv.length} octets, expected ${AES_BLOCK_OCTETS}`,
    );
  }
  return { keyOctets, iv };
}

/** Write AES-CBC as AlgorithmIdentifier. */
export function aesCbcAlgorithm({ keyOctets, iv }: AesCbc): AlgorithmIdentifier {
  return algorithmIdentifier(namesByLength[keyOctets], toDer(octetString, iv));
}

/** Encrypt content, padded as RFC 5652 section 6.3 says. */
export function encryptAesCbc({ iv }: AesCbc, key: Uint8Array, content: Uint8Array): Uint8Array {
  const cipher = createCipheriv(cipherName(key), key, iv);
  return Uint8Array.from(Buffer.concat([cipher.update(content), cipher.final()]));
}

/**
 * Decrypt content and take its padding off.
 *
 * @returns undefined when the padding is wrong, which tells of a wrong key most of the time, not always
 */
export function decryptAesCbc(
  { iv }: AesCbc,
  key: Uint8Array,
  encrypted: Uint8Array,
): Uint8Array | undefined {
  const decipher = createDecipheriv(cipherName(key), key, iv);
  try {
    return Uint8Array.from(Buffer.concat([decipher.update(encrypted), decipher.final()]));
  } catch {
    return undefined;
  }
}

function cipherName(key: Uint8Array): string {
  return `aes-${key.length * 8}-cbc`;
}
