import {
  defaulted,
  explicit,
  fromDer,
  optional,
  sequence,
  sequenceOf,
  type TaggedCodec,
} from '../asn1/codec.ts';
import { limited } from '../asn1/limited.ts';
import { bigInteger, integer, octetBitString, octetString } from '../asn1/primitives.ts';
import { AlgorithmIdentifier } from './algorithm-identifier.ts';
import { Certificate } from './certificate.ts';
import { Extensions } from './extension.ts';
import { GeneralName } from './general-name.ts';

/** Certificates one request asks about, or one response speaks of: responders of ours answer for one. */
const MAX_CERT_IDS = 1000;

/** Certificates that come along; a responder needs its own and those above it. */
const MAX_CERTS = 100;

/** Tag, length and 64 octets, as for the serial number of a certificate. */
const MAX_SERIAL_NUMBER_OCTETS = 2 + 64;

/** CertID, RFC 6960 section 4.1.1: which certificate is meant, by hashes over its issuer's name and key. */
export interface CertID {
  readonly hashAlgorithm: AlgorithmIdentifier;
  readonly issuerNameHash: Uint8Array;
  readonly issuerKeyHash: Uint8Array;
  readonly serialNumber: bigint;
}

// oxfmt-ignore
export const CertID: TaggedCodec<CertID> = sequence<CertID>('CertID', {
  hashAlgorithm:  AlgorithmIdentifier,
  issuerNameHash: octetString,
  issuerKeyHash:  octetString,
  serialNumber:   limited(bigInteger, MAX_SERIAL_NUMBER_OCTETS),
});

/** Request, RFC 6960 section 4.1.1. */
export interface OcspSingleRequest {
  readonly reqCert: CertID;
  readonly singleRequestExtensions?: Extensions;
}

// oxfmt-ignore
const Request: TaggedCodec<OcspSingleRequest> = sequence<OcspSingleRequest>('Request', {
  reqCert:                 CertID,
  singleRequestExtensions: optional(explicit(0, Extensions)),
});

/** TBSRequest, RFC 6960 section 4.1.1; version 0 is v1. */
export interface TBSRequest {
  readonly version: number;
  readonly requestorName?: GeneralName;
  readonly requestList: readonly OcspSingleRequest[];
  readonly requestExtensions?: Extensions;
}

// oxfmt-ignore
export const TBSRequest: TaggedCodec<TBSRequest> = sequence<TBSRequest>('TBSRequest', {
  version:           defaulted(explicit(0, integer), 0),
  requestorName:     optional(explicit(1, GeneralName)),
  requestList:       sequenceOf(Request, { max: MAX_CERT_IDS }),
  requestExtensions: optional(explicit(2, Extensions)),
});

/** Signature, RFC 6960 section 4.1.1. */
export interface OcspSignature {
  readonly signatureAlgorithm: AlgorithmIdentifier;
  readonly signature: Uint8Array;
  readonly certs?: readonly Certificate[];
}

// oxfmt-ignore
const Signature: TaggedCodec<OcspSignature> = sequence<OcspSignature>('Signature', {
  signatureAlgorithm: AlgorithmIdentifier,
  signature:          octetBitString,
  certs:              optional(explicit(0, sequenceOf(Certificate, { max: MAX_CERTS }))),
});

/** OCSPRequest, RFC 6960 section 4.1.1. */
export interface OCSPRequest {
  readonly tbsRequest: TBSRequest;
  readonly optionalSignature?: OcspSignature;
}

// oxfmt-ignore
export const OCSPRequest: TaggedCodec<OCSPRequest> = sequence<OCSPRequest>('OCSPRequest', {
  tbsRequest:        TBSRequest,
  optionalSignature: optional(explicit(0, Signature)),
});

/**
 * Decode one request.
 *
 * @throws {CertError} DER_MALFORMED, LIMIT_EXCEEDED
 */
export function decodeOcspRequest(der: Uint8Array): OCSPRequest {
  return fromDer(OCSPRequest, der);
}
