import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import { toDer } from '../../src/asn1/codec.ts';
import { GeneralName } from '../../src/x509/general-name.ts';
import {
  formatGeneralName,
  parseGeneralName,
  parseIpAddress,
} from '../../src/x509/general-name-text.ts';

describe('parseGeneralName() and formatGeneralName()', () => {
  it.each([
    ['dns:gw1.example', '820b6777312e6578616d706c65'],
    ['dns:*.example', '82092a2e6578616d706c65'],
    ['email:a@b', '8103614062'],
    ['uri:urn:x', '860575726e3a78'],
    ['ip:192.0.2.1', '8704c0000201'],
    ['ip:2001:db8::1', '871020010db8000000000000000000000001'],
    ['dirname:CN=a', 'a40e300c310a300806035504030c0161'],
  ])('read and write %s', (text, hex) => {
    const name = parseGeneralName(text);
    expect(toHex(toDer(GeneralName, name))).toBe(hex);
    expect(formatGeneralName(name)).toBe(text);
  });

  it.each([
    '',
    'gw1.example',
    'dns:',
    'dns:a b',
    'dns:müller.example',
    'ip:1.2.3',
    'ip:1.2.3.04',
    'email:a',
    'uri:x',
    'rid:1.2',
    'dns:a..b',
  ])('refuse "%s"', (text) => {
    expect(() => parseGeneralName(text)).toThrow(
      expect.objectContaining({ code: 'USAGE_INVALID' }),
    );
  });

  it.each([
    ['dns:a,dns:b', 'san dns:a dns:b'],
    ['DNS:a, IP:192.0.2.1', 'san DNS:a IP:192.0.2.1'],
    ['email:a@b,email:c@d', 'san email:a@b email:c@d'],
  ])('refuse several names with commas, as in "%s", and say how to write them', (text, hint) => {
    expect(() => parseGeneralName(text)).toThrow(
      expect.objectContaining({ hint: expect.stringContaining(hint) }),
    );
  });

  it.each<[GeneralName, string]>([
    [{ type: 'registeredID', value: '1.2.3' }, 'rid:1.2.3'],
    [
      { type: 'otherName', value: { typeId: '1.2.3', value: fromHex('0500') } },
      'othername:1.2.3:#0500',
    ],
    [{ type: 'x400Address', value: fromHex('a3023000') }, 'x400Address:#a3023000'],
    [{ type: 'ediPartyName', value: fromHex('a500') }, 'ediPartyName:#a500'],
    [{ type: 'iPAddress', value: fromHex('0a0000') }, 'ip:#0a0000'],
    [{ type: 'dNSName', value: 'a\x1b[2Jb\n' }, 'dns:a\\1b[2Jb\\0a'],
  ])('write %j as %s', (name, text) => {
    expect(formatGeneralName(name)).toBe(text);
  });
});

describe('parseIpAddress()', () => {
  it.each([
    ['::', '00000000000000000000000000000000'],
    ['::1', '00000000000000000000000000000001'],
    ['1::', '00010000000000000000000000000000'],
    ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
    ['1:2:3:4:5:6:7::', '00010002000300040005000600070000'],
    ['::ffff:192.0.2.1', '00000000000000000000ffffc0000201'],
    ['2001:DB8::A', '20010db800000000000000000000000a'],
    ['255.255.255.255', 'ffffffff'],
  ])('reads %s', (text, hex) => {
    expect(toHex(parseIpAddress(text) ?? new Uint8Array())).toBe(hex);
  });

  it.each([
    '',
    '1',
    '256.1.1.1',
    '1.2.3.4.5',
    ':1',
    '1:',
    '1::2::3',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '12345::',
    'g::',
    '::1.2.3',
    '::1.2.3.4:5',
    ':::',
  ])('does not read "%s"', (text) => {
    expect(parseIpAddress(text)).toBeUndefined();
  });
});
