import {
  choice,
  explicit,
  fromDer,
  lazy,
  optional,
  sequence,
  sequenceOf,
  type Codec,
  type TaggedCodec,
} from '../../asn1/codec.ts';
import { any, nullValue, octetBitString } from '../../asn1/primitives.ts';
import { Certificate } from '../../x509/certificate.ts';
import { CertificationRequest } from '../../x509/certification-request.ts';
import { CertConfirmContent } from './cert-confirm.ts';
import { CertRepMessage } from './cert-rep-message.ts';
import { CertReqMessages } from './cert-req-msg.ts';
import { ErrorMsgContent } from './error-msg-content.ts';
import { InfoTypeAndValue } from './info-type-and-value.ts';
import { PKIHeader } from './pki-header.ts';
import { PollRepContent, PollReqContent } from './polling.ts';
import { RevRepContent, RevReqContent } from './revocation-content.ts';

/**
 * PKIBody, RFC 9810 section 5.1.2; in one file with PKIMessage, because `nested` holds messages. Bodies no one sends any more are carried as they stand.
 */
export type PKIBody =
  | { readonly type: 'ir'; readonly value: CertReqMessages }
  | { readonly type: 'ip'; readonly value: CertRepMessage }
  | { readonly type: 'cr'; readonly value: CertReqMessages }
  | { readonly type: 'cp'; readonly value: CertRepMessage }
  | { readonly type: 'p10cr'; readonly value: CertificationRequest }
  | { readonly type: 'popdecc'; readonly value: Uint8Array }
  | { readonly type: 'popdecr'; readonly value: Uint8Array }
  | { readonly type: 'kur'; readonly value: CertReqMessages }
  | { readonly type: 'kup'; readonly value: CertRepMessage }
  | { readonly type: 'krr'; readonly value: CertReqMessages }
  | { readonly type: 'krp'; readonly value: Uint8Array }
  | { readonly type: 'rr'; readonly value: RevReqContent }
  | { readonly type: 'rp'; readonly value: RevRepContent }
  | { readonly type: 'ccr'; readonly value: CertReqMessages }
  | { readonly type: 'ccp'; readonly value: CertRepMessage }
  | { readonly type: 'ckuann'; readonly value: Uint8Array }
  | { readonly type: 'cann'; readonly value: Uint8Array }
  | { readonly type: 'rann'; readonly value: Uint8Array }
  | { readonly type: 'crlann'; readonly value: Uint8Array }
  | { readonly type: 'pkiconf'; readonly value: null }
  | { readonly type: 'nested'; readonly value: readonly PKIMessage[] }
  | { readonly type: 'genm'; readonly value: readonly InfoTypeAndValue[] }
  | { readonly type: 'genp'; readonly value: readonly InfoTypeAndValue[] }
  | { readonly type: 'error'; readonly value: ErrorMsgContent }
  | { readonly type: 'certConf'; readonly value: CertConfirmContent }
  | { readonly type: 'pollReq'; readonly value: PollReqContent }
  | { readonly type: 'pollRep'; readonly value: PollRepContent };

/** Name of a body, as RFC 9810 spells it. */
export type BodyType = PKIBody['type'];

const GenMsgContent = sequenceOf(InfoTypeAndValue, { max: 100 });

// oxfmt-ignore
export const PKIBody: Codec<PKIBody> = choice<PKIBody>('PKIBody', {
  ir:       explicit(0, CertReqMessages),
  ip:       explicit(1, CertRepMessage),
  cr:       explicit(2, CertReqMessages),
  cp:       explicit(3, CertRepMessage),
  p10cr:    explicit(4, CertificationRequest),
  popdecc:  explicit(5, any),
  popdecr:  explicit(6, any),
  kur:      explicit(7, CertReqMessages),
  kup:      explicit(8, CertRepMessage),
  krr:      explicit(9, CertReqMessages),
  krp:      explicit(10, any),
  rr:       explicit(11, RevReqContent),
  rp:       explicit(12, RevRepContent),
  ccr:      explicit(13, CertReqMessages),
  ccp:      explicit(14, CertRepMessage),
  ckuann:   explicit(15, any),
  cann:     explicit(16, any),
  rann:     explicit(17, any),
  crlann:   explicit(18, any),
  pkiconf:  explicit(19, nullValue),
  nested:   explicit(20, sequenceOf(lazy('PKIMessage', () => PKIMessage), { min: 1, max: 100 })),
  genm:     explicit(21, GenMsgContent),
  genp:     explicit(22, GenMsgContent),
  error:    explicit(23, ErrorMsgContent),
  certConf: explicit(24, CertConfirmContent),
  pollReq:  explicit(25, PollReqContent),
  pollRep:  explicit(26, PollRepContent),
});

/** PKIMessage, RFC 9810 section 5.1. */
export interface PKIMessage {
  readonly header: PKIHeader;
  readonly body: PKIBody;
  readonly protection?: Uint8Array;
  readonly extraCerts?: readonly Certificate[];
}

/**
 * A chain has a handful of certificates; a CA that sends all its links and cross-certificates some
 * dozens. More only cost us signature checks.
 */
export const MAX_EXTRA_CERTS = 100;

// oxfmt-ignore
export const PKIMessage: TaggedCodec<PKIMessage> = sequence<PKIMessage>('PKIMessage', {
  header:     PKIHeader,
  body:       PKIBody,
  protection: optional(explicit(0, octetBitString)),
  extraCerts: optional(explicit(1, sequenceOf(Certificate, { min: 1, max: MAX_EXTRA_CERTS }))),
});

/**
 * Decode a received PKIMessage.
 *
 * @throws {CertError} DER_MALFORMED, LIMIT_EXCEEDED
 */
export function decodeMessage(der: Uint8Array): PKIMessage {
  return fromDer(PKIMessage, der);
}
