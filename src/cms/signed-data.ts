import {
  choice,
  explicit,
  implicit,
  optional,
  sequence,
  sequenceOf,
  setOf,
  type Codec,
  type TaggedCodec,
} from '../asn1/codec.ts';
import type { Oid } from '../asn1/oids.ts';
import { any, integer, objectIdentifier, octetString } from '../asn1/primitives.ts';
import { AlgorithmIdentifier } from '../x509/algorithm-identifier.ts';
import { Certificate } from '../x509/certificate.ts';
import { IssuerAndSerialNumber, type CertificateReference } from './issuer-and-serial-number.ts';

/** EncapsulatedContentInfo, RFC 5652 section 5.2. */
export interface EncapsulatedContentInfo {
  readonly eContentType: Oid;
  readonly eContent?: Uint8Array;
}

// oxfmt-ignore
const EncapsulatedContentInfo: TaggedCodec<EncapsulatedContentInfo> = sequence<EncapsulatedContentInfo>('EncapsulatedContentInfo', {
  eContentType: objectIdentifier,
  eContent:     optional(explicit(0, octetString)),
});

/** Attribute, RFC 5652 section 5.3. */
export interface CmsAttribute {
  readonly attrType: Oid;
  readonly attrValues: readonly Uint8Array[];
}

// oxfmt-ignore
const CmsAttribute: TaggedCodec<CmsAttribute> = sequence<CmsAttribute>('Attribute', {
  attrType:   objectIdentifier,
  attrValues: setOf(any),
});

/** SignedAttributes as they are signed: under the tag of SET OF (RFC 5652 section 5.4). */
export const SignedAttributes: TaggedCodec<readonly CmsAttribute[]> = setOf(CmsAttribute);

// oxfmt-ignore
const SignerIdentifier: Codec<CertificateReference> = choice<CertificateReference>('SignerIdentifier', {
  issuerAndSerialNumber: IssuerAndSerialNumber,
  subjectKeyIdentifier:  implicit(0, octetString),
});

/** SignerInfo, RFC 5652 section 5.3. */
export interface SignerInfo {
  readonly version: number;
  readonly sid: CertificateReference;
  readonly digestAlgorithm: AlgorithmIdentifier;
  readonly signedAttrs?: readonly CmsAttribute[];
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly signature: Uint8Array;
  readonly unsignedAttrs?: readonly Uint8Array[];
}

// oxfmt-ignore
const SignerInfo: TaggedCodec<SignerInfo> = sequence<SignerInfo>('SignerInfo', {
  version:            integer,
  sid:                SignerIdentifier,
  digestAlgorithm:    AlgorithmIdentifier,
  signedAttrs:        optional(implicit(0, SignedAttributes)),
  signatureAlgorithm: AlgorithmIdentifier,
  signature:          octetString,
  unsignedAttrs:      optional(implicit(1, sequenceOf(any, { max: 100 }))),
});

/** CertificateChoices, RFC 5652 section 10.2.2: what is no X.509 certificate is carried as it stands. */
export type CertificateChoices =
  | { readonly type: 'certificate'; readonly value: Certificate }
  | { readonly type: 'other'; readonly value: Uint8Array };

const CertificateChoices: Codec<CertificateChoices> = choice<CertificateChoices>(
  'CertificateChoices',
  { certificate: Certificate, other: any },
);

/** SignedData, RFC 5652 section 5.1; CRLs are carried as they stand. */
export interface SignedData {
  readonly version: number;
  readonly digestAlgorithms: readonly AlgorithmIdentifier[];
  readonly encapContentInfo: EncapsulatedContentInfo;
  readonly certificates?: readonly CertificateChoices[];
  readonly crls?: readonly Uint8Array[];
  readonly signerInfos: readonly SignerInfo[];
}

// The certificates are a SET OF, which DER sorts; RFC 9483 section 4.1.6 wants the signer's first all the
// same. The two cannot both be had, so any order will do.
// oxfmt-ignore
export const SignedData: TaggedCodec<SignedData> = sequence<SignedData>('SignedData', {
  version:          integer,
  digestAlgorithms: setOf(AlgorithmIdentifier),
  encapContentInfo: EncapsulatedContentInfo,
  certificates:     optional(implicit(0, sequenceOf(CertificateChoices, { max: 20 }))),
  crls:             optional(implicit(1, sequenceOf(any, { max: 20 }))),
  signerInfos:      setOf(SignerInfo),
});
