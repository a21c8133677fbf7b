import { explicit, optional, sequence, type TaggedCodec } from '../../asn1/codec.ts';
import { Certificate } from '../../x509/certificate.ts';

/**
 * RootCaKeyUpdateContent, RFC 9810 section 5.3.19.15: EXPLICIT tags. RFC 9483 section 4.3.2 demands
 * newWithOld: without it nothing leads from the anchor that is known to the new one.
 */
export interface RootCaKeyUpdateContent {
  /** The new root certificate. */
  readonly newWithNew: Certificate;
  /** The new key, signed by the old one. */
  readonly newWithOld?: Certificate;
  /** The old key, signed by the new one. */
  readonly oldWithNew?: Certificate;
}

// oxfmt-ignore
export const RootCaKeyUpdateContent: TaggedCodec<RootCaKeyUpdateContent> = sequence<RootCaKeyUpdateContent>('RootCaKeyUpdateContent', {
  newWithNew: Certificate,
  newWithOld: optional(explicit(0, Certificate)),
  oldWithNew: optional(explicit(1, Certificate)),
});
