import { CertError } from '../base/errors.ts';
import { fromDer, toDer } from '../asn1/codec.ts';
import { oids } from '../asn1/oids.ts';
import { objectIdentifier } from '../asn1/primitives.ts';
import type { Credential } from '../cmp/protection/credential.ts';
import type { KeyType } from '../crypto/key-type.ts';
import type { SigningKey } from '../crypto/keys.ts';
import { algorithmIdentifier, type AlgorithmIdentifier } from '../x509/algorithm-identifier.ts';
import { SubjectPublicKeyInfo } from '../x509/subject-public-key-info.ts';

/** The key a request is for, and how possession of it is proven. */
export type RequestedKey =
  | {
      readonly type: 'ours';
      readonly key: SigningKey;
      /** Sign, or decrypt the certificate: for a key that is not to sign. */
      readonly proof: 'signature' | 'encrypted-certificate';
    }
  /** The CA makes it, of a type we may prefer (RFC 9483 section 4.1.6). */
  | { readonly type: 'central'; readonly keyType?: KeyType };

/** Read a plain key as one of ours that signs. */
export function requestedKey(key: SigningKey | RequestedKey): RequestedKey {
  return 'type' in key ? key : { type: 'ours', key, proof: 'signature' };
}

/**
 * Refuse to ask for what could not be opened once it is here: the CA would have issued it by then.
 *
 * @param credential a key the CA makes comes encrypted to it
 * @throws {CertError} KEY_UNUSABLE
 */
export function assertDecrypts(requested: RequestedKey, credential: Credential): void {
  if (requested.type === 'ours') {
    if (requested.proof === 'signature' || canDecrypt(requested.key)) return;
    throw unusable('prove possession by decrypting a certificate', requested.key);
  }
  if (credential.type === 'mac' || canDecrypt(credential.key)) return;
  throw unusable('get a key that the CA makes under the certificate that signs', credential.key);
}

function canDecrypt({ decrypt, agree }: SigningKey): boolean {
  return decrypt !== undefined || agree !== undefined;
}

function unusable(what: string, { keyType }: SigningKey): CertError {
  return new CertError('KEY_UNUSABLE', `Cannot ${what}: a key of type ${keyType} only signs`, {
    hint: 'Use an RSA or an EC key that is not in a token',
  });
}

/**
 * Write the publicKey of a template: of a key to be made by the CA nothing, or an algorithm with a
 * zero-length BIT STRING, which cannot say how long an RSA key shall be.
 */
export function templateKey(key: RequestedKey): SubjectPublicKeyInfo | undefined {
  if (key.type === 'ours') return fromDer(SubjectPublicKeyInfo, key.key.spki);
  if (key.keyType === undefined) return undefined;
  return { algorithm: algorithmOf(key.keyType), subjectPublicKey: new Uint8Array() };
}

function algorithmOf(keyType: KeyType): AlgorithmIdentifier {
  switch (keyType) {
    case 'p-256':
      return onCurve(oids.prime256v1);
    case 'p-384':
      return onCurve(oids.secp384r1);
    case 'p-521':
      return onCurve(oids.secp521r1);
    case 'ed25519':
    case 'ed448':
      return algorithmIdentifier(keyType);
    default:
      return algorithmIdentifier('rsaEncryption', 'NULL');
  }
}

function onCurve(curve: string): AlgorithmIdentifier {
  return algorithmIdentifier('ecPublicKey', toDer(objectIdentifier, curve));
}
