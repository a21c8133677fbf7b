import { explicit, optional, sequence, sequenceOf, type TaggedCodec } from '../../asn1/codec.ts';
import { integer, octetString } from '../../asn1/primitives.ts';
import { generalizedTime } from '../../asn1/times.ts';
import { AlgorithmIdentifier } from '../../x509/algorithm-identifier.ts';
import { GeneralName } from '../../x509/general-name.ts';
import { InfoTypeAndValue } from './info-type-and-value.ts';
import { PKIFreeText } from './pki-status-info.ts';

/** PKIHeader, RFC 9810 section 5.1.1. */
export interface PKIHeader {
  /** 2 is cmp2000, 3 is cmp2021. */
  readonly pvno: number;
  readonly sender: GeneralName;
  readonly recipient: GeneralName;
  readonly messageTime?: Date;
  readonly protectionAlg?: AlgorithmIdentifier;
  readonly senderKID?: Uint8Array;
  readonly recipKID?: Uint8Array;
  readonly transactionID?: Uint8Array;
  readonly senderNonce?: Uint8Array;
  readonly recipNonce?: Uint8Array;
  readonly freeText?: PKIFreeText;
  readonly generalInfo?: readonly InfoTypeAndValue[];
}

// oxfmt-ignore
export const PKIHeader: TaggedCodec<PKIHeader> = sequence<PKIHeader>('PKIHeader', {
  pvno:          integer,
  sender:        GeneralName,
  recipient:     GeneralName,
  messageTime:   optional(explicit(0, generalizedTime)),
  protectionAlg: optional(explicit(1, AlgorithmIdentifier)),
  senderKID:     optional(explicit(2, octetString)),
  recipKID:      optional(explicit(3, octetString)),
  transactionID: optional(explicit(4, octetString)),
  senderNonce:   optional(explicit(5, octetString)),
  recipNonce:    optional(explicit(6, octetString)),
  freeText:      optional(explicit(7, PKIFreeText)),
  generalInfo:   optional(explicit(8, sequenceOf(InfoTypeAndValue, { min: 1, max: 100 }))),
});
