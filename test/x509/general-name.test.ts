import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import { fromDer, toDer } from '../../src/asn1/codec.ts';
import { GeneralName, GeneralNames } from '../../src/x509/general-name.ts';
import { parseName } from '../../src/x509/name-text.ts';

describe('GeneralName', () => {
  it.each<[GeneralName, string]>([
    [
      { type: 'otherName', value: { typeId: '1.2.3', value: fromHex('0c0161') } },
      'a00906022a03a0030c0161',
    ],
    [{ type: 'rfc822Name', value: 'a@b' }, '8103614062'],
    [{ type: 'dNSName', value: 'gw1.example' }, '820b6777312e6578616d706c65'],
    [{ type: 'x400Address', value: fromHex('a3023000') }, 'a3023000'],
    [{ type: 'directoryName', value: parseName('CN=a') }, 'a40e300c310a300806035504030c0161'],
    [{ type: 'ediPartyName', value: fromHex('a505a1030c0161') }, 'a505a1030c0161'],
    [{ type: 'uniformResourceIdentifier', value: 'urn:x' }, '860575726e3a78'],
    [{ type: 'iPAddress', value: fromHex('0a000001') }, '87040a000001'],
    [{ type: 'registeredID', value: '1.2.3' }, '88022a03'],
  ])('writes and reads %j', (name, hex) => {
    expect(toHex(toDer(GeneralName, name))).toBe(hex);
    expect(structuredClone(fromDer(GeneralName, fromHex(hex)))).toEqual(name);
  });

  it.each([
    ['a tag that is none of its own', '8900'],
    ['a directoryName without the inner SEQUENCE', 'a40a310830060603550403'],
    ['a dNSName outside of ASCII', '8202c3bc'],
    ['a constructed dNSName', 'a203160161'],
    ['an otherName without a value', 'a00406022a03'],
    ['an x400Address that is no DER inside', 'a3033001ff'],
  ])('refuses %s', (_, hex) => {
    expect(() => fromDer(GeneralName, fromHex(hex))).toThrow(
      expect.objectContaining({ code: 'DER_MALFORMED' }),
    );
  });

  it('is not written with a name outside of ASCII', () => {
    expect(() => toDer(GeneralName, { type: 'dNSName', value: 'müller.example' })).toThrow(
      'Cannot encode "müller.example" as IA5String',
    );
  });
});

describe('GeneralNames', () => {
  it('has one name at the least', () => {
    expect(() => fromDer(GeneralNames, fromHex('3000'))).toThrow('fewer than 1 elements');
    expect(fromDer(GeneralNames, fromHex('300482026162'))).toHaveLength(1);
  });
});
