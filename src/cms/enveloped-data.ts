import {
  implicit,
  optional,
  sequence,
  sequenceOf,
  setOf,
  type TaggedCodec,
} from '../asn1/codec.ts';
import type { Oid } from '../asn1/oids.ts';
import { any, integer, objectIdentifier, octetString } from '../asn1/primitives.ts';
import { AlgorithmIdentifier } from '../x509/algorithm-identifier.ts';
import { RecipientInfo } from './recipient-info.ts';

/** EncryptedContentInfo, RFC 5652 section 6.1. */
export interface EncryptedContentInfo {
  readonly contentType: Oid;
  readonly contentEncryptionAlgorithm: AlgorithmIdentifier;
  readonly encryptedContent?: Uint8Array;
}

// oxfmt-ignore
export const EncryptedContentInfo: TaggedCodec<EncryptedContentInfo> = sequence<EncryptedContentInfo>('EncryptedContentInfo', {
  contentType:                objectIdentifier,
  contentEncryptionAlgorithm: AlgorithmIdentifier,
  encryptedContent:           optional(implicit(0, octetString)),
});

/** EnvelopedData, RFC 5652 section 6.1; originatorInfo and the attributes, which tell us nothing, as they stand. */
export interface EnvelopedData {
  readonly version: number;
  readonly originatorInfo?: Uint8Array;
  readonly recipientInfos: readonly RecipientInfo[];
  readonly encryptedContentInfo: EncryptedContentInfo;
  readonly unprotectedAttrs?: readonly Uint8Array[];
}

// oxfmt-ignore
export const EnvelopedData: TaggedCodec<EnvelopedData> = sequence<EnvelopedData>('EnvelopedData', {
  version:              integer,
  originatorInfo:       optional({ ...any, starts: (tag: number) => tag === 0xa0 }),
  recipientInfos:       setOf(RecipientInfo),
  encryptedContentInfo: EncryptedContentInfo,
  unprotectedAttrs:     optional(implicit(1, sequenceOf(any, { max: 100 }))),
});
