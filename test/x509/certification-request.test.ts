import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import { fromDer, toDer } from '../../src/asn1/codec.ts';
import { oids } from '../../src/asn1/oids.ts';
import { algorithmIdentifier, sameAlgorithm } from '../../src/x509/algorithm-identifier.ts';
import {
  CertificationRequest,
  CertificationRequestInfo,
  requestedExtensions,
} from '../../src/x509/certification-request.ts';
import { Extensions } from '../../src/x509/extension.ts';
import { extension } from '../../src/x509/extension-values.ts';
import { parseName } from '../../src/x509/name-text.ts';
import { samePublicKey } from '../../src/x509/subject-public-key-info.ts';
import { makeKey } from '../harness/certificates.ts';

const { spki } = makeKey();
const extensions = [extension('subjectAltName', [{ type: 'dNSName', value: 'gw1.example' }])];

function info(attributes: CertificationRequestInfo['attributes']): CertificationRequestInfo {
  return { version: 0, subject: parseName('CN=gw1'), subjectPKInfo: spki, attributes };
}

describe('CertificationRequest', () => {
  it('writes its attributes even when there are none, and reads them', () => {
    const der = toDer(CertificationRequestInfo, info([]));
    expect(toHex(der.subarray(-2))).toBe('a000');
    expect(fromDer(CertificationRequestInfo, der).attributes).toHaveLength(0);
  });

  it('gives the extensions asked for', () => {
    const asked = info([
      { type: oids.extensionRequest, values: [toDer(Extensions, extensions)] },
      { type: '2.999.7', values: [fromHex('0500'), fromHex('020101')] },
    ]);
    const request = {
      certificationRequestInfo: asked,
      signatureAlgorithm: algorithmIdentifier('ecdsaWithSHA256'),
      signature: fromHex('ab'),
    };
    const read = fromDer(CertificationRequest, toDer(CertificationRequest, request));
    expect(structuredClone(requestedExtensions(read.certificationRequestInfo))).toEqual(extensions);
    expect(toHex(toDer(CertificationRequest, structuredClone(read)))).toBe(
      toHex(toDer(CertificationRequest, request)),
    );
    expect(requestedExtensions(info([]))).toBeUndefined();
  });

  it('is refused without attributes, or with them unsorted', () => {
    const der = toDer(CertificationRequestInfo, info([]));
    const without = Uint8Array.from(der.subarray(0, -2));
    without[1] = (without[1] ?? 0) - 2;
    expect(() => fromDer(CertificationRequestInfo, without)).toThrow('Cannot decode');
    const [first, second] = [7, 8].map((arc) => ({
      type: `2.999.${arc}`,
      values: [fromHex('020101')],
    }));
    if (!first || !second) throw new Error('there are two');
    const sorted = toDer(CertificationRequestInfo, info([second, first]));
    const [low, high] = [sorted.subarray(-24, -12), sorted.subarray(-12)];
    const unsorted = Uint8Array.of(...sorted.subarray(0, -24), ...high, ...low);
    expect(fromDer(CertificationRequestInfo, sorted).attributes).toHaveLength(2);
    expect(() => fromDer(CertificationRequestInfo, unsorted)).toThrow('SET OF is not sorted');
  });
});

describe('algorithms and keys', () => {
  it('are the same with NULL parameters and without [C4]', () => {
    const bare = algorithmIdentifier('rsaEncryption');
    const withNull = algorithmIdentifier('rsaEncryption', 'NULL');
    const withOther = algorithmIdentifier('rsaEncryption', fromHex('020101'));
    expect(sameAlgorithm(bare, withNull)).toBe(true);
    expect(sameAlgorithm(withNull, withOther)).toBe(false);
    expect(sameAlgorithm(withOther, withOther)).toBe(true);
    expect(sameAlgorithm(bare, algorithmIdentifier('ed25519'))).toBe(false);
    const key = { algorithm: bare, subjectPublicKey: fromHex('ab') };
    expect(samePublicKey(key, { ...key, algorithm: withNull })).toBe(true);
    expect(samePublicKey(key, { ...key, subjectPublicKey: fromHex('ac') })).toBe(false);
  });
});
