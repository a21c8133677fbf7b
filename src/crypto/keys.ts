import {
  createPrivateKey,
  createPublicKey,
  generateKeyPair,
  type KeyObject,
  type KeyPairKeyObjectResult,
} from 'node:crypto';
import { inspect, promisify } from 'node:util';
import { asBuffer } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import type { AlgorithmIdentifier } from '../x509/algorithm-identifier.ts';
import type { SubjectPublicKeyInfo } from '../x509/subject-public-key-info.ts';
import { agreeWithKeyObject } from './key-agreement.ts';
import { decryptWithKeyObject } from './key-transport.ts';
import type { AnyKeyType, KeyType } from './key-type.ts';
import { describeKey, type KeyDescription } from './public-key.ts';
import { signWithKeyObject } from './signature.ts';

export type { AnyKeyType, KeyType } from './key-type.ts';

/**
 * A private key as a handle: it signs, may decrypt or agree, and shows nothing but its public half. In memory
 * or on a token.
 */
export interface SigningKey {
  readonly keyType: AnyKeyType;
  /** DER of its SubjectPublicKeyInfo. */
  readonly spki: Uint8Array;
  /** Sign octets; ECDSA signatures come as DER. A token answers later, so callers await. */
  sign(data: Uint8Array, algorithm: AlgorithmIdentifier): Uint8Array | Promise<Uint8Array>;
  /**
   * Decrypt what was encrypted to it; absent for a key that is not RSA. Undefined when it does not decrypt.
   *
   * @throws {CertError} CMP_ALGORITHM_UNSUPPORTED
   */
  decrypt?(
    encrypted: Uint8Array,
    algorithm: AlgorithmIdentifier,
  ): Uint8Array | undefined | Promise<Uint8Array | undefined>;
  /**
   * Agree on a secret with the holder of another key on the same curve; absent for a key that is not EC.
   *
   * @throws {CertError} CMP_ALGORITHM_UNSUPPORTED
   */
  agree?(other: SubjectPublicKeyInfo): Uint8Array | Promise<Uint8Array>;
}

/** A key just made or read, with the octets the store encrypts. */
export interface GeneratedKey {
  readonly key: SigningKey;
  /** DER of PrivateKeyInfo, in clear: for the store and the key file, and for nothing else. */
  readonly pkcs8: Uint8Array;
}

/** Where private keys come from. */
export interface KeyProvider {
  generate(type: KeyType): Promise<GeneratedKey>;
  /** Make a key usable that `generate` gave before. @throws {CertError} KEY_UNUSABLE */
  load(pkcs8Der: Uint8Array): SigningKey;
}

const generatePair = promisify(generateKeyPair);

/** Keys in the memory of this process. They are generated in the thread pool: RSA-4096 takes up to seconds. */
export const softwareKeys: KeyProvider = {
  async generate(type) {
    const { privateKey } = await pairOf(type);
    return generatedKey(privateKey);
  },
  load(pkcs8Der) {
    let privateKey: KeyObject;
    try {
      privateKey = createPrivateKey({ key: asBuffer(pkcs8Der), format: 'der', type: 'pkcs8' });
    } catch (cause) {
      throw new CertError('KEY_UNUSABLE', 'Cannot load the private key: not a PrivateKeyInfo', {
        cause,
      });
    }
    return signingKey(privateKey);
  },
};

/**
 * Wrap a KeyObject whose type is on our list, with the octets the store keeps.
 *
 * @throws {CertError} KEY_UNUSABLE
 */
export function generatedKey(privateKey: KeyObject): GeneratedKey {
  const key = signingKey(privateKey);
  const pkcs8 = Uint8Array.from(privateKey.export({ format: 'der', type: 'pkcs8' }));
  const generated = { key, pkcs8 };
  // Against a stray console.log or JSON.stringify of the whole object.
  const shown = { value: () => ({ keyType: key.keyType }), enumerable: false };
  return Object.defineProperties(generated, { [inspect.custom]: shown, toJSON: shown });
}

function signingKey(privateKey: KeyObject): SigningKey {
  const publicHalf = createPublicKey(privateKey);
  const spki = Uint8Array.from(publicHalf.export({ format: 'der', type: 'spki' }));
  let description: KeyDescription;
  try {
    description = describeKey(spki);
  } catch (cause) {
    const type = privateKey.asymmetricKeyType ?? 'unknown';
    const why = cause instanceof CertError ? `: ${cause.message}` : '';
    throw new CertError('KEY_UNUSABLE', `Cannot use a private key of type "${type}"${why}`, {
      cause,
      hint: 'Use RSA of 2048 to 8192 bits, EC P-256, P-384 or P-521, Ed25519 or Ed448',
    });
  }
  // The KeyObject lives in this closure only, so nothing that prints an object can reach it.
  return {
    keyType: description.keyType,
    spki,
    sign: (data, algorithm) => signWithKeyObject(privateKey, description, data, algorithm),
    ...(description.kind === 'rsa' && {
      decrypt: (encrypted: Uint8Array, algorithm: AlgorithmIdentifier) =>
        decryptWithKeyObject(privateKey, encrypted, algorithm),
    }),
    ...(description.kind === 'ec' && {
      agree: (other: SubjectPublicKeyInfo) => agreeWithKeyObject(privateKey, description, other),
    }),
  };
}

function pairOf(type: KeyType): Promise<KeyPairKeyObjectResult> {
  switch (type) {
    case 'rsa-1024':
      return generatePair('rsa', { modulusLength: 1024 });
    case 'rsa-2048':
      return generatePair('rsa', { modulusLength: 2048 });
    case 'rsa-3072':
      return generatePair('rsa', { modulusLength: 3072 });
    case 'rsa-4096':
      return generatePair('rsa', { modulusLength: 4096 });
    case 'p-256':
    case 'p-384':
    case 'p-521':
      return generatePair('ec', { namedCurve: type.toUpperCase(), paramEncoding: 'named' });
    case 'ed25519':
      return generatePair('ed25519', undefined);
    case 'ed448':
      return generatePair('ed448', undefined);
  }
}
