import { defaulted, sequence, sequenceOf, type TaggedCodec } from '../asn1/codec.ts';
import type { Oid } from '../asn1/oids.ts';
import { boolean, objectIdentifier, octetString } from '../asn1/primitives.ts';

/** Extension, RFC 5280 section 4.1; `extnValue` is the DER inside the OCTET STRING. */
export interface Extension {
  readonly extnID: Oid;
  readonly critical: boolean;
  readonly extnValue: Uint8Array;
}

// oxfmt-ignore
export const Extension: TaggedCodec<Extension> = sequence<Extension>('Extension', {
  extnID:    objectIdentifier,
  critical:  defaulted(boolean, false),
  extnValue: octetString,
});

/** Extensions, RFC 5280 section 4.1: at least one. */
export type Extensions = readonly Extension[];
export const Extensions: TaggedCodec<Extensions> = sequenceOf(Extension, { min: 1, max: 200 });
