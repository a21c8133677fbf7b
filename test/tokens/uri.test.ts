import { describe, expect, it } from 'vitest';
import { CertError } from '../../src/base/errors.ts';
import {
  formatTokenUri,
  keyPartOf,
  looksLikeTokenUri,
  parseTokenUri,
} from '../../src/tokens/uri.ts';

const parse = (text: string) => parseTokenUri(text, 'key-provider');

describe('parseTokenUri()', () => {
  it.each([
    ['pkcs11:token=t1', { token: 't1' }],
    ['PKCS11:token=t1', { token: 't1' }],
    [
      'pkcs11:token=The%20Software%20PKCS%2311;object=my%3Bkey',
      {
        token: 'The Software PKCS#11',
        object: 'my;key',
      },
    ],
    ['pkcs11:object=Schl%C3%BCssel;type=private', { object: 'Schlüssel' }],
    ['pkcs11:id=%00%ffA', { id: Uint8Array.of(0, 255, 65) }],
    [
      'pkcs11:serial=0001;manufacturer=Snake%20Oil;model=1.0;token=a&b',
      {
        serial: '0001',
        manufacturer: 'Snake Oil',
        model: '1.0',
        token: 'a&b',
      },
    ],
    [
      'pkcs11:token=t1?module-path=/usr/lib/x.so&pin-source=file:/etc/pin',
      {
        token: 't1',
        modulePath: '/usr/lib/x.so',
        pinSource: 'file:/etc/pin',
      },
    ],
    // RFC 7512 section 2.4 has a bare path for a file.
    ['pkcs11:token=t1?pin-source=/etc/pin', { token: 't1', pinSource: 'file:/etc/pin' }],
    ['pkcs11:?module-path=/x.so&pin-source=env:PIN', { modulePath: '/x.so', pinSource: 'env:PIN' }],
    ['pkcs11:token=t?pin-source=cred:pin', { token: 't', pinSource: 'cred:pin' }],
    ['pkcs11:token=t?pin-source=prompt', { token: 't', pinSource: 'prompt' }],
  ])('reads %s', (text, uri) => {
    expect(parse(text)).toEqual(uri);
  });

  it.each([
    ['token=t1', 'begin'],
    ['pkcs11:', 'names nothing'],
    ['pkcs11:t1', 'NAME=VALUE'],
    ['pkcs11:token=a;', 'NAME=VALUE'],
    ['pkcs11:=a', 'NAME=VALUE'],
    ['pkcs11:token=a;token=b', '"token" stands twice'],
    ['pkcs11:tokne=a', '"tokne" is not used here'],
    ['pkcs11:slot-id=3', '"slot-id" is not used here'],
    ['pkcs11:token=a b', '%XX'],
    ['pkcs11:token=a/b', '%XX'],
    ['pkcs11:token=a%2', '%XX'],
    ['pkcs11:token=a%zz', '%XX'],
    ['pkcs11:token=%ff', 'UTF-8'],
    ['pkcs11:token=a%00', 'UTF-8'],
    ['pkcs11:token=a%0Ab', 'UTF-8'],
    ['pkcs11:token=', '0 octets'],
    ['pkcs11:id=', '0 octets'],
    [`pkcs11:id=${'%01'.repeat(65)}`, '65 octets'],
    [`pkcs11:token=${'a'.repeat(257)}`, '257 octets'],
    ['pkcs11:object=a;type=cert', 'private'],
    ['pkcs11:token=a?module-path=lib.so', 'not absolute'],
    ['pkcs11:token=a?module-name=softhsm', '"module-name" is not used here'],
    ['pkcs11:token=a?pin-source=file:pin', 'pin-source'],
    ['pkcs11:token=a?pin-source=1234', 'pin-source'],
    ['pkcs11:token=a?pin-source=|cat%20/etc/pin', 'pin-source'],
    ['pkcs11:token=a?pin-source=cred:../x', 'pin-source'],
    ['pkcs11:token=a?x?y', 'more than one "?"'],
    ['pkcs11:token=a?module-path=/a&module-path=/b', 'stands twice'],
  ])('refuses %s', (text, why) => {
    expect(() => parse(text)).toThrow(why);
    expect(() => parse(text)).toThrow(expect.objectContaining({ code: 'USAGE_INVALID' }));
  });

  it.each([
    'pkcs11:token=t1?pin-value=s3cr3t-4711',
    'pkcs11:token=t1;pin-value=s3cr3t-4711',
    'pkcs11:token=t1?pin-value=s3cr3t-4711 &x',
    'pkcs11:pin-value=s3cr3t-4711?pin-value=s3cr3t-4711',
    'pkcs11:token=t1?pin-source=s3cr3t-4711',
    's3cr3t-4711',
    'pkcs11:s3cr3t-4711',
    'pkcs11:token=t1?x=s3cr3t-4711',
  ])('says nothing of a PIN when it refuses one, or what may be one', (text) => {
    let said = '';
    try {
      parse(text);
    } catch (error) {
      if (error instanceof CertError) said = `${error.message} ${error.hint} ${error.stack}`;
    }
    expect(said).not.toBe('');
    expect(said).not.toContain('4711');
  });

  it('says where a PIN belongs instead of a URI', () => {
    expect(() => parse('pkcs11:token=t1?pin-value=1')).toThrow(
      expect.objectContaining({ hint: expect.stringContaining('pin-source=file:') }),
    );
  });
});

describe('formatTokenUri()', () => {
  it.each([
    'pkcs11:token=t1',
    'pkcs11:token=The%20Token;serial=0001;object=gw1;type=private',
    'pkcs11:object=gw%2F1%3B;id=%00%FF;type=private?module-path=/a%20b.so&pin-source=file:/etc/pin',
  ])('writes %s as it was read', (text) => {
    expect(formatTokenUri(parse(text))).toBe(text);
  });

  it('writes what parseTokenUri() reads back, whatever the characters', () => {
    const token = String.fromCodePoint(
      ...Array.from({ length: 94 }, (_, i) => 0x21 + i),
      0xe9,
      0x1f511,
    );
    const uri = { token, object: token, id: Uint8Array.from({ length: 64 }, (_, i) => i * 4) };
    expect(parse(formatTokenUri(uri))).toEqual(uri);
  });
});

describe('keyPartOf()', () => {
  it('leaves out how the token is got at', () => {
    expect(keyPartOf(parse('pkcs11:token=t1;object=k?module-path=/x&pin-source=env:P'))).toEqual({
      token: 't1',
      object: 'k',
    });
  });
});

describe('looksLikeTokenUri()', () => {
  it('goes by the scheme alone', () => {
    expect(looksLikeTokenUri('pkcs11:nonsense')).toBe(true);
    expect(looksLikeTokenUri('/etc/pkcs11:token')).toBe(false);
  });
});
