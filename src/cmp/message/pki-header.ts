import { explicit, optional, sequence, sequenceOf, type TaggedCodec } from '../../asn1/codec.ts';
import { limited } from '../../asn1/limited.ts';
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

// What a peer chooses here is kept, sent back and printed. RFC 9810 wants 16 octets of each; the element
// has two more, for tag and length.
const identifier = limited(octetString, 64 + 2);

// The reference value of a shared secret, or a subjectKeyIdentifier; from 256 octets on, four more.
const keyIdentifier = limited(octetString, 1024 + 4);

// oxfmt-ignore
export const PKIHeader: TaggedCodec<PKIHeader> = sequence<PKIHeader>('PKIHeader', {
  pvno:          integer,
  sender:        GeneralName,
  recipient:     GeneralName,
  messageTime:   optional(explicit(0, generalizedTime)),
  protectionAlg: optional(explicit(1, AlgorithmIdentifier)),
  senderKID:     optional(explicit(2, keyIdentifier)),
  recipKID:      optional(explicit(3, keyIdentifier)),
  transactionID: optional(explicit(4, identifier)),
  senderNonce:   optional(explicit(5, identifier)),
  recipNonce:    optional(explicit(6, identifier)),
  freeText:      optional(explicit(7, PKIFreeText)),
  generalInfo:   optional(explicit(8, sequenceOf(InfoTypeAndValue, { min: 1, max: 100 }))),
});
