import { CertError } from '../base/errors.ts';
import type { Random } from '../base/random.ts';
import { fromDer, toDer } from '../asn1/codec.ts';
import type { Oid } from '../asn1/oids.ts';
import {
  AES_BLOCK_OCTETS,
  aesCbcAlgorithm,
  encryptAesCbc,
  type AesKeyOctets,
} from '../crypto/content-encryption.ts';
import type { SigningKey } from '../crypto/keys.ts';
import { encryptTo, oaepAlgorithm } from '../crypto/key-transport.ts';
import { wrapAlgorithm, wrapKey } from '../crypto/key-wrap.ts';
import { AlgorithmIdentifier, algorithmIdentifier } from '../x509/algorithm-identifier.ts';
import type { Certificate } from '../x509/certificate.ts';
import { SubjectPublicKeyInfo } from '../x509/subject-public-key-info.ts';
import type { EnvelopedData } from './enveloped-data.ts';
import { referenceTo } from './issuer-and-serial-number.ts';
import { wrapByPassword, type PasswordWrap } from './password-recipient.ts';
import type {
  KeyAgreeRecipientIdentifier,
  KeyAgreeRecipientInfo,
  KeyTransRecipientInfo,
  RecipientInfo,
} from './recipient-info.ts';
import { keyEncryptionKey } from './shared-info.ts';

/** Who shall be able to decrypt. */
export type Addressee =
  | {
      readonly type: 'key-transport';
      readonly certificate: Certificate;
      /** RSAES-OAEP with SHA-256 when absent. */
      readonly algorithm?: AlgorithmIdentifier;
    }
  | {
      readonly type: 'key-agreement';
      readonly certificate: Certificate;
      /** Made for this once, on the curve of the certificate's key. */
      readonly ephemeral: SigningKey;
    }
  | ({ readonly type: 'password' } & PasswordWrap);

/** What to encrypt, and for whom. */
export interface ToEnvelop {
  readonly contentType: Oid;
  readonly content: Uint8Array;
  readonly addressee: Addressee;
  /** 32 when absent. */
  readonly keyOctets?: AesKeyOctets;
}

/** Encrypt for one recipient, with a content-encryption key drawn for it (RFC 9483 section 4.1.6). */
export async function buildEnvelopedData(
  { contentType, content, addressee, keyOctets = 32 }: ToEnvelop,
  random: Random,
): Promise<EnvelopedData> {
  const key = random.bytes(keyOctets);
  const encryption = { keyOctets, iv: random.bytes(AES_BLOCK_OCTETS) };
  const recipientInfo = await recipientInfoFor(addressee, key, keyOctets, random);
  return {
    version: versionFor(recipientInfo),
    recipientInfos: [recipientInfo],
    encryptedContentInfo: {
      contentType,
      contentEncryptionAlgorithm: aesCbcAlgorithm(encryption),
      encryptedContent: encryptAesCbc(encryption, key, content),
    },
  };
}

/** RFC 9483 section 4.1.6 wants 0 for a password, where RFC 5652 section 6.1 has 3; recipients look at neither. */
function versionFor(recipientInfo: RecipientInfo): number {
  const isKtriOfVersion0 = recipientInfo.type === 'ktri' && recipientInfo.value.version === 0;
  return recipientInfo.type === 'pwri' || isKtriOfVersion0 ? 0 : 2;
}

async function recipientInfoFor(
  addressee: Addressee,
  key: Uint8Array,
  keyOctets: AesKeyOctets,
  random: Random,
): Promise<RecipientInfo> {
  switch (addressee.type) {
    case 'key-transport':
      return { type: 'ktri', value: transported(addressee, key) };
    case 'key-agreement':
      return { type: 'kari', value: await agreed(addressee, key, keyOctets, random) };
    case 'password':
      return { type: 'pwri', value: wrapByPassword(key, keyOctets, addressee, random) };
  }
}

function transported(
  {
    certificate,
    algorithm = oaepAlgorithm('sha256'),
  }: Extract<Addressee, { type: 'key-transport' }>,
  key: Uint8Array,
): KeyTransRecipientInfo {
  const rid = referenceTo(certificate);
  return {
    version: rid.type === 'issuerAndSerialNumber' ? 0 : 2,
    rid,
    keyEncryptionAlgorithm: algorithm,
    encryptedKey: encryptTo(certificate.tbsCertificate.subjectPublicKeyInfo, key, algorithm),
  };
}

async function agreed(
  { certificate, ephemeral }: Extract<Addressee, { type: 'key-agreement' }>,
  key: Uint8Array,
  keyOctets: AesKeyOctets,
  random: Random,
): Promise<KeyAgreeRecipientInfo> {
  const secret = await ephemeral.agree?.(certificate.tbsCertificate.subjectPublicKeyInfo);
  if (secret === undefined) {
    throw new CertError('KEY_UNUSABLE', `Cannot agree on a key with one of ${ephemeral.keyType}`);
  }
  const ukm = random.bytes(16);
  const wrap = wrapAlgorithm(keyOctets);
  const wrapping = keyEncryptionKey({ hash: 'sha256', wrap }, secret, ukm);
  const { algorithm, subjectPublicKey } = fromDer(SubjectPublicKeyInfo, ephemeral.spki);
  return {
    version: 3,
    originator: { type: 'originatorKey', value: { algorithm, publicKey: subjectPublicKey } },
    ukm,
    keyEncryptionAlgorithm: algorithmIdentifier(
      'dhSinglePassStdDHSha256kdfScheme',
      toDer(AlgorithmIdentifier, wrap),
    ),
    recipientEncryptedKeys: [{ rid: agreedRid(certificate), encryptedKey: wrapKey(wrapping, key) }],
  };
}

function agreedRid(certificate: Certificate): KeyAgreeRecipientIdentifier {
  const reference = referenceTo(certificate);
  return reference.type === 'issuerAndSerialNumber'
    ? reference
    : { type: 'rKeyId', value: { subjectKeyIdentifier: reference.value } };
}
