import { explicit, optional, sequence, sequenceOf, type TaggedCodec } from '../../asn1/codec.ts';
import { integer, octetString } from '../../asn1/primitives.ts';
import { AlgorithmIdentifier } from '../../x509/algorithm-identifier.ts';
import { PKIStatusInfo } from './pki-status-info.ts';

/** CertStatus, RFC 9810 section 5.3.18; without statusInfo the certificate is accepted. */
export interface CertStatus {
  readonly certHash: Uint8Array;
  readonly certReqId: number;
  readonly statusInfo?: PKIStatusInfo;
  /** Only where the certificate's signature algorithm defines no hash; needs pvno 3. */
  readonly hashAlg?: AlgorithmIdentifier;
}

// oxfmt-ignore
export const CertStatus: TaggedCodec<CertStatus> = sequence<CertStatus>('CertStatus', {
  certHash:   octetString,
  certReqId:  integer,
  statusInfo: optional(PKIStatusInfo),
  hashAlg:    optional(explicit(0, AlgorithmIdentifier)),
});

/** CertConfirmContent; empty means that all certificates are rejected. */
export type CertConfirmContent = readonly CertStatus[];
export const CertConfirmContent: TaggedCodec<CertConfirmContent> = sequenceOf(CertStatus, {
  max: 100,
});
