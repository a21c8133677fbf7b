import { CertError } from '../base/errors.ts';
import { toDer } from '../asn1/codec.ts';
import type { KeyType } from '../crypto/key-type.ts';
import { describeKey } from '../crypto/public-key.ts';
import type { CertificateRecord } from '../store/store.ts';
import type { Certificate } from '../x509/certificate.ts';
import { SubjectPublicKeyInfo } from '../x509/subject-public-key-info.ts';
import type { LifecycleContext } from './context.ts';
import { openStoredKey } from './held-key.ts';
import type { ChosenKey } from './key-choice.ts';
import { keyPolicyOf } from './key-policy.ts';
import type { RepeatedKey } from './repeated.ts';
import { isSaidRevoked } from './said-revoked.ts';
import { storedCertificate } from './stored-certificate.ts';

/** What the command of a renewal says of the key. */
export interface RenewalKey {
  /** A new key of this type, the old key again, or (absent) as it is set: usually a new one like the old. */
  readonly key?:
    | { readonly type: 'generate'; readonly keyType: KeyType }
    | { readonly type: 'reuse' };
  /** PKCS #11 URI of a token to make the new key in; where the old key is when absent. */
  readonly token?: string;
}

/**
 * Choose the key of a renewal: as the command says, else as it is set for the certificate, else for all, else a new
 * one like the old, in the same place.
 *
 * @throws {CertError} KEY_UNUSABLE when the old key shall be kept and is not here
 */
export async function nextKey(
  context: LifecycleContext,
  former: CertificateRecord,
  { key, token }: RenewalKey,
): Promise<ChosenKey> {
  const { store, log } = context;
  const { keyId: id, name, der } = former;
  const old = id === undefined ? undefined : await store.keys.publicKey(id);
  // What is in a token stays in that token.
  const place = token ?? old?.tokenUri;
  if (token !== undefined && old && old.tokenUri === undefined) {
    log.warn(
      'the new key is in a token and has no file: a key file of the old one stays, for you to remove',
    );
  }
  const inPlace = place !== undefined && { token: place };
  if (key?.type === 'generate') return { type: 'generate', keyType: key.keyType, ...inPlace };
  if (key?.type === 'reuse' || (await isKept(context, former, token))) {
    if (id !== undefined) {
      return { type: 'given', key: { id, key: await openStoredKey(context, id) } };
    }
    throw new CertError('KEY_UNUSABLE', `Cannot keep the key of "${name}": it is not here`, {
      hint: 'Have a new one made: give modulus or key-type',
    });
  }
  const { subjectPublicKeyInfo } = storedCertificate(der, `"${name}"`).tbsCertificate;
  const spki = old?.spki ?? toDer(SubjectPublicKeyInfo, subjectPublicKeyInfo);
  return { type: 'generate', keyType: nearestType(spki), ...inPlace };
}

/** Say of which key a repeated renewal must be: of any, where the command says nothing. */
export function repeatedRenewalKey(
  { key }: RenewalKey,
  { tbsCertificate }: Certificate,
): RepeatedKey | undefined {
  if (key?.type !== 'reuse') return key;
  return { type: 'given', spki: toDer(SubjectPublicKeyInfo, tbsCertificate.subjectPublicKeyInfo) };
}

/** Whoever names a token wants the key made there. */
async function isKept(
  { store }: LifecycleContext,
  former: CertificateRecord,
  token: string | undefined,
): Promise<boolean> {
  if (token !== undefined || (await keyPolicyOf(store, former.name)).policy !== 'reuse')
    return false;
  // Whatever was set: that key may be in other hands.
  return !(await isSaidRevoked(store, former));
}

/** A new key of the old one's kind; an RSA key of an odd size gets the next usual size. */
function nearestType(spki: Uint8Array): KeyType {
  const { keyType, rsaBits = 2048 } = describeKey(spki);
  switch (keyType) {
    case 'p-256':
    case 'p-384':
    case 'p-521':
    case 'ed25519':
    case 'ed448':
      return keyType;
    default:
      return rsaBits <= 2048 ? 'rsa-2048' : rsaBits <= 3072 ? 'rsa-3072' : 'rsa-4096';
  }
}
