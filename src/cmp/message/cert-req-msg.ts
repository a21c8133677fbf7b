import { optional, sequence, sequenceOf, type TaggedCodec } from '../../asn1/codec.ts';
import type { Oid } from '../../asn1/oids.ts';
import { any, integer, objectIdentifier } from '../../asn1/primitives.ts';
import { CertTemplate } from './cert-template.ts';
import { ProofOfPossession } from './proof-of-possession.ts';

/** A control or regInfo item, RFC 4211 sections 6 and 7; the value is carried as it stands. */
export interface CrmfAttribute {
  readonly type: Oid;
  readonly value: Uint8Array;
}

// oxfmt-ignore
const CrmfAttribute: TaggedCodec<CrmfAttribute> = sequence<CrmfAttribute>('AttributeTypeAndValue', {
  type:  objectIdentifier,
  value: any,
});

const CrmfAttributes = sequenceOf(CrmfAttribute, { min: 1, max: 100 });

/** Controls, RFC 4211 section 6. */
export const Controls: TaggedCodec<readonly CrmfAttribute[]> = CrmfAttributes;

/** CertRequest, RFC 4211 section 5: what the proof of possession is computed over. */
export interface CertRequest {
  readonly certReqId: number;
  readonly certTemplate: CertTemplate;
  readonly controls?: readonly CrmfAttribute[];
}

// oxfmt-ignore
export const CertRequest: TaggedCodec<CertRequest> = sequence<CertRequest>('CertRequest', {
  certReqId:    integer,
  certTemplate: CertTemplate,
  controls:     optional(CrmfAttributes),
});

/** CertReqMsg, RFC 4211 section 3. */
export interface CertReqMsg {
  readonly certReq: CertRequest;
  readonly popo?: ProofOfPossession;
  readonly regInfo?: readonly CrmfAttribute[];
}

// oxfmt-ignore
export const CertReqMsg: TaggedCodec<CertReqMsg> = sequence<CertReqMsg>('CertReqMsg', {
  certReq: CertRequest,
  popo:    optional(ProofOfPossession),
  regInfo: optional(CrmfAttributes),
});

/** CertReqMessages; RFC 9483 section 4.1.1 allows one request a message, RFC 9810 more. */
export type CertReqMessages = readonly CertReqMsg[];
export const CertReqMessages: TaggedCodec<CertReqMessages> = sequenceOf(CertReqMsg, {
  min: 1,
  max: 100,
});
