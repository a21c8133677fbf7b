import { CertError } from '../base/errors.ts';
import { fromDer, toDer } from '../asn1/codec.ts';
import { oids } from '../asn1/oids.ts';
import {
  AES_BLOCK_OCTETS,
  aesCbc,
  aesCbcAlgorithm,
  type AesKeyOctets,
} from '../crypto/content-encryption.ts';
import { unwrapKey, wrapAlgorithm, wrapKey, wrapKeyOctets } from '../crypto/key-wrap.ts';
import { derivePbkdf2, pbkdf2Algorithm, readPbkdf2 } from '../crypto/pbkdf2.ts';
import { pwriKekPadding, unwrapPwriKek, wrapPwriKek } from '../crypto/pwri-kek.ts';
import type { Random } from '../base/random.ts';
import { AlgorithmIdentifier, algorithmIdentifier } from '../x509/algorithm-identifier.ts';
import type { PasswordRecipientInfo } from './recipient-info.ts';

const user = 'a PasswordRecipientInfo';

/**
 * Unwrap the content-encryption key with a shared secret: AES key wrap as RFC 9481 section 4.3 has it, or
 * id-alg-PWRI-KEK as RFC 3211 has, which is what OpenSSL knows.
 *
 * @returns undefined for another secret, or a damaged key
 * @throws {CertError} CMP_ALGORITHM_UNSUPPORTED, LIMIT_EXCEEDED, DER_MALFORMED
 */
export function unwrapByPassword(
  { keyDerivationAlgorithm, keyEncryptionAlgorithm, encryptedKey }: PasswordRecipientInfo,
  secret: Uint8Array,
): Uint8Array | undefined {
  if (keyDerivationAlgorithm === undefined) {
    throw new CertError('CMP_ALGORITHM_UNSUPPORTED', `Cannot use ${user} without key derivation`);
  }
  const derivation = readPbkdf2(keyDerivationAlgorithm, user);
  const derive = (keyOctets: AesKeyOctets): Uint8Array => {
    const { keyLength = keyOctets } = derivation;
    if (keyLength !== keyOctets) {
      throw new CertError(
        'CMP_ALGORITHM_UNSUPPORTED',
        `Cannot use ${user} with keyLength ${keyLength}: its key wrap takes ${keyOctets} octets`,
      );
    }
    return derivePbkdf2(derivation, secret, keyOctets, user);
  };
  if (keyEncryptionAlgorithm.algorithm !== oids.pwriKek) {
    return unwrapKey(derive(wrapKeyOctets(keyEncryptionAlgorithm)), encryptedKey);
  }
  const parameters = keyEncryptionAlgorithm.parameters ?? new Uint8Array();
  const cbc = aesCbc(fromDer(AlgorithmIdentifier, parameters));
  return unwrapPwriKek(cbc, derive(cbc.keyOctets), encryptedKey);
}

/** How a key is wrapped by a password. */
export interface PasswordWrap {
  readonly secret: Uint8Array;
  readonly iterationCount: number;
  /** Of RFC 9481, or of RFC 3211. */
  readonly wrap: 'aes-wrap' | 'pwri-kek';
}

/** Wrap a content-encryption key, whose length the key that wraps it has, too. */
export function wrapByPassword(
  key: Uint8Array,
  keyOctets: AesKeyOctets,
  { secret, iterationCount, wrap }: PasswordWrap,
  random: Random,
): PasswordRecipientInfo {
  const keyDerivationAlgorithm = pbkdf2Algorithm(random.bytes(16), iterationCount, keyOctets);
  const derivation = readPbkdf2(keyDerivationAlgorithm, user);
  const wrapping = derivePbkdf2(derivation, secret, keyOctets, user);
  if (wrap === 'aes-wrap') {
    return {
      version: 0,
      keyDerivationAlgorithm,
      keyEncryptionAlgorithm: wrapAlgorithm(keyOctets),
      encryptedKey: wrapKey(wrapping, key),
    };
  }
  const cbc = { keyOctets, iv: random.bytes(AES_BLOCK_OCTETS) };
  return {
    version: 0,
    keyDerivationAlgorithm,
    keyEncryptionAlgorithm: algorithmIdentifier(
      'pwriKek',
      toDer(AlgorithmIdentifier, aesCbcAlgorithm(cbc)),
    ),
    encryptedKey: wrapPwriKek(cbc, wrapping, key, random.bytes(pwriKekPadding(key))),
  };
}
