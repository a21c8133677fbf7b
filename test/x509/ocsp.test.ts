import { describe, expect, it } from 'vitest';
import { fromHex, toHex } from '../../src/base/bytes.ts';
import { fromDer, toDer } from '../../src/asn1/codec.ts';
import { algorithmIdentifier } from '../../src/x509/algorithm-identifier.ts';
import { CRLReason, crlReasons } from '../../src/x509/crl-reason.ts';
import { parseName } from '../../src/x509/name-text.ts';
import { decodeOcspRequest, OCSPRequest, type CertID } from '../../src/x509/ocsp-request.ts';
import {
  BasicOCSPResponse,
  decodeBasicOcspResponse,
  decodeOcspResponse,
  OCSPResponse,
} from '../../src/x509/ocsp-response.ts';

const certID: CertID = {
  hashAlgorithm: algorithmIdentifier('sha1'),
  issuerNameHash: new Uint8Array(20).fill(1),
  issuerKeyHash: new Uint8Array(20).fill(2),
  serialNumber: 0x1abn,
};
const time = new Date('2026-11-21T00:00:00Z');

/** The fields of a value, after the octets it came from are forgotten. */
function roundTrip<T>(codec: Parameters<typeof toDer<T>>[0], value: T): unknown {
  return structuredClone(fromDer(codec, toDer(codec, value)));
}

describe('OCSPRequest', () => {
  it('comes back as it was written, with its DEFAULT version left out', () => {
    const request = { tbsRequest: { version: 0, requestList: [{ reqCert: certID }] } };
    expect(roundTrip(OCSPRequest, request)).toEqual(request);
    expect(toHex(toDer(OCSPRequest, request))).toMatch(/^30..30..30..30..30/);
  });

  it('refuses a version that is written out though it is the DEFAULT', () => {
    const malformed = expect.objectContaining({ code: 'DER_MALFORMED' });
    expect(() => decodeOcspRequest(fromHex('30093007a0030201003000'))).toThrow(malformed);
  });

  it('refuses a serial number of more than 64 octets', () => {
    const reqCert = { ...certID, serialNumber: 1n << 600n };
    const der = toDer(OCSPRequest, { tbsRequest: { version: 0, requestList: [{ reqCert }] } });
    expect(() => decodeOcspRequest(der)).toThrow(
      expect.objectContaining({ code: 'LIMIT_EXCEEDED' }),
    );
  });
});

describe('OCSPResponse', () => {
  it.each([
    ['successful', '00'],
    ['tryLater', '03'],
    ['sigRequired', '05'],
    ['unauthorized', '06'],
  ])('knows the status %s', (responseStatus, number) => {
    expect(decodeOcspResponse(fromHex(`30030a01${number}`))).toMatchObject({ responseStatus });
  });

  it.each(['04', '07', 'ff'])('refuses the status %s, which has no name', (number) => {
    expect(() => decodeOcspResponse(fromHex(`30030a01${number}`))).toThrow(
      expect.objectContaining({ code: 'DER_MALFORMED' }),
    );
  });

  it('comes back as it was written', () => {
    const response = {
      responseStatus: 'successful',
      responseBytes: { responseType: '1.2.3', response: fromHex('0500') },
    } as const;
    expect(roundTrip(OCSPResponse, response)).toEqual(response);
  });
});

describe('BasicOCSPResponse', () => {
  it('comes back as it was written, whatever the three states', () => {
    const single = { certID, thisUpdate: time, nextUpdate: time };
    const revocation = { revocationTime: time, revocationReason: 'keyCompromise' } as const;
    const response: BasicOCSPResponse = {
      tbsResponseData: {
        version: 0,
        responderID: { type: 'byName', value: parseName('CN=OCSP') },
        producedAt: time,
        responses: [
          { ...single, certStatus: { type: 'good', value: null } },
          { ...single, certStatus: { type: 'revoked', value: revocation } },
          { ...single, certStatus: { type: 'unknown', value: null } },
        ],
      },
      signatureAlgorithm: algorithmIdentifier('ecdsaWithSHA256'),
      signature: fromHex('3000'),
    };
    expect(roundTrip(BasicOCSPResponse, response)).toEqual(response);
    const cut = toDer(BasicOCSPResponse, response).subarray(0, -1);
    expect(() => decodeBasicOcspResponse(cut)).toThrow(
      expect.objectContaining({ code: 'DER_MALFORMED' }),
    );
  });
});

describe('CRLReason', () => {
  it('has ten names, and none for 7', () => {
    expect(crlReasons).toHaveLength(10);
    expect(fromDer(CRLReason, fromHex('0a0108'))).toBe('removeFromCRL');
    expect(toHex(toDer(CRLReason, 'aACompromise'))).toBe('0a010a');
    expect(() => fromDer(CRLReason, fromHex('0a0107'))).toThrow(
      expect.objectContaining({ code: 'DER_MALFORMED' }),
    );
  });
});
