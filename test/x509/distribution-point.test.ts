import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import { fromDer, toDer } from '../../src/asn1/codec.ts';
import {
  CRLDistributionPoints,
  IssuingDistributionPoint,
} from '../../src/x509/distribution-point.ts';

const uri = { type: 'uniformResourceIdentifier', value: 'u' } as const;

describe('CRLDistributionPoints', () => {
  it('keeps the tag of the CHOICE inside its own: A0 A0 86', () => {
    const points = [{ distributionPoint: { type: 'fullName', value: [uri] } }] as const;
    const hex = '30093007a005a003860175';
    expect(toHex(toDer(CRLDistributionPoints, points))).toBe(hex);
    expect(structuredClone(fromDer(CRLDistributionPoints, fromHex(hex)))).toEqual(points);
  });

  it.each([
    ['keyCompromise', '3006300481020640'],
    ['bit12', '300730058103030008'],
  ])('reads the reason %s', (reason, hex) => {
    expect(fromDer(CRLDistributionPoints, fromHex(hex))[0]?.reasons).toEqual([reason]);
  });
});

describe('IssuingDistributionPoint', () => {
  it('leaves out what is false', () => {
    const value = {
      onlyContainsUserCerts: true,
      onlyContainsCACerts: false,
      indirectCRL: false,
      onlyContainsAttributeCerts: false,
    };
    expect(toHex(toDer(IssuingDistributionPoint, value))).toBe('30038101ff');
    expect(structuredClone(fromDer(IssuingDistributionPoint, fromHex('30038101ff')))).toEqual(
      value,
    );
  });
});
