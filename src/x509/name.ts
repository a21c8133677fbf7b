import { bytesEqual } from '../base/bytes.ts';
import { choice, mapped, sequence, sequenceOf, setOf, toDer, type Codec } from '../asn1/codec.ts';
import type { Oid } from '../asn1/oids.ts';
import { any, objectIdentifier } from '../asn1/primitives.ts';
import {
  bmpString,
  ia5String,
  numericString,
  printableString,
  teletexString,
  universalString,
  utf8String,
  visibleString,
} from '../asn1/strings.ts';

/**
 * Value of a name's attribute, with the string type it was written in: a received name is compared and
 * sent back as it came, never rebuilt from text.
 */
export type AttributeValue =
  | { [K in StringType]: { readonly type: K; readonly value: string } }[StringType]
  | { readonly type: 'other'; readonly value: Uint8Array };

type StringType =
  | 'utf8String'
  | 'printableString'
  | 'ia5String'
  | 'teletexString'
  | 'bmpString'
  | 'universalString'
  | 'numericString'
  | 'visibleString';

export const AttributeValue: Codec<AttributeValue> = choice<AttributeValue>('AttributeValue', {
  utf8String,
  printableString,
  ia5String,
  teletexString,
  bmpString,
  universalString,
  numericString,
  visibleString,
  other: any,
});

export interface AttributeTypeAndValue {
  readonly type: Oid;
  readonly value: AttributeValue;
}

// oxfmt-ignore
export const AttributeTypeAndValue: Codec<AttributeTypeAndValue> = sequence<AttributeTypeAndValue>('AttributeTypeAndValue', {
  type:  objectIdentifier,
  value: AttributeValue,
});

export type RelativeDistinguishedName = readonly AttributeTypeAndValue[];

/** Name, RFC 5280 section 4.1.2.4: its RDNs, most general first, as in DER. */
export interface Name {
  readonly rdns: readonly RelativeDistinguishedName[];
}

// A name of a hundred RDNs names nothing; the limit keeps comparison cheap.
export const Name: Codec<Name> = mapped(sequenceOf(setOf(AttributeTypeAndValue), { max: 100 }), {
  name: 'Name',
  decode: (rdns) => ({ rdns }),
  encode: ({ rdns }) => rdns,
});

/** The empty Name, 30 00: "NULL-DN" of RFC 9810. */
export const nullDn: Name = { rdns: [] };

/** Tell whether a name is the NULL-DN. */
export function isNullDn(name: Name): boolean {
  return name.rdns.length === 0;
}

/**
 * Compare two names as RFC 5280 section 7.1 says: same RDNs in the same order, attributes of an RDN in
 * any order, text without regard to case, string type and inner white space.
 */
export function sameName(a: Name, b: Name): boolean {
  return (
    a.rdns.length === b.rdns.length &&
    a.rdns.every((rdn, i) => {
      const other = b.rdns[i] ?? [];
      return (
        rdn.length === other.length && rdn.every((x) => other.some((y) => sameAttribute(x, y)))
      );
    })
  );
}

function sameAttribute(a: AttributeTypeAndValue, b: AttributeTypeAndValue): boolean {
  if (a.type !== b.type) return false;
  const [left, right] = [a.value, b.value];
  if (left.type === 'other' || right.type === 'other') {
    return bytesEqual(toDer(AttributeValue, left), toDer(AttributeValue, right));
  }
  return left.value === right.value || fold(left.value) === fold(right.value);
}

/** Prepare text for comparison: RFC 4518 with NFKC, case folding and insignificant space handling. */
function fold(text: string): string {
  return text.normalize('NFKC').toLowerCase().replace(/\s+/gu, ' ').trim();
}

/** Give the text of the last attribute of a type, if it is text. */
export function attributeText(name: Name, type: Oid): string | undefined {
  const found = name.rdns.flat().findLast((attribute) => attribute.type === type);
  return found === undefined || found.value.type === 'other' ? undefined : found.value.value;
}
