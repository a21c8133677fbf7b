import { CertError } from '../base/errors.ts';
import { toHex, utf8, fromHex, concatBytes } from '../base/bytes.ts';
import { cut } from '../base/printable.ts';
import { fromDer, toDer } from '../asn1/codec.ts';
import { isOid, oids, type Oid } from '../asn1/oids.ts';
import { isPrintable } from '../asn1/strings.ts';
import {
  AttributeValue,
  MAX_NAME_OCTETS,
  MAX_VALUE_OCTETS,
  Name,
  type AttributeTypeAndValue,
} from './name.ts';

/** Keywords of RFC 4514 section 3 and those operators write besides. The first of an OID is the one we print. */
const keywords: readonly (readonly [string, Oid])[] = [
  ['CN', oids.commonName],
  ['L', oids.localityName],
  ['ST', oids.stateOrProvinceName],
  ['S', oids.stateOrProvinceName],
  ['O', oids.organizationName],
  ['OU', oids.organizationalUnitName],
  ['C', oids.countryName],
  ['STREET', oids.streetAddress],
  ['DC', oids.domainComponent],
  ['UID', oids.userId],
  ['emailAddress', oids.emailAddress],
  ['E', oids.emailAddress],
  ['serialNumber', oids.serialNumber],
  ['SN', oids.surname],
  ['surname', oids.surname],
  ['GN', oids.givenName],
  ['givenName', oids.givenName],
  ['title', oids.title],
  ['initials', oids.initials],
  ['pseudonym', oids.pseudonym],
  ['dnQualifier', oids.dnQualifier],
  ['generationQualifier', oids.generationQualifier],
  ['organizationIdentifier', oids.organizationIdentifier],
];
const oidOf = new Map(keywords.map(([keyword, oid]) => [keyword.toLowerCase(), oid]));
const keywordOf = new Map(keywords.toReversed().map(([keyword, oid]) => [oid, keyword]));

/**
 * Format a name as RFC 4514 does: most specific RDN first. For people and logs only, never to compare.
 */
export function formatName(name: Name): string {
  return name.rdns
    .toReversed()
    .map((rdn) => rdn.map(formatAttribute).join('+'))
    .join(',');
}

/** Quote a name in a message: as `formatName` writes it, cut where it tells no more. */
export function quoteName(name: Name): string {
  return `"${cut(formatName(name), MAX_QUOTED_CHARACTERS)}"`;
}

// Names of people and machines have under a hundred; who sends one of thousands wants to bury the message.
const MAX_QUOTED_CHARACTERS = 300;

function formatAttribute({ type, value }: AttributeTypeAndValue): string {
  const keyword = keywordOf.get(type);
  if (value.type === 'other') return `${keyword ?? type}=#${toHex(value.value)}`;
  if (keyword === undefined) return `${type}=#${toHex(toDer(AttributeValue, value))}`;
  const escaped = value.value
    .replace(/[\\",+;<>]/g, '\\$&')
    .replace(/^[ #]/, '\\$&')
    .replace(/(?<!^\\) $/, '\\ ')
    // Control characters would let a hostile name write over a terminal, and turn its text around. Taken in
    // runs, because such a name may be made of nothing else.
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, (run) => toHex(utf8(run)).replace(/../g, '\\$&'));
  return `${keyword}=${escaped}`;
}

/**
 * Parse a distinguished name an operator typed: RFC 4514 (`CN=gw1,O=Test`: most specific first), and the
 * form of `openssl -subj` (`/O=Test/CN=gw1`: most general first). The empty text is the NULL-DN.
 *
 * Attributes become UTF8String, except countryName, serialNumber and dnQualifier (PrintableString) and
 * domainComponent and emailAddress (IA5String), as RFC 5280 appendix A has them.
 *
 * @throws {CertError} DN_INVALID with the place that cannot be read
 */
export function parseName(text: string): Name {
  if (text.trim() === '') return { rdns: [] };
  const isSlashed = text.startsWith('/');
  const parts = isSlashed
    ? splitUnescaped(text.slice(1), '/')
    : splitUnescaped(text, ',', ';').toReversed();
  const name = { rdns: parts.map((rdn) => parseRdn(rdn, text)) };
  try {
    // Nobody should send a name that cannot be read back.
    fromDer(Name, toDer(Name, name));
  } catch {
    refuse(
      text,
      `it has over 100 parts, a value over ${MAX_VALUE_OCTETS} octets, or over ${MAX_NAME_OCTETS} in all`,
    );
  }
  return name;
}

function parseRdn(rdn: string, whole: string): readonly AttributeTypeAndValue[] {
  const attributes = splitUnescaped(rdn, '+').map((part) => parseAttribute(part, whole));
  const encoded = attributes.map(
    ({ type, value }) => `${type} ${toHex(toDer(AttributeValue, value))}`,
  );
  if (new Set(encoded).size !== encoded.length) refuse(whole, `"${rdn}" names one thing twice`);
  return attributes;
}

function parseAttribute(part: string, whole: string): AttributeTypeAndValue {
  const at = part.indexOf('=');
  if (at <= 0) return refuse(whole, `"${part.trim()}" is not TYPE=VALUE`);
  const keyword = part.slice(0, at).trim();
  const type = isOid(keyword) ? keyword : oidOf.get(keyword.toLowerCase());
  if (type === undefined) return refuse(whole, `"${keyword}" is not an attribute type`);
  const raw = trimUnescaped(part.slice(at + 1));
  if (raw.startsWith('#')) return { type, value: hexValue(raw.slice(1), whole) };
  const value = unescape(raw, whole);
  if (value === '') return refuse(whole, `${keyword} is empty`);
  if (type === oids.countryName && !/^[A-Za-z]{2}$/.test(value)) {
    return refuse(whole, `country "${value}" is not two letters`);
  }
  return { type, value: { type: stringTypeOf(type, value), value } };
}

function stringTypeOf(type: Oid, value: string): 'utf8String' | 'printableString' | 'ia5String' {
  const isPrintableType =
    type === oids.countryName || type === oids.serialNumber || type === oids.dnQualifier;
  if (isPrintableType && isPrintable(value)) return 'printableString';
  const isIa5Type = type === oids.domainComponent || type === oids.emailAddress;
  // oxlint-disable-next-line no-control-regex -- the whole of ASCII is meant
  return isIa5Type && /^[\x00-\x7f]*$/.test(value) ? 'ia5String' : 'utf8String';
}

function hexValue(hex: string, whole: string): AttributeValue {
  try {
    return fromDer(AttributeValue, fromHex(hex));
  } catch {
    return refuse(whole, `"#${hex}" is not the hexadecimal DER of a value`);
  }
}

function splitUnescaped(text: string, ...separators: readonly string[]): readonly string[] {
  const parts: string[] = [];
  let part = '';
  let quoted = false;
  for (let i = 0; i < text.length; i++) {
    const character = text.charAt(i);
    if (character === '\\') {
      part += character + text.charAt(++i);
    } else if (!quoted && separators.includes(character)) {
      parts.push(part);
      part = '';
    } else {
      if (character === '"') quoted = !quoted;
      part += character;
    }
  }
  if (quoted) refuse(text, 'a quotation mark is not closed');
  return [...parts, part];
}

function trimUnescaped(text: string): string {
  const trimmed = text.trim();
  return /(?:^|[^\\])(?:\\\\)*\\$/.test(trimmed) && text.trimStart() !== trimmed
    ? `${trimmed} `
    : trimmed;
}

function unescape(text: string, whole: string): string {
  const isQuoted = text.length > 1 && text.startsWith('"') && text.endsWith('"');
  const body = isQuoted ? text.slice(1, -1) : text;
  const octets: Uint8Array[] = [];
  for (let i = 0; i < body.length; i++) {
    const point = body.codePointAt(i) ?? 0;
    const character = String.fromCodePoint(point);
    if (character === '"') refuse(whole, 'a quotation mark stands inside a value');
    if (character !== '\\') {
      octets.push(utf8(character));
      i += character.length - 1;
      continue;
    }
    const pair = body.slice(i + 1, i + 3);
    if (/^[0-9a-fA-F]{2}$/.test(pair)) {
      octets.push(fromHex(pair));
      i += 2;
    } else if (i + 1 < body.length) {
      const escaped = String.fromCodePoint(body.codePointAt(i + 1) ?? 0);
      octets.push(utf8(escaped));
      i += escaped.length;
    } else {
      refuse(whole, 'it ends in a backslash');
    }
  }
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(
      concatBytes(...octets),
    );
  } catch {
    return refuse(whole, 'the escaped octets are not UTF-8');
  }
}

function refuse(whole: string, why: string): never {
  const quoted = cut(whole, MAX_QUOTED_CHARACTERS);
  throw new CertError('DN_INVALID', `Cannot read distinguished name "${quoted}": ${why}`, {
    hint: 'Write it as in "CN=gw1,O=Example,C=DE"; put a backslash before , + " \\ < > ; inside a value',
  });
}
