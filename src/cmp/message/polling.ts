import { optional, sequence, sequenceOf, type TaggedCodec } from '../../asn1/codec.ts';
import { integer } from '../../asn1/primitives.ts';
import { PKIFreeText } from './pki-status-info.ts';

/** One item of PollReqContent, RFC 9810 section 5.3.22; -1 asks for a whole response message. */
export interface PollReq {
  readonly certReqId: number;
}

// oxfmt-ignore
const PollReq: TaggedCodec<PollReq> = sequence<PollReq>('PollReqContent', {
  certReqId: integer,
});

export type PollReqContent = readonly PollReq[];
export const PollReqContent: TaggedCodec<PollReqContent> = sequenceOf(PollReq, { max: 100 });

/** One item of PollRepContent. */
export interface PollRep {
  readonly certReqId: number;
  /** Seconds. */
  readonly checkAfter: number;
  readonly reason?: PKIFreeText;
}

// oxfmt-ignore
const PollRep: TaggedCodec<PollRep> = sequence<PollRep>('PollRepContent', {
  certReqId:  integer,
  checkAfter: integer,
  reason:     optional(PKIFreeText),
});

export type PollRepContent = readonly PollRep[];
export const PollRepContent: TaggedCodec<PollRepContent> = sequenceOf(PollRep, { max: 100 });
