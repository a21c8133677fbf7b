import {
  choice,
  explicit,
  implicit,
  optional,
  sequence,
  sequenceOf,
  type Codec,
  type TaggedCodec,
} from '../asn1/codec.ts';
import { limited } from '../asn1/limited.ts';
import { any, integer, octetBitString, octetString } from '../asn1/primitives.ts';
import { AlgorithmIdentifier } from '../x509/algorithm-identifier.ts';
import { IssuerAndSerialNumber, type CertificateReference } from './issuer-and-serial-number.ts';

// As long as the modulus of the largest RSA key we take (8192 bits), and four octets of tag and length.
const EncryptedContentKey = limited(octetString, 1024 + 4);

/** The salt of a key agreement; RFC 5753 has 64 octets at the most in mind. */
const UserKeyingMaterial = limited(explicit(1, octetString), 1024);

const KeyIdentifier = implicit(0, octetString);

// oxfmt-ignore
const CertificateReference: Codec<CertificateReference> = choice<CertificateReference>('RecipientIdentifier', {
  issuerAndSerialNumber: IssuerAndSerialNumber,
  subjectKeyIdentifier:  KeyIdentifier,
});

/** KeyTransRecipientInfo, RFC 5652 section 6.2.1. */
export interface KeyTransRecipientInfo {
  readonly version: number;
  readonly rid: CertificateReference;
  readonly keyEncryptionAlgorithm: AlgorithmIdentifier;
  readonly encryptedKey: Uint8Array;
}

// oxfmt-ignore
const KeyTransRecipientInfo: TaggedCodec<KeyTransRecipientInfo> = sequence<KeyTransRecipientInfo>('KeyTransRecipientInfo', {
  version:                integer,
  rid:                    CertificateReference,
  keyEncryptionAlgorithm: AlgorithmIdentifier,
  encryptedKey:           EncryptedContentKey,
});

/** OriginatorPublicKey, RFC 5652 section 6.2.2; the parameters may be absent or NULL (RFC 5753 section 3.1.1). */
export interface OriginatorPublicKey {
  readonly algorithm: AlgorithmIdentifier;
  readonly publicKey: Uint8Array;
}

// oxfmt-ignore
const OriginatorPublicKey: TaggedCodec<OriginatorPublicKey> = sequence<OriginatorPublicKey>('OriginatorPublicKey', {
  algorithm: AlgorithmIdentifier,
  publicKey: octetBitString,
});

/** OriginatorIdentifierOrKey: a certificate of the sender, or a key made for this once. */
export type OriginatorIdentifierOrKey =
  | CertificateReference
  | { readonly type: 'originatorKey'; readonly value: OriginatorPublicKey };

// oxfmt-ignore
const OriginatorIdentifierOrKey: Codec<OriginatorIdentifierOrKey> = choice<OriginatorIdentifierOrKey>('OriginatorIdentifierOrKey', {
  issuerAndSerialNumber: IssuerAndSerialNumber,
  subjectKeyIdentifier:  KeyIdentifier,
  originatorKey:         implicit(1, OriginatorPublicKey),
});

/** RecipientKeyIdentifier, RFC 5652 section 6.2.2; what follows the identifier is carried as it stands. */
export interface RecipientKeyIdentifier {
  readonly subjectKeyIdentifier: Uint8Array;
  readonly date?: Uint8Array;
  readonly other?: Uint8Array;
}

// oxfmt-ignore
const RecipientKeyIdentifier: TaggedCodec<RecipientKeyIdentifier> = sequence<RecipientKeyIdentifier>('RecipientKeyIdentifier', {
  subjectKeyIdentifier: octetString,
  date:                 optional({ ...any, starts: (tag) => tag === 0x18 }),
  other:                optional(any),
});

/** KeyAgreeRecipientIdentifier, RFC 5652 section 6.2.2. */
export type KeyAgreeRecipientIdentifier =
  | { readonly type: 'issuerAndSerialNumber'; readonly value: IssuerAndSerialNumber }
  | { readonly type: 'rKeyId'; readonly value: RecipientKeyIdentifier };

// oxfmt-ignore
const KeyAgreeRecipientIdentifier: Codec<KeyAgreeRecipientIdentifier> = choice<KeyAgreeRecipientIdentifier>('KeyAgreeRecipientIdentifier', {
  issuerAndSerialNumber: IssuerAndSerialNumber,
  rKeyId:                implicit(0, RecipientKeyIdentifier),
});

/** RecipientEncryptedKey, RFC 5652 section 6.2.2. */
export interface RecipientEncryptedKey {
  readonly rid: KeyAgreeRecipientIdentifier;
  readonly encryptedKey: Uint8Array;
}

// oxfmt-ignore
const RecipientEncryptedKey: TaggedCodec<RecipientEncryptedKey> = sequence<RecipientEncryptedKey>('RecipientEncryptedKey', {
  rid:          KeyAgreeRecipientIdentifier,
  encryptedKey: EncryptedContentKey,
});

/** KeyAgreeRecipientInfo, RFC 5652 section 6.2.2. */
export interface KeyAgreeRecipientInfo {
  readonly version: number;
  readonly originator: OriginatorIdentifierOrKey;
  readonly ukm?: Uint8Array;
  readonly keyEncryptionAlgorithm: AlgorithmIdentifier;
  readonly recipientEncryptedKeys: readonly RecipientEncryptedKey[];
}

// oxfmt-ignore
const KeyAgreeRecipientInfo: TaggedCodec<KeyAgreeRecipientInfo> = sequence<KeyAgreeRecipientInfo>('KeyAgreeRecipientInfo', {
  version:                integer,
  originator:             explicit(0, OriginatorIdentifierOrKey),
  ukm:                    optional(UserKeyingMaterial),
  keyEncryptionAlgorithm: AlgorithmIdentifier,
  recipientEncryptedKeys: sequenceOf(RecipientEncryptedKey, { min: 1, max: 8 }),
});

/** PasswordRecipientInfo, RFC 5652 section 6.2.4. */
export interface PasswordRecipientInfo {
  readonly version: number;
  readonly keyDerivationAlgorithm?: AlgorithmIdentifier;
  readonly keyEncryptionAlgorithm: AlgorithmIdentifier;
  readonly encryptedKey: Uint8Array;
}

// oxfmt-ignore
const PasswordRecipientInfo: TaggedCodec<PasswordRecipientInfo> = sequence<PasswordRecipientInfo>('PasswordRecipientInfo', {
  version:                integer,
  keyDerivationAlgorithm: optional(implicit(0, AlgorithmIdentifier)),
  keyEncryptionAlgorithm: AlgorithmIdentifier,
  encryptedKey:           EncryptedContentKey,
});

/** RecipientInfo, RFC 5652 section 6.2. The last two are not for CMP with what we support, and carried as they stand. */
export type RecipientInfo =
  | { readonly type: 'ktri'; readonly value: KeyTransRecipientInfo }
  | { readonly type: 'kari'; readonly value: KeyAgreeRecipientInfo }
  | { readonly type: 'kekri'; readonly value: Uint8Array }
  | { readonly type: 'pwri'; readonly value: PasswordRecipientInfo }
  | { readonly type: 'ori'; readonly value: Uint8Array };

// oxfmt-ignore
export const RecipientInfo: Codec<RecipientInfo> = choice<RecipientInfo>('RecipientInfo', {
  ktri:  KeyTransRecipientInfo,
  kari:  implicit(1, KeyAgreeRecipientInfo),
  kekri: { ...any, starts: (tag) => tag === 0xa2 },
  pwri:  implicit(3, PasswordRecipientInfo),
  ori:   { ...any, starts: (tag) => tag === 0xa4 },
});
