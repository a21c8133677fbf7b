import {
  choice,
  explicit,
  implicit,
  sequence,
  sequenceOf,
  type Codec,
  type TaggedCodec,
} from '../asn1/codec.ts';
import type { Oid } from '../asn1/oids.ts';
import { any, objectIdentifier, octetString } from '../asn1/primitives.ts';
import { ia5String } from '../asn1/strings.ts';
import { Name } from './name.ts';

/** OtherName, RFC 5280 section 4.2.1.6; the value is carried as it stands. */
export interface OtherName {
  readonly typeId: Oid;
  readonly value: Uint8Array;
}

// oxfmt-ignore
const OtherName: TaggedCodec<OtherName> = sequence<OtherName>('OtherName', {
  typeId: objectIdentifier,
  value:  explicit(0, any),
});

/** An element of one tag, kept whole: the two forms nobody issues. */
function carried(number: number): Codec<Uint8Array> {
  return { ...any, starts: (tag) => tag === (0xa0 | number) };
}

/** GeneralName, RFC 5280 section 4.2.1.6; iPAddress is 4 or 16 octets (8 or 32 in name constraints). */
export type GeneralName =
  | { readonly type: 'otherName'; readonly value: OtherName }
  | { readonly type: 'rfc822Name'; readonly value: string }
  | { readonly type: 'dNSName'; readonly value: string }
  | { readonly type: 'x400Address'; readonly value: Uint8Array }
  | { readonly type: 'directoryName'; readonly value: Name }
  | { readonly type: 'ediPartyName'; readonly value: Uint8Array }
  | { readonly type: 'uniformResourceIdentifier'; readonly value: string }
  | { readonly type: 'iPAddress'; readonly value: Uint8Array }
  | { readonly type: 'registeredID'; readonly value: Oid };

// oxfmt-ignore
export const GeneralName: Codec<GeneralName> = choice<GeneralName>('GeneralName', {
  otherName:                 implicit(0, OtherName),
  rfc822Name:                implicit(1, ia5String),
  dNSName:                   implicit(2, ia5String),
  x400Address:               carried(3),
  directoryName:             explicit(4, Name), // Name is a CHOICE, so its tag stays
  ediPartyName:              carried(5),
  uniformResourceIdentifier: implicit(6, ia5String),
  iPAddress:                 implicit(7, octetString),
  registeredID:              implicit(8, objectIdentifier),
});

/** GeneralNames, RFC 5280 section 4.2.1.6: at least one. */
export type GeneralNames = readonly GeneralName[];
export const GeneralNames: TaggedCodec<GeneralNames> = sequenceOf(GeneralName, { min: 1 });
