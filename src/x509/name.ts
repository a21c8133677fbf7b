import { toHex } from '../base/bytes.ts';
import { choice, mapped, sequence, sequenceOf, setOf, type Codec } from '../asn1/codec.ts';
import { limited } from '../asn1/limited.ts';
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

type StringType =
  | 'utf8String'
  | 'printableString'
  | 'ia5String'
  | 'teletexString'
  | 'bmpString'
  | 'universalString'
  | 'numericString'
  | 'visibleString';

/**
 * Value of a name's attribute, with the string type it was written in: a received name is compared and
 * sent back as it came, never rebuilt from text.
 */
export type AttributeValue =
  | { [K in StringType]: { readonly type: K; readonly value: string } }[StringType]
  | { readonly type: 'other'; readonly value: Uint8Array };

/**
 * Octets of one value: sixty times what RFC 5280 appendix A allows most attributes (64 characters), and
 * short enough for folding, which takes quadratic time on marks that stand in no order.
 */
export const MAX_VALUE_OCTETS = 4096;

/** Octets of a whole name. Whoever sends a message chooses one before anything is verified. */
export const MAX_NAME_OCTETS = 8192;

export const AttributeValue: Codec<AttributeValue> = limited(
  choice<AttributeValue>('AttributeValue', {
    utf8String,
    printableString,
    ia5String,
    teletexString,
    bmpString,
    universalString,
    numericString,
    visibleString,
    other: any,
  }),
  MAX_VALUE_OCTETS,
);

/** AttributeTypeAndValue, RFC 5280 section 4.1.2.4. */
export interface AttributeTypeAndValue {
  readonly type: Oid;
  readonly value: AttributeValue;
}

// oxfmt-ignore
export const AttributeTypeAndValue: Codec<AttributeTypeAndValue> = sequence<AttributeTypeAndValue>('AttributeTypeAndValue', {
  type:  objectIdentifier,
  value: AttributeValue,
});

/** RelativeDistinguishedName: nearly always one attribute; in DER order. */
export type RelativeDistinguishedName = readonly AttributeTypeAndValue[];

/** Name, RFC 5280 section 4.1.2.4: its RDNs, most general first, as in DER. */
export interface Name {
  readonly rdns: readonly RelativeDistinguishedName[];
}

// A name of a hundred RDNs names nothing; the limit keeps comparison cheap.
export const Name: Codec<Name> = limited(
  mapped(sequenceOf(setOf(AttributeTypeAndValue), { max: 100 }), {
    name: 'Name',
    decode: (rdns) => ({ rdns }),
    encode: ({ rdns }) => rdns,
  }),
  MAX_NAME_OCTETS,
);

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
  // Nearly always the octets are equal, and folding text is what costs.
  return a === b || isAsWritten(a, b) || nameKey(a) === nameKey(b);
}

/**
 * Tell whether a name lies in the subtree below another, as name constraints mean it: whether it begins with all
 * RDNs of `base`, compared as `sameName` does (RFC 5280 sections 4.2.1.10 and 7.1).
 */
export function isNameWithin(name: Name, base: Name): boolean {
  const wanted = keysOf(base).rdns;
  const given = keysOf(name).rdns;
  return wanted.length <= given.length && wanted.every((rdn, i) => rdn === given[i]);
}

/** Give a text that two names have in common exactly when `sameName` holds: to look names up by. */
export function nameKey(name: Name): string {
  return keysOf(name).whole;
}

interface NameKeys {
  readonly rdns: readonly string[];
  readonly whole: string;
}

function keysOf(name: Name): NameKeys {
  const known = keys.get(name);
  if (known !== undefined) return known;
  const rdns = name.rdns.map((rdn) => JSON.stringify(rdn.map(attributeKey).toSorted()));
  const made = { rdns, whole: `[${rdns.join()}]` };
  keys.set(name, made);
  return made;
}

// One sender is compared with the subject of every certificate that came.
const keys = new WeakMap<Name, NameKeys>();

function isAsWritten(a: Name, b: Name): boolean {
  return (
    a.rdns.length === b.rdns.length &&
    a.rdns.every((rdn, i) => {
      const other = b.rdns[i] ?? [];
      return (
        rdn.length === other.length &&
        rdn.every(({ type, value }, j) => {
          const twin = other[j];
          return twin?.type === type && twin.value.value === value.value;
        })
      );
    })
  );
}

function attributeKey({ type, value }: AttributeTypeAndValue): string {
  return value.type === 'other' ? `${type}#${toHex(value.value)}` : `${type}=${fold(value.value)}`;
}

// RFC 4518 section 2.2: mapped to nothing; white space among the control characters becomes a space below.
const mappedToNothing =
  /\u034f|[\u180b-\u180d]|[\ufe00-\ufe0f]|[\p{Cf}\ufffc]|(?![\t\n\v\f\r\u0085])\p{Cc}/gu;

/** Prepare text for comparison: RFC 4518 with case folding, NFKC and insignificant space handling. */
function fold(text: string): string {
  const folded = foldCase(text.replace(mappedToNothing, ''));
  // Twice, as table B.2 of RFC 3454 has it: what NFKC makes of a character may have capitals.
  return foldCase(folded.normalize('NFKC'))
    .normalize('NFKC')
    .replace(/[\s\u0085]+/gu, ' ')
    .trim();
}

/**
 * Fold case as table B.2 of RFC 3454 does. By way of upper case, since only so "ß", "ẞ" and "ss", or the
 * small sigmas, come out as one; but "ı", whose capital is I, is another letter than "i" in that table.
 */
function foldCase(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^ı]+/g, (part) => part.toUpperCase())
    .toLowerCase()
    .replaceAll('ς', 'σ');
}

/** Give the text of the last attribute of a type, if it is text. */
export function attributeText(name: Name, type: Oid): string | undefined {
  const found = name.rdns.flat().findLast((attribute) => attribute.type === type);
  return found === undefined || found.value.type === 'other' ? undefined : found.value.value;
}
