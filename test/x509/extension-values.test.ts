import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import { fromDer, toDer } from '../../src/asn1/codec.ts';
import { oids, type OidName } from '../../src/asn1/oids.ts';
import { Extension, Extensions } from '../../src/x509/extension.ts';
import {
  extension,
  extensionValue,
  rawExtension,
  type ExtensionValues,
} from '../../src/x509/extension-values.ts';

/** Written as an extension and read from a list, after the octets it came from are forgotten. */
function roundTrip<K extends keyof ExtensionValues>(
  name: K,
  value: ExtensionValues[K],
): readonly [string, unknown] {
  const made = extension(name, value);
  const read = extensionValue(
    [{ extnID: '1.2.3', critical: false, extnValue: fromHex('020101') }, made],
    name,
  );
  return [toHex(made.extnValue), structuredClone(read)];
}

describe('extension() and extensionValue()', () => {
  it('know basicConstraints', () => {
    expect(roundTrip('basicConstraints', { cA: false })).toEqual(['3000', { cA: false }]);
    expect(roundTrip('basicConstraints', { cA: true, pathLenConstraint: 0 })).toEqual([
      '30060101ff020100',
      { cA: true, pathLenConstraint: 0 },
    ]);
  });

  it('know keyUsage and extKeyUsage', () => {
    expect(roundTrip('keyUsage', ['digitalSignature', 'keyCertSign', 'decipherOnly'])).toEqual([
      '0303078480',
      ['digitalSignature', 'keyCertSign', 'decipherOnly'],
    ]);
    expect(roundTrip('extKeyUsage', [oids.cmcRA])).toEqual([
      '300a06082b0601050507031c',
      [oids.cmcRA],
    ]);
  });

  it('know both key identifiers', () => {
    expect(roundTrip('subjectKeyIdentifier', fromHex('abcd'))).toEqual([
      '0402abcd',
      fromHex('abcd'),
    ]);
    const full = {
      keyIdentifier: fromHex('ab'),
      authorityCertIssuer: [{ type: 'dNSName', value: 'a' } as const],
      authorityCertSerialNumber: 5n,
    };
    expect(roundTrip('authorityKeyIdentifier', full)).toEqual(['300b8001aba103820161820105', full]);
    expect(roundTrip('authorityKeyIdentifier', {})).toEqual(['3000', {}]);
  });

  it('know the extensions of policies and name constraints', () => {
    const policies = [{ policyIdentifier: '1.2.3' }];
    expect(roundTrip('certificatePolicies', policies)).toEqual(['3006300406022a03', policies]);
    const mappings = [{ issuerDomainPolicy: '1.2.3', subjectDomainPolicy: '1.2.4' }];
    expect(roundTrip('policyMappings', mappings)).toEqual(['300a300806022a0306022a04', mappings]);
    const constraints = { requireExplicitPolicy: 3, inhibitPolicyMapping: 1 };
    expect(roundTrip('policyConstraints', constraints)).toEqual(['3006800103810101', constraints]);
    expect(roundTrip('inhibitAnyPolicy', 2)).toEqual(['020102', 2]);
    const base = { type: 'dNSName', value: 'a' } as const;
    const names = { permittedSubtrees: [{ base, minimum: 0 }] };
    expect(roundTrip('nameConstraints', names)).toEqual(['3007a0053003820161', names]);
  });

  it('know the extensions of CRLs, their entries and OCSP', () => {
    expect(roundTrip('cRLNumber', 31n)).toEqual(['02011f', 31n]);
    expect(roundTrip('deltaCRLIndicator', 30n)).toEqual(['02011e', 30n]);
    expect(roundTrip('reasonCode', 'superseded')).toEqual(['0a0104', 'superseded']);
    const date = new Date('2026-11-21T00:00:00Z');
    expect(roundTrip('invalidityDate', date)).toEqual(['180f32303236313132313030303030305a', date]);
    expect(roundTrip('ocspNonce', fromHex('ab'))).toEqual(['0401ab', fromHex('ab')]);
    expect(roundTrip('ocspNoCheck', null)).toEqual(['0500', null]);
    expect(roundTrip('tlsFeature', [5])).toEqual(['3003020105', [5]]);
  });

  it('know subjectAltName and authorityInfoAccess', () => {
    const names = [{ type: 'dNSName', value: 'a' } as const];
    expect(roundTrip('subjectAltName', names)).toEqual(['3003820161', names]);
    const access = [
      {
        accessMethod: '1.2.3',
        accessLocation: { type: 'uniformResourceIdentifier', value: 'x' } as const,
      },
    ];
    expect(roundTrip('authorityInfoAccess', access)).toEqual(['3009300706022a03860178', access]);
  });

  it('give undefined for what is not there', () => {
    expect(extensionValue(undefined, 'keyUsage')).toBeUndefined();
    expect(extensionValue([], 'keyUsage')).toBeUndefined();
  });

  it.each<[keyof ExtensionValues & OidName, string]>([
    ['basicConstraints', '30000500'],
    ['basicConstraints', '0500'],
    ['keyUsage', '0302010f'],
    ['extKeyUsage', '3000'],
    ['subjectAltName', '3000'],
    ['subjectKeyIdentifier', ''],
  ])('refuse %s with the value %s, naming it', (name, hex) => {
    expect(() => extensionValue([rawExtension(name, fromHex(hex))], name)).toThrow(
      expect.objectContaining({ code: 'DER_MALFORMED' }),
    );
  });

  it.each<[keyof ExtensionValues & OidName, string, unknown]>([
    ['basicConstraints', '3003010100', { cA: false }],
    ['keyUsage', '03020080', ['digitalSignature']],
  ])('tolerate in a certificate, and not in a template, %s as %s', (name, hex, value) => {
    const extensions = [rawExtension(name, fromHex(hex))];
    expect(structuredClone(extensionValue(extensions, name))).toEqual(value);
    expect(() => extensionValue(extensions, name, 'strictly')).toThrow(
      expect.objectContaining({ code: 'DER_MALFORMED' }),
    );
  });
});

describe('Extension', () => {
  it('writes critical only when it is true', () => {
    const harmless = rawExtension('keyUsage', fromHex('030100'));
    expect(toHex(toDer(Extension, harmless))).toBe('300a0603551d0f0403030100');
    expect(toHex(toDer(Extension, { ...harmless, critical: true }))).toBe(
      '300d0603551d0f0101ff0403030100',
    );
  });

  it('refuses critical FALSE outside of certificates', () => {
    expect(() => fromDer(Extension, fromHex('300d0603551d0f0101000403030100'))).toThrow(
      'a DEFAULT is written out',
    );
  });

  it('is never an empty list, nor one without end', () => {
    expect(() => fromDer(Extensions, fromHex('3000'))).toThrow('fewer than 1');
    const one = rawExtension('keyUsage', fromHex('030100'));
    const many = toDer(
      Extensions,
      Array.from({ length: 201 }, () => one),
    );
    expect(() => fromDer(Extensions, many)).toThrow('more than 200');
  });
});
