import * as asn1js from 'asn1js';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import { fromDer, toDer, type Codec } from '../../src/asn1/codec.ts';
import {
  bmpString,
  ia5String,
  isPrintable,
  numericString,
  printableString,
  teletexString,
  universalString,
  utf8String,
  visibleString,
} from '../../src/asn1/strings.ts';

describe('strings are written and read as asn1js does:', () => {
  it.each<[string, Codec<string>, asn1js.BaseBlock, string]>([
    ['UTF8String', utf8String, new asn1js.Utf8String({ value: 'Zürich 😀' }), 'Zürich 😀'],
    [
      'PrintableString',
      printableString,
      new asn1js.PrintableString({ value: "A-1 'x'" }),
      "A-1 'x'",
    ],
    ['IA5String', ia5String, new asn1js.IA5String({ value: 'a@b.example' }), 'a@b.example'],
    ['NumericString', numericString, new asn1js.NumericString({ value: '12 34' }), '12 34'],
    ['VisibleString', visibleString, new asn1js.VisibleString({ value: 'a~b' }), 'a~b'],
    ['BMPString', bmpString, new asn1js.BmpString({ value: 'Zürich €' }), 'Zürich €'],
    [
      'UniversalString',
      universalString,
      new asn1js.UniversalString({ value: 'Zürich €' }),
      'Zürich €',
    ],
  ])('%s', (_, codec, peer, text) => {
    const der = toDer(codec, text);
    expect(toHex(der)).toBe(toHex(new Uint8Array(peer.toBER())));
    expect(fromDer(codec, der)).toBe(text);
  });
});

describe('strings round trip:', () => {
  it.each<[string, Codec<string>, string]>([
    ['an empty UTF8String', utf8String, ''],
    ['a UTF8String with a byte order mark', utf8String, '\ufeffa'],
    ['a UTF8String with NUL', utf8String, 'a\0b'],
    ['a TeletexString, as ISO 8859-1', teletexString, 'Zürich'],
    ['a BMPString with a surrogate pair', bmpString, 'a😀'],
    ['a UniversalString beyond the basic plane', universalString, 'a😀'],
    ['an IA5String with control characters', ia5String, 'a\tb\x7f'],
    ['every character of PrintableString', printableString, "azAZ09 '()+,-./:=?"],
  ])('%s', (_, codec, text) => {
    expect(fromDer(codec, toDer(codec, text))).toBe(text);
  });
});

describe('strings are refused:', () => {
  it.each<[string, Codec<string>, string]>([
    ['UTF8String with a lone continuation octet', utf8String, '0c0180'],
    ['UTF8String with an overlong form', utf8String, '0c02c080'],
    ['UTF8String with a surrogate', utf8String, '0c03eda080'],
    ['UTF8String that is cut off', utf8String, '0c01c3'],
    ['PrintableString with @', printableString, '130140'],
    ['PrintableString with *', printableString, '13012a'],
    ['PrintableString with a quotation mark', printableString, '130122'],
    ['PrintableString with a line feed at its end', printableString, '1302410a'],
    ['IA5String with an octet over 7F', ia5String, '1601c3'],
    ['NumericString with a letter', numericString, '120141'],
    ['VisibleString with a control character', visibleString, '1a0107'],
    ['BMPString of an odd number of octets', bmpString, '1e03004100'],
    ['UniversalString that is not in fours', universalString, '1c03000041'],
    ['UniversalString beyond Unicode', universalString, '1c0400110000'],
    ['UniversalString with a surrogate', universalString, '1c040000d800'],
  ])('%s', (_, codec, hex) => {
    expect(() => fromDer(codec, fromHex(hex))).toThrow(
      expect.objectContaining({ code: 'DER_MALFORMED' }),
    );
  });
});

describe('strings we write ourselves', () => {
  it.each<[string, Codec<string>, string]>([
    ['IA5String', ia5String, 'müller.example'],
    ['PrintableString', printableString, 'Zürich'],
    ['TeletexString', teletexString, '€'],
  ])('cannot have a character that %s has not', (name, codec, text) => {
    expect(() => toDer(codec, text)).toThrow(`Cannot encode "${text}" as ${name}`);
  });
});

describe('isPrintable()', () => {
  it('tells what a PrintableString may hold', () => {
    expect(isPrintable("O'Neil (1) +,-./:=?")).toBe(true);
    for (const text of ['a@b', '*', 'a_b', 'é', 'a\n']) expect(isPrintable(text)).toBe(false);
  });
});
