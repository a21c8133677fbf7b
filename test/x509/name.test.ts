import { describe, expect, it } from 'vitest';
import { concatBytes, fromHex, toHex } from '../../src/base/bytes.ts';
import { fromDer, toDer } from '../../src/asn1/codec.ts';
import { oids } from '../../src/asn1/oids.ts';
import {
  attributeText,
  isNameWithin,
  isNullDn,
  Name,
  nameKey,
  nullDn,
  sameName,
  type AttributeTypeAndValue,
  type AttributeValue,
} from '../../src/x509/name.ts';
import { parseName } from '../../src/x509/name-text.ts';

function commonName(value: AttributeValue): Name {
  return { rdns: [[{ type: oids.commonName, value }]] };
}

function utf8(value: string): Name {
  return commonName({ type: 'utf8String', value });
}

function text(value: string): AttributeValue {
  return { type: 'utf8String', value };
}

function attribute(value: string): AttributeTypeAndValue {
  return { type: oids.commonName, value: text(value) };
}

function element(tag: number, ...content: readonly Uint8Array[]): Uint8Array {
  const octets = concatBytes(...content);
  return Uint8Array.of(tag, octets.length, ...octets);
}

/** Compared all ways: two names are the same or not, from both ends and by key. */
function isSame(a: Name, b: Name): boolean {
  const answers = [sameName(a, b), sameName(b, a), nameKey(a) === nameKey(b)];
  if (new Set(answers).size !== 1) throw new Error(`not symmetric: ${answers.join(', ')}`);
  return answers[0] ?? false;
}

describe('sameName() by RFC 5280 section 7.1', () => {
  it.each([
    ['in another case', 'Test CA', 'TEST ca'],
    ['with white space at its ends', 'Test CA', '  Test CA '],
    ['with more white space inside', 'Test CA', 'Test   CA'],
    ['with a tab for a space', 'Test CA', 'Test\tCA'],
    ['with a no-break space', 'Test CA', 'Test\u00a0CA'],
    ['composed and decomposed', 'Zürich', 'Zu\u0308rich'],
    ['with a ligature', 'office', 'o\ufb03ce'],
    ['with ß for ss', 'Straße', 'STRASSE'],
    ['with both small sigmas', 'ΟΔΟΣ', 'οδος'],
    ['with a soft hyphen', 'TestCA', 'Test\u00adCA'],
    ['with a zero width space', 'TestCA', 'Test\u200bCA'],
    ['in full width letters', 'CA', '\uff23\uff21'],
  ])('takes a name %s for the same', (_, a, b) => {
    expect(isSame(utf8(a), utf8(b))).toBe(true);
  });

  it.each([
    ['other text', utf8('a'), utf8('b')],
    ['white space against none', utf8('TestCA'), utf8('Test CA')],
    ['an accent', utf8('Zurich'), utf8('Zürich')],
    ['an RDN more', parseName('CN=a,O=b'), parseName('CN=a')],
    ['another order of RDNs', parseName('CN=a,O=b'), parseName('O=b,CN=a')],
    ['another attribute type', parseName('CN=a'), parseName('O=a')],
    ['one RDN for two', parseName('CN=a+O=b'), parseName('CN=a,O=b')],
    ['an attribute more in an RDN', parseName('CN=a+O=b'), parseName('CN=a')],
    ['the NULL-DN', parseName('CN=a'), nullDn],
    ['twice the same in an RDN', parseName('CN=a+CN=A'), parseName('CN=a+CN=b')],
    ['two of three twice', parseName('CN=a+CN=A+CN=b'), parseName('CN=a+CN=b+CN=B')],
    [
      'octets where text is',
      commonName({ type: 'other', value: fromHex('020105') }),
      utf8('#020105'),
    ],
    [
      'other octets',
      commonName({ type: 'other', value: fromHex('020105') }),
      commonName({ type: 'other', value: fromHex('020106') }),
    ],
  ])('tells %s apart', (_, a, b) => {
    expect(isSame(a, b)).toBe(false);
  });

  it('compares text across string types, and other values by their octets', () => {
    const types = [
      'utf8String',
      'printableString',
      'bmpString',
      'teletexString',
      'ia5String',
    ] as const;
    for (const type of types) {
      expect(isSame(commonName({ type, value: 'Test CA' }), utf8('test ca'))).toBe(true);
    }
    const other = commonName({ type: 'other', value: fromHex('020105') });
    expect(isSame(other, structuredClone(other))).toBe(true);
  });

  it('takes the attributes of an RDN in any order', () => {
    expect(isSame(parseName('CN=a+O=b'), parseName('O=B+CN=A'))).toBe(true);
    expect(isSame(nullDn, parseName(''))).toBe(true);
  });
});

describe('sameName() folds case by table B.2 of RFC 3454', () => {
  it.each([
    ['µ, micro', '\u00b5', '\u03bc'],
    ['ß', 'ß', 'ss'],
    ['ẞ, which came after the table', 'ẞ', 'ss'],
    ['İ', 'İ', 'i\u0307'],
    ['ŉ', 'ŉ', '\u02bcn'],
    ['ſ', 'ſ', 's'],
    ['ẛ', 'ẛ', 'ṡ'],
    ['ς', 'ς', 'σ'],
    ['ς at the end', 'ΣΑΣ', 'σας'],
    ['ϐ', 'ϐ', 'β'],
    ['ᾳ', 'ᾳ', 'αι'],
    ['և', 'և', 'եւ'],
    ['K, Kelvin', '\u212a', 'k'],
    ['Å, Ångström', '\u212b', 'å'],
    ['Ω, Ohm', '\u2126', 'ω'],
    ['₨', '₨', 'rs'],
    ['℡', '℡', 'tel'],
    ['ﬆ', 'ﬆ', 'st'],
    ['𝐀', '𝐀', 'a'],
  ])('%s', (_, written, folded) => {
    expect(isSame(utf8(`x${written}`), utf8(`x${folded}`))).toBe(true);
  });

  it.each([
    ['ı', 'cmp-s\u0131gner', 'cmp-signer'],
    ['ı and the capital I', '\u0131', 'I'],
    ['ı written mathematically', '\u{1d6a4}', 'i'],
    ['İ', 'İ', 'i'],
    ['ĸ', 'ĸ', 'k'],
    ['ß and s', 'ß', 's'],
  ])('which leaves %s what it is', (_, a, b) => {
    expect(isSame(utf8(a), utf8(b))).toBe(false);
  });
});

describe('a name of a peer that costs more than it says', () => {
  it.each([
    ['an attribute', [[{ type: oids.commonName, value: text('x'.repeat(4093)) }]]],
    ['an RDN', [Array.from({ length: 90 }, (_, i) => attribute(`${i}${'x'.repeat(90)}`))]],
    ['all of it', Array.from({ length: 90 }, (_, i) => [attribute(`${i}${'x'.repeat(90)}`)])],
  ])('is refused for the length of %s', (_, rdns) => {
    expect(() => fromDer(Name, toDer(Name, { rdns }))).toThrow(
      expect.objectContaining({ code: 'LIMIT_EXCEEDED' }),
    );
  });

  it('is read up to the limit, and folded at once', () => {
    const marks = '\u0301\u0327'.repeat(1000);
    const name = fromDer(Name, toDer(Name, utf8(`x${marks}`)));
    const others = Array.from({ length: 20_000 }, (_, i) => utf8(`other ${i}`));
    const start = performance.now();
    expect(others.some((other) => sameName(name, other))).toBe(false);
    expect(performance.now() - start).toBeLessThan(2000);
  });
});

describe('Name', () => {
  it('keeps every string type, so that it is written as it came', () => {
    const values = [
      ['550406', '13024445'], // PrintableString
      ['55040a', '0c0454657374'], // UTF8String
      ['55040b', '1e0400540065'], // BMPString
      ['55040b', '14035afc68'], // TeletexString
      ['550403', '020105'], // INTEGER, which no directory has
    ] as const;
    const der = element(
      0x30,
      ...values.map(([type, value]) =>
        element(0x31, element(0x30, element(0x06, fromHex(type)), fromHex(value))),
      ),
    );
    const name = fromDer(Name, der);
    expect(name.rdns.map((rdn) => rdn[0]?.value.type)).toEqual([
      'printableString',
      'utf8String',
      'bmpString',
      'teletexString',
      'other',
    ]);
    expect(toHex(toDer(Name, structuredClone(name)))).toBe(toHex(der));
  });

  it.each([
    ['an empty RDN', '30023100'],
    ['an unsorted RDN', '301631143008060355040a0c0162300806035504030c0161'],
    ['a value that is missing', '3009310730050603550403'],
  ])('refuses %s', (_, hex) => {
    expect(() => fromDer(Name, fromHex(hex))).toThrow(
      expect.objectContaining({ code: 'DER_MALFORMED' }),
    );
  });

  it('refuses more than a hundred RDNs', () => {
    const rdns = Array.from({ length: 101 }, () => utf8('a').rdns[0] ?? []);
    expect(() => fromDer(Name, toDer(Name, { rdns }))).toThrow('more than 100 elements');
    expect(fromDer(Name, toDer(Name, { rdns: rdns.slice(1) })).rdns).toHaveLength(100);
  });
});

describe('isNameWithin()', () => {
  it('compares all RDNs of the base, from the most general on, as sameName() does', () => {
    const name = parseName('CN=gw1,OU=Gates,O=Test');
    for (const base of ['O=Test', 'O= TEST ', 'OU=gates,O=test', 'CN=gw1,OU=Gates,O=Test']) {
      expect(isNameWithin(name, parseName(base))).toBe(true);
    }
    expect(isNameWithin(name, nullDn)).toBe(true);
    for (const base of ['OU=Gates', 'O=Tes', 'CN=gw1,O=Test', 'CN=x,CN=gw1,OU=Gates,O=Test']) {
      expect(isNameWithin(name, parseName(base))).toBe(false);
    }
  });
});

describe('isNullDn() and attributeText()', () => {
  it('tell an empty name, and the most specific attribute of a type', () => {
    expect(isNullDn(fromDer(Name, fromHex('3000')))).toBe(true);
    expect(isNullDn(parseName('CN=a'))).toBe(false);
    expect(attributeText(parseName('CN=b,CN=a,O=x'), oids.commonName)).toBe('b');
    expect(attributeText(parseName('O=x'), oids.commonName)).toBeUndefined();
    const other = commonName({ type: 'other', value: fromHex('020105') });
    expect(attributeText(other, oids.commonName)).toBeUndefined();
  });
});
