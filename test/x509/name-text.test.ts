import { describe, expect, it } from 'vitest';
import { toHex } from '../../src/base/bytes.ts';
import { fromDer, toDer } from '../../src/asn1/codec.ts';
import { oids } from '../../src/asn1/oids.ts';
import { isNullDn, Name, sameName } from '../../src/x509/name.ts';
import { formatName, parseName, quoteName } from '../../src/x509/name-text.ts';
import { scaled } from '../harness/effort.ts';
import { seeded } from '../harness/seeded.ts';

/** The attributes of a name, most general first, an RDN a line. */
function attributes(name: Name): string[] {
  return name.rdns.map((rdn) =>
    rdn.map(({ type, value }) => `${type} ${value.type} ${String(value.value)}`).join(' + '),
  );
}

/** The one value of a name with one attribute. */
function valueOf(text: string): unknown {
  return parseName(text).rdns[0]?.[0]?.value.value;
}

function commonName(value: string): Name {
  return { rdns: [[{ type: oids.commonName, value: { type: 'utf8String', value } }]] };
}

describe('parseName() reads RFC 4514', () => {
  it('most specific first, and keeps it most general first as DER has it', () => {
    expect(attributes(parseName('CN=gw1,OU=VPN,O=Test,C=DE'))).toEqual([
      '2.5.4.6 printableString DE',
      '2.5.4.10 utf8String Test',
      '2.5.4.11 utf8String VPN',
      '2.5.4.3 utf8String gw1',
    ]);
  });

  it.each([
    [
      'spaces around separators',
      'CN = gw1 , O = Test',
      ['2.5.4.10 utf8String Test', '2.5.4.3 utf8String gw1'],
    ],
    [
      'keywords in any case',
      'cn=gw1,EMAILADDRESS=a@b',
      ['1.2.840.113549.1.9.1 ia5String a@b', '2.5.4.3 utf8String gw1'],
    ],
    [
      'semicolons as RFC 2253 allowed',
      'CN=gw1;O=Test',
      ['2.5.4.10 utf8String Test', '2.5.4.3 utf8String gw1'],
    ],
    [
      'a multi-valued RDN',
      'CN=gw1+serialNumber=7,O=Test',
      ['2.5.4.10 utf8String Test', '2.5.4.3 utf8String gw1 + 2.5.4.5 printableString 7'],
    ],
    ['a dotted type', '2.5.4.3=gw1', ['2.5.4.3 utf8String gw1']],
    [
      'the first root of X.660',
      '0.9.2342.19200300.100.1.25=example',
      ['0.9.2342.19200300.100.1.25 ia5String example'],
    ],
    [
      'domain components',
      'DC=b,DC=example',
      ['0.9.2342.19200300.100.1.25 ia5String example', '0.9.2342.19200300.100.1.25 ia5String b'],
    ],
    ['a serialNumber no PrintableString can hold', 'serialNumber=a_b', ['2.5.4.5 utf8String a_b']],
    ['a hexadecimal value', 'CN=#0c03677731', ['2.5.4.3 utf8String gw1']],
    ['a hexadecimal value of any type', '2.999.1=#020105', ['2.999.1 other 2,1,5']],
    [
      'a quoted value',
      'CN="a, b=c+d",O=Test',
      ['2.5.4.10 utf8String Test', '2.5.4.3 utf8String a, b=c+d'],
    ],
  ])('%s', (_, text, expected) => {
    expect(attributes(parseName(text))).toEqual(expected);
  });

  it.each([
    ['CN=a\\,b', 'a,b'],
    ['CN=a\\+b\\;c\\<d\\>', 'a+b;c<d>'],
    ['CN=\\#a', '#a'],
    ['CN=\\ a\\ ', ' a '],
    ['CN=\\ ', ' '],
    ['CN=a\\\\', 'a\\'],
    ['CN=a\\"b', 'a"b'],
    ['CN=a\\=b=c', 'a=b=c'],
    ['CN=Z\\C3\\BCrich', 'Zürich'],
    ['CN=Z\\c3\\bcrich', 'Zürich'],
    ['CN=a\\00b', 'a\0b'],
    ['CN="a \\" b"', 'a " b'],
    ['CN=a b  c', 'a b  c'],
    ['CN=a😀b', 'a😀b'],
    ['CN=a\\😀b', 'a😀b'],
    ['CN=\\EF\\BB\\BFa', '\ufeffa'],
    ['CN=a#b', 'a#b'],
  ])('the escapes of %s', (text, value) => {
    expect(valueOf(text)).toBe(value);
  });

  it('an empty text as the NULL-DN', () => {
    expect(isNullDn(parseName(''))).toBe(true);
    expect(isNullDn(parseName('  '))).toBe(true);
    expect(formatName(parseName(''))).toBe('');
  });
});

describe('parseName() reads the form of openssl -subj', () => {
  it.each([
    ['/O=Test/CN=gw1', ['2.5.4.10 utf8String Test', '2.5.4.3 utf8String gw1']],
    ['/O=Test, Inc.; x/CN=gw1', ['2.5.4.10 utf8String Test, Inc.; x', '2.5.4.3 utf8String gw1']],
    ['/CN=a\\/b', ['2.5.4.3 utf8String a/b']],
    [
      '/C=DE/CN=gw1+serialNumber=7',
      ['2.5.4.6 printableString DE', '2.5.4.3 utf8String gw1 + 2.5.4.5 printableString 7'],
    ],
  ])('%s', (text, expected) => {
    expect(attributes(parseName(text))).toEqual(expected);
  });
});

describe('parseName() refuses', () => {
  it.each([
    ['gw1', '"gw1" is not TYPE=VALUE'],
    ['CN=gw1,', '"" is not TYPE=VALUE'],
    ['=gw1', '"=gw1" is not TYPE=VALUE'],
    ['/CN=gw1/', '"" is not TYPE=VALUE'],
    ['CN=gw1+', '"" is not TYPE=VALUE'],
    ['XY=gw1', '"XY" is not an attribute type'],
    ['1=gw1', '"1" is not an attribute type'],
    ['1.40.1=gw1', '"1.40.1" is not an attribute type'],
    ['2.5.04.3=gw1', '"2.5.04.3" is not an attribute type'],
    ['CN=', 'CN is empty'],
    ['CN=""', 'CN is empty'],
    ['C=Germany', 'country "Germany" is not two letters'],
    ['CN=#', '"#" is not the hexadecimal DER'],
    ['CN=#zz', '"#zz" is not the hexadecimal DER'],
    ['CN=#0c05', '"#0c05" is not the hexadecimal DER'],
    ['CN=#0c01410500', '"#0c01410500" is not the hexadecimal DER'],
    ['CN=a\\', 'it ends in a backslash'],
    ['CN=\\c3', 'the escaped octets are not UTF-8'],
    ['CN="a', 'a quotation mark is not closed'],
    ['CN=a"b"', 'a quotation mark stands inside'],
    ['CN="a\\"', 'a quotation mark is not closed'],
    ['CN=a+CN=a', 'names one thing twice'],
    [`CN=${'x'.repeat(4093)}`, 'a value over 4096 octets'],
    [Array.from({ length: 90 }, () => `CN=${'x'.repeat(90)}`).join(','), 'over 8192 in all'],
    [Array.from({ length: 101 }, () => 'CN=a').join(','), 'over 100 parts'],
  ])('%s', (text, why) => {
    expect(() => parseName(text)).toThrow(
      expect.objectContaining({
        code: 'DN_INVALID',
        message: expect.stringContaining(why),
        hint: expect.stringContaining('CN=gw1,O=Example,C=DE'),
      }),
    );
  });
});

describe('formatName()', () => {
  it.each([
    ['CN=gw1,OU=VPN,O=Test,C=DE', 'CN=gw1,OU=VPN,O=Test,C=DE'],
    ['/O=Test/CN=gw1', 'CN=gw1,O=Test'],
    ['2.5.4.3=gw1', 'CN=gw1'],
    ['E=a@b.example,S=Bavaria', 'emailAddress=a@b.example,ST=Bavaria'],
    ['CN=gw1+serialNumber=7', 'CN=gw1+serialNumber=7'],
    ['CN="a, b"', 'CN=a\\, b'],
    ['CN=\\#a\\ ', 'CN=\\#a\\ '],
    ['CN=a # b', 'CN=a # b'],
    ['CN=\\ ', 'CN=\\ '],
    ['CN=\\ \\ ', 'CN=\\ \\ '],
    ['CN=a\\\\\\ ', 'CN=a\\\\\\ '],
    ['2.999.1=text', '2.999.1=#0c0474657874'],
    ['CN=#020105', 'CN=#020105'],
  ])('writes %s as %s', (text, written) => {
    expect(formatName(parseName(text))).toBe(written);
  });

  it.each([
    ['a line feed', 'a\nb', 'CN=a\\0ab'],
    ['an escape sequence', '\x1b[2Jx', 'CN=\\1b[2Jx'],
    ['NUL', 'a\0', 'CN=a\\00'],
    ['text turned around', 'a\u202eb', 'CN=a\\e2\\80\\aeb'],
    ['a line separator', 'a\u2028b', 'CN=a\\e2\\80\\a8b'],
  ])('never writes %s to a terminal', (_, value, written) => {
    expect(formatName(commonName(value))).toBe(written);
    expect(valueOf(written)).toBe(value);
  });
});

describe('quoteName()', () => {
  it('cuts a name that would bury the message it stands in', () => {
    expect(quoteName(parseName('CN=gw1'))).toBe('"CN=gw1"');
    expect(quoteName(commonName('x'.repeat(4000)))).toBe(`"CN=${'x'.repeat(297)}… (3703 more)"`);
  });
});

describe('names written and read again', () => {
  it('are the same, whatever characters they have', () => {
    const alphabet = [
      ' ',
      '  ',
      ',',
      '+',
      '"',
      '\\',
      '<',
      '>',
      ';',
      '=',
      '#',
      '/',
      'a',
      'ü',
      '😀',
      '\n',
      '\0',
      '\u200f',
    ];
    for (let seed = 0; seed < scaled(500); seed++) {
      const random = seeded(seed);
      const text = (): string =>
        `${Array.from({ length: random.below(6) }, () => alphabet[random.below(alphabet.length)]).join('')}${random.pick(['x', ' ', '\\', '"'])}`;
      const name: Name = {
        rdns: [commonName(text()).rdns[0] ?? [], commonName(text()).rdns[0] ?? []],
      };
      const again = parseName(formatName(name));
      expect(toHex(toDer(Name, again)), JSON.stringify(name)).toBe(toHex(toDer(Name, name)));
    }
  });

  it('are the same name for every string type, which text does not keep', () => {
    const der = toDer(Name, {
      rdns: [[{ type: oids.commonName, value: { type: 'bmpString', value: 'Zürich' } }]],
    });
    const received = fromDer(Name, der);
    expect(sameName(parseName(formatName(received)), received)).toBe(true);
    expect(toHex(toDer(Name, received))).toBe(toHex(der));
  });
});
