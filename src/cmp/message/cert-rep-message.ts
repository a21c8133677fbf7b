import {
  choice,
  explicit,
  optional,
  sequence,
  sequenceOf,
  type Codec,
  type TaggedCodec,
} from '../../asn1/codec.ts';
import { any, integer, octetString } from '../../asn1/primitives.ts';
import { Certificate } from '../../x509/certificate.ts';
import { PKIStatusInfo } from './pki-status-info.ts';

/** CertOrEncCert, RFC 9810 section 5.3.4; an EncryptedKey is carried as it stands. */
export type CertOrEncCert =
  | { readonly type: 'certificate'; readonly value: Certificate }
  | { readonly type: 'encryptedCert'; readonly value: Uint8Array };

const CertOrEncCert: Codec<CertOrEncCert> = choice<CertOrEncCert>('CertOrEncCert', {
  certificate: explicit(0, Certificate),
  encryptedCert: explicit(1, any),
});

/** CertifiedKeyPair, RFC 9810 section 5.3.4; privateKey is an EncryptedKey, carried as it stands. */
export interface CertifiedKeyPair {
  readonly certOrEncCert: CertOrEncCert;
  readonly privateKey?: Uint8Array;
  readonly publicationInfo?: Uint8Array;
}

// oxfmt-ignore
const CertifiedKeyPair: TaggedCodec<CertifiedKeyPair> = sequence<CertifiedKeyPair>('CertifiedKeyPair', {
  certOrEncCert:   CertOrEncCert,
  privateKey:      optional(explicit(0, any)),
  publicationInfo: optional(explicit(1, any)),
});

/** CertResponse, RFC 9810 section 5.3.4; certReqId is -1 in answer to a p10cr. */
export interface CertResponse {
  readonly certReqId: number;
  readonly status: PKIStatusInfo;
  readonly certifiedKeyPair?: CertifiedKeyPair;
  readonly rspInfo?: Uint8Array;
}

// oxfmt-ignore
export const CertResponse: TaggedCodec<CertResponse> = sequence<CertResponse>('CertResponse', {
  certReqId:        integer,
  status:           PKIStatusInfo,
  certifiedKeyPair: optional(CertifiedKeyPair),
  rspInfo:          optional(octetString),
});

/** CertRepMessage: ip, cp and kup. */
export interface CertRepMessage {
  readonly caPubs?: readonly Certificate[];
  readonly response: readonly CertResponse[];
}

// oxfmt-ignore
export const CertRepMessage: TaggedCodec<CertRepMessage> = sequence<CertRepMessage>('CertRepMessage', {
  caPubs:   optional(explicit(1, sequenceOf(Certificate, { min: 1, max: 100 }))),
  response: sequenceOf(CertResponse, { max: 100 }),
});
