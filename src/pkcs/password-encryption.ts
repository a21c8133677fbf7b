import { utf8 } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import { toDer } from '../asn1/codec.ts';
import { AES_BLOCK_OCTETS, aesCbcAlgorithm, encryptAesCbc } from '../crypto/content-encryption.ts';
import { EncryptedPrivateKeyInfo, PBES2Params } from '../crypto/encrypted-private-key-info.ts';
import { derivePbkdf2, pbkdf2Algorithm } from '../crypto/pbkdf2.ts';
import { algorithmIdentifier, type AlgorithmIdentifier } from '../x509/algorithm-identifier.ts';

/**
 * Iterations of key derivation we write, for each key that is derived from a password. Whoever guesses passwords
 * tries the cheapest of them, so there is one number for all. The 2048 of OpenSSL and the 10 000 of Java cost nobody
 * anything; the 600 000 of NSS cost a gateway of 500 MHz seconds a part, at each start of a service that reads
 * the file. A good password needs less than this, and no number helps a bad one.
 */
export const WRITTEN_ITERATIONS = 100_000;

/** Salt of a derivation: twice the least of RFC 8018 section 4.1, and what OpenSSL and GnuTLS write today. */
export const SALT_OCTETS = 16;

const KEY_OCTETS = 32;

/** What is encrypted under a password, with how it was done. */
export interface EncryptedByPassword {
  readonly algorithm: AlgorithmIdentifier;
  readonly encrypted: Uint8Array;
}

/**
 * Encrypt under a password: PBES2 with PBKDF2-HMAC-SHA-256 and AES-256-CBC (RFC 8018 section 6.2).
 *
 * It blocks for as long as `WRITTEN_ITERATIONS` take, some 0.05 s.
 *
 * @param password hashed as UTF-8
 * @throws {CertError} SECRET_UNAVAILABLE when it is empty
 */
export function encryptWithPassword(
  data: Uint8Array,
  password: string,
  random: Random,
): EncryptedByPassword {
  assertPassword(password);
  const salt = random.bytes(SALT_OCTETS);
  const cipher = { keyOctets: KEY_OCTETS, iv: random.bytes(AES_BLOCK_OCTETS) } as const;
  const key = derivePbkdf2(
    { prf: 'hmac-sha256', salt, iterationCount: WRITTEN_ITERATIONS },
    utf8(password),
    KEY_OCTETS,
    'PBES2',
  );
  const params: PBES2Params = {
    keyDerivationFunc: pbkdf2Algorithm(salt, WRITTEN_ITERATIONS, KEY_OCTETS),
    encryptionScheme: aesCbcAlgorithm(cipher),
  };
  return {
    algorithm: algorithmIdentifier('pbes2', toDer(PBES2Params, params)),
    encrypted: encryptAesCbc(cipher, key, data),
  };
}

/**
 * Encrypt a private key: the content of PEM's `ENCRYPTED PRIVATE KEY`, and of a bag of PKCS #12.
 *
 * @param pkcs8 DER of PrivateKeyInfo
 * @returns DER of EncryptedPrivateKeyInfo (RFC 5958 section 3)
 * @throws {CertError} SECRET_UNAVAILABLE when the password is empty
 */
export function encryptPkcs8(pkcs8: Uint8Array, password: string, random: Random): Uint8Array {
  const { algorithm, encrypted } = encryptWithPassword(pkcs8, password, random);
  return toDer(EncryptedPrivateKeyInfo, {
    encryptionAlgorithm: algorithm,
    encryptedData: encrypted,
  });
}

/** Refuse a password that hides nothing. @throws {CertError} SECRET_UNAVAILABLE */
export function assertPassword(password: string): void {
  if (password !== '') return;
  throw new CertError('SECRET_UNAVAILABLE', 'Cannot encrypt with an empty password', {
    hint: 'Give password file:PATH, env:NAME or prompt, with a password behind it',
  });
}
