import {
  explicit,
  optional,
  sequence,
  sequenceOf,
  setOf,
  type Codec,
  type TaggedCodec,
} from '../asn1/codec.ts';
import type { Oid } from '../asn1/oids.ts';
import { any, integer, objectIdentifier, octetString } from '../asn1/primitives.ts';
import { EncryptedContentInfo } from '../cms/enveloped-data.ts';
import { AlgorithmIdentifier } from '../x509/algorithm-identifier.ts';

/** ContentInfo, RFC 7292 section 4 (and RFC 5652 section 3). */
export interface ContentInfo {
  readonly contentType: Oid;
  readonly content?: Uint8Array;
}

// oxfmt-ignore
export const ContentInfo: TaggedCodec<ContentInfo> = sequence<ContentInfo>('ContentInfo', {
  contentType: objectIdentifier,
  content:     optional(explicit(0, any)),
});

/** DigestInfo, RFC 7292 section 4: here what a MAC comes to. */
export interface DigestInfo {
  readonly digestAlgorithm: AlgorithmIdentifier;
  readonly digest: Uint8Array;
}

// oxfmt-ignore
export const DigestInfo: TaggedCodec<DigestInfo> = sequence<DigestInfo>('DigestInfo', {
  digestAlgorithm: AlgorithmIdentifier,
  digest:          octetString,
});

/** MacData, RFC 7292 section 4. */
export interface MacData {
  readonly mac: DigestInfo;
  readonly macSalt: Uint8Array;
  /** 1 when absent; some write that DEFAULT out. */
  readonly iterations?: number;
}

// oxfmt-ignore
export const MacData: TaggedCodec<MacData> = sequence<MacData>('MacData', {
  mac:        DigestInfo,
  macSalt:    octetString,
  iterations: optional(integer),
});

/** PFX, RFC 7292 section 4: a PKCS #12 file. */
export interface PFX {
  readonly version: number;
  readonly authSafe: ContentInfo;
  readonly macData?: MacData;
}

// oxfmt-ignore
export const PFX: TaggedCodec<PFX> = sequence<PFX>('PFX', {
  version:  integer,
  authSafe: ContentInfo,
  macData:  optional(MacData),
});

/** Parts of a file, and things in a part: a bundle of all roots of a browser has about 150. */
const MAX_PARTS = 1000;

/** AuthenticatedSafe, RFC 7292 section 4.1. */
export const AuthenticatedSafe: TaggedCodec<readonly ContentInfo[]> = sequenceOf(ContentInfo, {
  max: MAX_PARTS,
});

/** EncryptedData, RFC 5652 section 8. */
export interface EncryptedData {
  readonly version: number;
  readonly encryptedContentInfo: EncryptedContentInfo;
}

// oxfmt-ignore
export const EncryptedData: TaggedCodec<EncryptedData> = sequence<EncryptedData>('EncryptedData', {
  version:              integer,
  encryptedContentInfo: EncryptedContentInfo,
});

/** PKCS12Attribute, RFC 7292 section 4.2; all we look at have one value. */
export interface PKCS12Attribute {
  readonly attrId: Oid;
  /** DER of the SET OF values. */
  readonly attrValues: Uint8Array;
}

// oxfmt-ignore
export const PKCS12Attribute: TaggedCodec<PKCS12Attribute> = sequence<PKCS12Attribute>('PKCS12Attribute', {
  attrId:     objectIdentifier,
  attrValues: any,
});

const SET = 0x31;

/** SET OF, read in any order, for Java does not sort it, and nothing of what it says is signed. */
const PKCS12Attributes: Codec<readonly PKCS12Attribute[]> = {
  name: 'SET OF PKCS12Attribute',
  starts: (tag) => tag === SET,
  decode: (reader) => sequenceOf(PKCS12Attribute, { max: 100 }).withTag(SET).decode(reader),
  encode: (writer, attributes) => setOf(PKCS12Attribute).encode(writer, attributes),
};

/** SafeBag, RFC 7292 section 4.2. */
export interface SafeBag {
  readonly bagId: Oid;
  readonly bagValue: Uint8Array;
  readonly bagAttributes?: readonly PKCS12Attribute[];
}

// oxfmt-ignore
export const SafeBag: TaggedCodec<SafeBag> = sequence<SafeBag>('SafeBag', {
  bagId:         objectIdentifier,
  bagValue:      explicit(0, any),
  bagAttributes: optional(PKCS12Attributes),
});

/** SafeContents, RFC 7292 section 4.2. */
export const SafeContents: TaggedCodec<readonly SafeBag[]> = sequenceOf(SafeBag, {
  max: MAX_PARTS,
});

/** CertBag, RFC 7292 section 4.2.3, of its X.509 kind and the others. */
export interface CertBag {
  readonly certId: Oid;
  readonly certValue: Uint8Array;
}

// oxfmt-ignore
export const CertBag: TaggedCodec<CertBag> = sequence<CertBag>('CertBag', {
  certId:    objectIdentifier,
  certValue: explicit(0, any),
});
