import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../../src/base/bytes.ts';
import { fromDer, toDer } from '../../../src/asn1/codec.ts';
import { oids } from '../../../src/asn1/oids.ts';
import {
  CertReqTemplateContent,
  decodeKeySpec,
  encodeKeySpec,
  type KeySpec,
} from '../../../src/cmp/message/cert-req-template.ts';
import { CRLStatus } from '../../../src/cmp/message/crl-status.ts';
import { hasInfo, info, infoValue } from '../../../src/cmp/message/info-values.ts';
import { RootCaKeyUpdateContent } from '../../../src/cmp/message/root-ca-key-update.ts';
import { algorithmIdentifier } from '../../../src/x509/algorithm-identifier.ts';
import { certificateDer } from '../../../src/x509/certificate.ts';
import { certificateListDer, decodeCertificateList } from '../../../src/x509/certificate-list.ts';
import { nullDn } from '../../../src/x509/name.ts';
import { timeOf } from '../../../src/x509/time.ts';
import { issue } from '../../harness/certificates.ts';

const malformed = expect.objectContaining({ code: 'DER_MALFORMED' });
const { certificate } = issue({ subject: 'CN=root' });
const crl = decodeCertificateList(
  new Uint8Array(readFileSync(join(import.meta.dirname, '../../vectors/openssl-crl/three.crl'))),
);

const uri = { type: 'uniformResourceIdentifier', value: 'u' } as const;

describe('CRLStatus', () => {
  it.each<[string, CRLStatus, string]>([
    [
      'a dpn as A0 A0 86, since both are CHOICEs',
      { source: { type: 'dpn', value: { type: 'fullName', value: [uri] } } },
      '30 07 a0 05 a0 03 86 01 75',
    ],
    [
      'an issuer as A1 30 A4, and thisUpdate without a tag of its own',
      {
        source: { type: 'issuer', value: [{ type: 'directoryName', value: nullDn }] },
        thisUpdate: timeOf(new Date('2027-01-01T00:00:00Z')),
      },
      '30 17 a1 06 30 04 a4 02 30 00 17 0d 3237303130313030303030305a',
    ],
  ])('writes and reads %s', (_, value, octets) => {
    const hex = octets.replaceAll(' ', '');
    expect(toHex(toDer(CRLStatus, value))).toBe(hex);
    expect(structuredClone(fromDer(CRLStatus, fromHex(hex)))).toEqual(value);
  });
});

describe('RootCaKeyUpdateContent', () => {
  it('has its two link certificates under explicit tags', () => {
    const der = toHex(certificateDer(certificate));
    const value = { newWithNew: certificate, newWithOld: certificate, oldWithNew: certificate };
    const octets = toHex(toDer(RootCaKeyUpdateContent, value));
    expect(octets).toMatch(new RegExp(`^3082....${der}a082....${der}a182....${der}$`));
    const read = fromDer(RootCaKeyUpdateContent, fromHex(octets));
    expect(read.oldWithNew && toHex(certificateDer(read.oldWithNew))).toBe(der);
    const alone = toDer(RootCaKeyUpdateContent, { newWithNew: certificate });
    expect(fromDer(RootCaKeyUpdateContent, alone).newWithOld).toBeUndefined();
  });
});

describe('CertReqTemplateContent', () => {
  it.each<[KeySpec, string]>([
    [{ type: 'rsaKeyLen', value: 3072 }, '300f06092b060105050705010c02020c00'],
    [
      { type: 'algId', value: algorithmIdentifier('ed25519') },
      '301206092b060105050705010b300506032b6570',
    ],
  ])('writes the key kind %o', (spec, hex) => {
    const octets = `3000 30${((hex.length / 2) | 0).toString(16)} ${hex}`.replaceAll(' ', '');
    const der = fromHex(`30${(octets.length / 2).toString(16)}${octets}`);
    const value = { certTemplate: {}, keySpec: [encodeKeySpec(spec)] };
    expect(toHex(toDer(CertReqTemplateContent, value))).toBe(toHex(der));
    const [control] = fromDer(CertReqTemplateContent, der).keySpec ?? [];
    expect(control && structuredClone(decodeKeySpec(control))).toEqual(spec);
  });

  it('refuses a modulus of no bits, and leaves other controls alone', () => {
    expect(() => decodeKeySpec({ type: oids.rsaKeyLen, value: fromHex('020100') })).toThrow(
      malformed,
    );
    const other = { type: '1.2.3', value: fromHex('0500') };
    expect(encodeKeySpec(decodeKeySpec(other))).toBe(other);
  });
});

describe('infoValue()', () => {
  it('writes confirmWaitTime as GeneralizedTime, whatever the year', () => {
    const item = info('confirmWaitTime', new Date('2027-01-01T00:00:00Z'));
    expect(toHex(item.infoValue ?? new Uint8Array())).toBe('180f32303237303130313030303030305a');
    expect(infoValue([item], 'confirmWaitTime')).toEqual(new Date('2027-01-01T00:00:00Z'));
  });

  it('refuses a confirmWaitTime in seconds', () => {
    const item = { infoType: oids.confirmWaitTime, infoValue: fromHex('02013c') };
    expect(() => infoValue([item], 'confirmWaitTime')).toThrow(malformed);
  });

  it('reads what info() wrote', () => {
    const items = [
      info('certProfile', ['gateway']),
      info('signKeyPairTypes', [algorithmIdentifier('ed25519')]),
      info('unsupportedOIDs', ['1.2.3']),
      info('caCerts', [certificate]),
      info('rootCaCert', certificate),
      info('currentCRL', crl),
      info('crls', [crl]),
    ];
    expect(structuredClone(infoValue(items, 'certProfile'))).toEqual(['gateway']);
    expect(infoValue(items, 'signKeyPairTypes')?.[0]?.algorithm).toBe(oids.ed25519);
    expect(infoValue(items, 'unsupportedOIDs')?.[0]).toBe('1.2.3');
    const [caCert] = infoValue(items, 'caCerts') ?? [];
    expect(caCert && certificateDer(caCert)).toEqual(certificateDer(certificate));
    const [only] = infoValue(items, 'crls') ?? [];
    expect(only && certificateListDer(only)).toEqual(certificateListDer(crl));
    expect(infoValue(items, 'currentCRL')?.signature).toEqual(crl.signature);
  });

  it('tells an item without a value from one that is not there', () => {
    const items = [info('caCerts')];
    expect(infoValue(items, 'caCerts')).toBeUndefined();
    expect(hasInfo(items, 'caCerts')).toBe(true);
    expect(hasInfo(items, 'crls')).toBe(false);
    expect(infoValue(undefined, 'crls')).toBeUndefined();
  });

  it('refuses an empty list and octets behind a value', () => {
    expect(() =>
      infoValue([{ infoType: oids.caCerts, infoValue: fromHex('3000') }], 'caCerts'),
    ).toThrow(malformed);
    expect(() =>
      infoValue(
        [{ infoType: oids.certProfile, infoValue: fromHex('30020c000500') }],
        'certProfile',
      ),
    ).toThrow(malformed);
  });
});
