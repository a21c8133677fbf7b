import {
  choice,
  explicit,
  implicit,
  optional,
  sequence,
  type Codec,
  type TaggedCodec,
} from '../../asn1/codec.ts';
import {
  any,
  bitString,
  integer,
  nullValue,
  octetBitString,
  type BitString,
} from '../../asn1/primitives.ts';
import { AlgorithmIdentifier } from '../../x509/algorithm-identifier.ts';
import { GeneralName } from '../../x509/general-name.ts';
import { SubjectPublicKeyInfo } from '../../x509/subject-public-key-info.ts';

/** PKMACValue, RFC 4211 section 4.4. */
export interface PKMACValue {
  readonly algId: AlgorithmIdentifier;
  readonly value: Uint8Array;
}

// oxfmt-ignore
const PKMACValue: TaggedCodec<PKMACValue> = sequence<PKMACValue>('PKMACValue', {
  algId: AlgorithmIdentifier,
  value: octetBitString,
});

/** Who proves possession: an authenticated name, or a MAC over the public key. */
export type AuthInfo =
  | { readonly type: 'sender'; readonly value: GeneralName }
  | { readonly type: 'publicKeyMAC'; readonly value: PKMACValue };

const AuthInfo: Codec<AuthInfo> = choice<AuthInfo>('authInfo', {
  sender: explicit(0, GeneralName),
  publicKeyMAC: PKMACValue,
});

/** POPOSigningKeyInput, RFC 4211 section 4.1: signed in place of certReq when the template lacks a subject. */
export interface POPOSigningKeyInput {
  readonly authInfo: AuthInfo;
  readonly publicKey: SubjectPublicKeyInfo;
}

// oxfmt-ignore
export const POPOSigningKeyInput: TaggedCodec<POPOSigningKeyInput> = sequence<POPOSigningKeyInput>('POPOSigningKeyInput', {
  authInfo:  AuthInfo,
  publicKey: SubjectPublicKeyInfo,
});

/** POPOSigningKey, RFC 4211 section 4.1. */
export interface POPOSigningKey {
  readonly poposkInput?: POPOSigningKeyInput;
  readonly algorithmIdentifier: AlgorithmIdentifier;
  readonly signature: Uint8Array;
}

// oxfmt-ignore
const POPOSigningKey: TaggedCodec<POPOSigningKey> = sequence<POPOSigningKey>('POPOSigningKey', {
  poposkInput:         optional(implicit(0, POPOSigningKeyInput)),
  algorithmIdentifier: AlgorithmIdentifier,
  signature:           octetBitString,
});

/** POPOPrivKey, RFC 4211 section 4.2; EnvelopedData is carried as it stands. */
export type POPOPrivKey =
  | { readonly type: 'thisMessage'; readonly value: BitString }
  | { readonly type: 'subsequentMessage'; readonly value: number }
  | { readonly type: 'dhMAC'; readonly value: BitString }
  | { readonly type: 'agreeMAC'; readonly value: PKMACValue }
  | { readonly type: 'encryptedKey'; readonly value: Uint8Array };

// oxfmt-ignore
const POPOPrivKey: Codec<POPOPrivKey> = choice<POPOPrivKey>('POPOPrivKey', {
  thisMessage:       implicit(0, bitString),
  subsequentMessage: implicit(1, integer),
  dhMAC:             implicit(2, bitString),
  agreeMAC:          implicit(3, PKMACValue),
  encryptedKey:      { ...any, starts: (tag) => tag === 0xa4 },
});

/** ProofOfPossession, RFC 4211 section 4: IMPLICIT tags, except around the CHOICE POPOPrivKey. */
export type ProofOfPossession =
  | { readonly type: 'raVerified'; readonly value: null }
  | { readonly type: 'signature'; readonly value: POPOSigningKey }
  | { readonly type: 'keyEncipherment'; readonly value: POPOPrivKey }
  | { readonly type: 'keyAgreement'; readonly value: POPOPrivKey };

// oxfmt-ignore
export const ProofOfPossession: Codec<ProofOfPossession> = choice<ProofOfPossession>('ProofOfPossession', {
  raVerified:      implicit(0, nullValue),
  signature:       implicit(1, POPOSigningKey),
  keyEncipherment: explicit(2, POPOPrivKey),
  keyAgreement:    explicit(3, POPOPrivKey),
});
