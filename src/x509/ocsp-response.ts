import {
  choice,
  defaulted,
  explicit,
  fromDer,
  implicit,
  mapped,
  optional,
  sequence,
  sequenceOf,
  type Codec,
  type TaggedCodec,
} from '../asn1/codec.ts';
import type { Oid } from '../asn1/oids.ts';
import {
  enumerated,
  integer,
  nullValue,
  objectIdentifier,
  octetBitString,
  octetString,
} from '../asn1/primitives.ts';
import { generalizedTime } from '../asn1/times.ts';
import { AlgorithmIdentifier } from './algorithm-identifier.ts';
import { Certificate } from './certificate.ts';
import { CRLReason } from './crl-reason.ts';
import { Extensions } from './extension.ts';
import { Name } from './name.ts';
import { CertID } from './ocsp-request.ts';

/** Answers in one response: some responders sign many certificates' at once. */
const MAX_RESPONSES = 1000;

/** Certificates that come along; a responder needs its own and those above it. */
const MAX_CERTS = 100;

/** OCSPResponseStatus by its numbers, RFC 6960 section 4.2.1; 4 is not used. */
const statuses = [
  'successful',
  'malformedRequest',
  'internalError',
  'tryLater',
  undefined,
  'sigRequired',
  'unauthorized',
] as const;

/** OCSPResponseStatus, RFC 6960 section 4.2.1: unsigned, and so never more than a hint. */
export type OCSPResponseStatus = Exclude<(typeof statuses)[number], undefined>;

const OCSPResponseStatus: TaggedCodec<OCSPResponseStatus> = mapped(enumerated, {
  name: 'OCSPResponseStatus',
  decode: (number, reader) =>
    statuses[number] ?? reader.fail(`OCSPResponseStatus ${number} has no name`),
  encode: (status) => statuses.indexOf(status),
});

/** ResponseBytes, RFC 6960 section 4.2.1; `response` is the DER of what `responseType` says. */
export interface ResponseBytes {
  readonly responseType: Oid;
  readonly response: Uint8Array;
}

// oxfmt-ignore
const ResponseBytes: TaggedCodec<ResponseBytes> = sequence<ResponseBytes>('ResponseBytes', {
  responseType: objectIdentifier,
  response:     octetString,
});

/** OCSPResponse, RFC 6960 section 4.2.1. */
export interface OCSPResponse {
  readonly responseStatus: OCSPResponseStatus;
  readonly responseBytes?: ResponseBytes;
}

// oxfmt-ignore
export const OCSPResponse: TaggedCodec<OCSPResponse> = sequence<OCSPResponse>('OCSPResponse', {
  responseStatus: OCSPResponseStatus,
  responseBytes:  optional(explicit(0, ResponseBytes)),
});

/** ResponderID, RFC 6960 section 4.2.1; byKey is SHA-1 over the bits of the responder's public key. */
export type ResponderID =
  | { readonly type: 'byName'; readonly value: Name }
  | { readonly type: 'byKey'; readonly value: Uint8Array };

const ResponderID: Codec<ResponderID> = choice<ResponderID>('ResponderID', {
  byName: explicit(1, Name),
  byKey: explicit(2, octetString),
});

/** RevokedInfo, RFC 6960 section 4.2.1. */
export interface RevokedInfo {
  readonly revocationTime: Date;
  readonly revocationReason?: CRLReason;
}

// oxfmt-ignore
const RevokedInfo: TaggedCodec<RevokedInfo> = sequence<RevokedInfo>('RevokedInfo', {
  revocationTime:   generalizedTime,
  revocationReason: optional(explicit(0, CRLReason)),
});

/** CertStatus, RFC 6960 section 4.2.1: `good` says no more than that it is not known to be revoked. */
export type CertStatus =
  | { readonly type: 'good'; readonly value: null }
  | { readonly type: 'revoked'; readonly value: RevokedInfo }
  | { readonly type: 'unknown'; readonly value: null };

// oxfmt-ignore
const CertStatus: Codec<CertStatus> = choice<CertStatus>('CertStatus', {
  good:    implicit(0, nullValue),
  revoked: implicit(1, RevokedInfo),
  unknown: implicit(2, nullValue),
});

/** SingleResponse, RFC 6960 section 4.2.1. */
export interface SingleResponse {
  readonly certID: CertID;
  readonly certStatus: CertStatus;
  readonly thisUpdate: Date;
  readonly nextUpdate?: Date;
  readonly singleExtensions?: Extensions;
}

// oxfmt-ignore
const SingleResponse: TaggedCodec<SingleResponse> = sequence<SingleResponse>('SingleResponse', {
  certID:           CertID,
  certStatus:       CertStatus,
  thisUpdate:       generalizedTime,
  nextUpdate:       optional(explicit(0, generalizedTime)),
  singleExtensions: optional(explicit(1, Extensions)),
});

/** ResponseData, RFC 6960 section 4.2.1: what is signed; `rawOf` gives its octets. Version 0 is v1. */
export interface ResponseData {
  readonly version: number;
  readonly responderID: ResponderID;
  readonly producedAt: Date;
  readonly responses: readonly SingleResponse[];
  readonly responseExtensions?: Extensions;
}

// oxfmt-ignore
export const ResponseData: TaggedCodec<ResponseData> = sequence<ResponseData>('ResponseData', {
  version:            defaulted(explicit(0, integer), 0),
  responderID:        ResponderID,
  producedAt:         generalizedTime,
  responses:          sequenceOf(SingleResponse, { max: MAX_RESPONSES }),
  responseExtensions: optional(explicit(1, Extensions)),
});

/** BasicOCSPResponse, RFC 6960 section 4.2.1. */
export interface BasicOCSPResponse {
  readonly tbsResponseData: ResponseData;
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly signature: Uint8Array;
  readonly certs?: readonly Certificate[];
}

// oxfmt-ignore
export const BasicOCSPResponse: TaggedCodec<BasicOCSPResponse> = sequence<BasicOCSPResponse>('BasicOCSPResponse', {
  tbsResponseData:    ResponseData,
  signatureAlgorithm: AlgorithmIdentifier,
  signature:          octetBitString,
  certs:              optional(explicit(0, sequenceOf(Certificate, { max: MAX_CERTS }))),
});

/**
 * Decode one response as far as its status and the octets inside.
 *
 * @throws {CertError} DER_MALFORMED, LIMIT_EXCEEDED
 */
export function decodeOcspResponse(der: Uint8Array): OCSPResponse {
  return fromDer(OCSPResponse, der);
}

/**
 * Decode what is inside a response of type id-pkix-ocsp-basic.
 *
 * @throws {CertError} DER_MALFORMED, LIMIT_EXCEEDED
 */
export function decodeBasicOcspResponse(response: Uint8Array): BasicOCSPResponse {
  return fromDer(BasicOCSPResponse, response);
}
