import { describe, expect, it } from 'vitest';
import { fromHex, toHex, utf8 } from '../../src/base/bytes.ts';
import { oids } from '../../src/asn1/oids.ts';
import { hmac, macAlgorithm, macByOid, macEquals, type MacName } from '../../src/crypto/mac.ts';
import { hasNoParameters } from '../../src/x509/algorithm-identifier.ts';

/** RFC 2202 and RFC 4231, test case 2. */
const jefe: Readonly<Record<MacName, string>> = {
  'hmac-sha1': 'effcdf6ae5eb2fa2d27416d5f184df9c259a7c79',
  'hmac-sha256': '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
  'hmac-sha384':
    'af45d2e376484031617f78d2b58a6b1b9c7ef464f5a01b47e42ec3736322445e8e2240ca5e69e2c78b3239ecfab21649',
  'hmac-sha512':
    '164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd610270cd7ea250554' +
    '9758bf75c05a994a6d034f65f8f0e6fdcaeab1a34d4a6b4b636e070a38bce737',
};
const names: readonly MacName[] = ['hmac-sha1', 'hmac-sha256', 'hmac-sha384', 'hmac-sha512'];

describe('hmac()', () => {
  it.each(names)('gives the value of the RFC for %s', (name) => {
    const octets = hmac(name, utf8('Jefe'), utf8('what do ya want for nothing?'));
    expect(toHex(octets)).toBe(jefe[name]);
    expect(octets.constructor).toBe(Uint8Array);
  });

  it('takes a key longer than the block of the hash (RFC 4231 test case 6)', () => {
    const key = new Uint8Array(131).fill(0xaa);
    const data = utf8('Test Using Larger Than Block-Size Key - Hash Key First');
    expect(toHex(hmac('hmac-sha256', key, data))).toBe(
      '60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54',
    );
  });
});

describe('macEquals()', () => {
  it('tells equal MACs from those that differ in a bit or in length', () => {
    const mac = fromHex('00112233');
    expect(macEquals(mac, fromHex('00112233'))).toBe(true);
    expect(macEquals(mac, fromHex('00112232'))).toBe(false);
    expect(macEquals(mac, fromHex('001122'))).toBe(false);
    expect(macEquals(mac, new Uint8Array(0))).toBe(false);
  });
});

describe('macByOid()', () => {
  it.each(names)('reads back what macAlgorithm() writes for %s', (name) => {
    expect(macByOid(macAlgorithm(name).algorithm)).toBe(name);
    expect(hasNoParameters(macAlgorithm(name))).toBe(true);
  });

  it('knows HMAC-SHA1 under both of its OIDs, and nothing that is no MAC', () => {
    expect(macByOid(oids.hmacSHA1)).toBe('hmac-sha1');
    expect(macByOid(oids.hmacWithSHA1)).toBe('hmac-sha1');
    expect(macByOid(oids.sha256)).toBeUndefined();
  });
});
