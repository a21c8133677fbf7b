import { CertError } from '../base/errors.ts';
import { fromDer } from '../asn1/codec.ts';
import { oidName, type Oid } from '../asn1/oids.ts';
import { aesCbc, decryptAesCbc } from '../crypto/content-encryption.ts';
import { keyAgreement } from '../crypto/key-agreement.ts';
import type { SigningKey } from '../crypto/keys.ts';
import { unwrapKey } from '../crypto/key-wrap.ts';
import { hasNoParameters } from '../x509/algorithm-identifier.ts';
import type { Certificate } from '../x509/certificate.ts';
import { SubjectPublicKeyInfo } from '../x509/subject-public-key-info.ts';
import type { EnvelopedData } from './enveloped-data.ts';
import { refersTo, type CertificateReference } from './issuer-and-serial-number.ts';
import { unwrapByPassword } from './password-recipient.ts';
import type {
  KeyAgreeRecipientIdentifier,
  KeyAgreeRecipientInfo,
  KeyTransRecipientInfo,
  OriginatorIdentifierOrKey,
  RecipientEncryptedKey,
} from './recipient-info.ts';
import { keyEncryptionKey } from './shared-info.ts';

/** Who an EnvelopedData is for. */
export type Recipient =
  /** The holder of a certificate, which rid has to name. */
  | {
      readonly type: 'certificate';
      readonly key: SigningKey;
      readonly certificate: Certificate;
      /** Where the sender's own key may be found, if it did not make one for this once. */
      readonly originators?: readonly Certificate[];
    }
  /** The holder of a key whose certificate is what is encrypted, so that rid cannot be compared with it. */
  | { readonly type: 'key'; readonly key: SigningKey }
  | { readonly type: 'secret'; readonly secret: Uint8Array };

/** What was encrypted. */
export interface OpenedContent {
  readonly contentType: Oid;
  readonly content: Uint8Array;
}

/** Recipients of one message. RFC 9810 section 5.2.2 has one; a peer that sends more than this wastes our time. */
const MAX_RECIPIENTS = 8;

/** Octets of what is encrypted: a key or a certificate with a chain, both far smaller. */
const MAX_CONTENT_OCTETS = 256 * 1024;

/**
 * Decrypt an EnvelopedData. Every way in which key and content may not fit together gives the same error, so
 * that it tells nobody who tries how far he came.
 *
 * @throws {CertError} CMP_RESPONSE_INVALID: for somebody else, or it does not decrypt;
 *   CMP_ALGORITHM_UNSUPPORTED, LIMIT_EXCEEDED, DER_MALFORMED
 * @see RFC 5652 section 6, RFC 9481 sections 4 and 5
 */
export async function openEnvelopedData(
  { recipientInfos, encryptedContentInfo }: EnvelopedData,
  recipient: Recipient,
): Promise<OpenedContent> {
  const { contentType, contentEncryptionAlgorithm, encryptedContent } = encryptedContentInfo;
  assertAtMost('recipients', recipientInfos.length, MAX_RECIPIENTS);
  if (encryptedContent === undefined) throw cannotOpen('it has no encryptedContent');
  assertAtMost('octets of content', encryptedContent.length, MAX_CONTENT_OCTETS);
  const encryption = aesCbc(contentEncryptionAlgorithm);
  const key = await contentKey(recipientInfos, recipient);
  const content =
    key?.length === encryption.keyOctets
      ? decryptAesCbc(encryption, key, encryptedContent)
      : undefined;
  if (content === undefined) throw cannotOpen('it does not decrypt with our key or secret');
  return { contentType, content };
}

function contentKey(
  infos: EnvelopedData['recipientInfos'],
  recipient: Recipient,
): Promise<Uint8Array | undefined> | Uint8Array | undefined {
  if (recipient.type === 'secret') {
    const [info] = infos.flatMap((one) => (one.type === 'pwri' ? [one.value] : []));
    if (!info) throw noneFor('a shared secret', infos);
    return unwrapByPassword(info, recipient.secret);
  }
  if (recipient.key.agree) {
    const [found] = infos.flatMap((one) => {
      const ours =
        one.type === 'kari' &&
        one.value.recipientEncryptedKeys.find((each) => isAgreedWith(each, recipient));
      return ours ? [{ info: one.value, ours }] : [];
    });
    if (!found) throw noneFor('our EC key', infos);
    return agreedKey(found.info, found.ours, recipient);
  }
  if (recipient.key.decrypt) {
    const [info] = infos.flatMap((one) =>
      one.type === 'ktri' && isFor(one.value, recipient) ? [one.value] : [],
    );
    if (!info) throw noneFor('our RSA key', infos);
    return recipient.key.decrypt(info.encryptedKey, info.keyEncryptionAlgorithm);
  }
  throw new CertError(
    'KEY_UNUSABLE',
    `Cannot decrypt with a key of type ${recipient.key.keyType}: it only signs`,
    { hint: 'Use an RSA or an EC key, or a shared secret' },
  );
}

function isFor({ rid }: KeyTransRecipientInfo, recipient: KeyHolder): boolean {
  // C18: the certificate that rid names is what is encrypted.
  return recipient.type === 'key' || refersTo(rid, recipient.certificate);
}

type KeyHolder = Exclude<Recipient, { type: 'secret' }>;

async function agreedKey(
  { originator, ukm, keyEncryptionAlgorithm }: KeyAgreeRecipientInfo,
  { encryptedKey }: RecipientEncryptedKey,
  recipient: KeyHolder,
): Promise<Uint8Array | undefined> {
  const agreement = keyAgreement(keyEncryptionAlgorithm);
  const secret = await recipient.key.agree?.(originatorKey(originator, recipient));
  if (secret === undefined) return undefined;
  return unwrapKey(keyEncryptionKey(agreement, secret, ukm), encryptedKey);
}

function isAgreedWith({ rid }: RecipientEncryptedKey, recipient: KeyHolder): boolean {
  return recipient.type === 'key' || refersTo(asReference(rid), recipient.certificate);
}

function asReference(rid: KeyAgreeRecipientIdentifier): CertificateReference {
  return rid.type === 'rKeyId'
    ? { type: 'subjectKeyIdentifier', value: rid.value.subjectKeyIdentifier }
    : rid;
}

function originatorKey(
  originator: OriginatorIdentifierOrKey,
  recipient: KeyHolder,
): SubjectPublicKeyInfo {
  if (originator.type === 'originatorKey') {
    const { algorithm, publicKey } = originator.value;
    // RFC 5753 section 3.1.1: without parameters it is on the recipient's curve.
    const own = fromDer(SubjectPublicKeyInfo, recipient.key.spki).algorithm;
    return {
      algorithm: hasNoParameters(algorithm)
        ? { ...own, algorithm: algorithm.algorithm }
        : algorithm,
      subjectPublicKey: publicKey,
    };
  }
  const offered = (recipient.type === 'certificate' && recipient.originators) || [];
  const found = offered.find((certificate) => refersTo(originator, certificate));
  if (!found) throw cannotOpen('the certificate of its originator did not come along');
  return found.tbsCertificate.subjectPublicKeyInfo;
}

function noneFor(whom: string, infos: EnvelopedData['recipientInfos']): CertError {
  const found = infos.map((one) =>
    one.type === 'ktri'
      ? `${one.type} with ${oidName(one.value.keyEncryptionAlgorithm.algorithm)}`
      : one.type,
  );
  return cannotOpen(`expected a recipient with ${whom}, found ${found.join(', ')}`);
}

function assertAtMost(what: string, count: number, limit: number): void {
  if (count <= limit) return;
  throw new CertError(
    'LIMIT_EXCEEDED',
    `Cannot open the EnvelopedData: ${count} ${what}, allowed are ${limit}`,
  );
}

function cannotOpen(why: string): CertError {
  return new CertError('CMP_RESPONSE_INVALID', `Cannot open the EnvelopedData: ${why}`);
}
