import { describe, expect, it } from 'vitest';
import { toDer } from '../../src/asn1/codec.ts';
import { toHex } from '../../src/base/bytes.ts';
import { ocspQuery } from '../../src/revocation/ocsp-query.ts';
import { extensionValue } from '../../src/x509/extension-values.ts';
import { CertID, decodeOcspRequest } from '../../src/x509/ocsp-request.ts';
import { certificateFile, responseFile } from './ocsp-vectors.ts';

const certificate = certificateFile('good');
const issuer = certificateFile('ca');
const nonce = new Uint8Array(32).fill(9);

function query(url: string, withNonce = false, hash: 'sha1' | 'sha256' = 'sha1') {
  return ocspQuery({ certificate, issuer, url, hash }, withNonce ? nonce : undefined);
}

describe('ocspQuery()', () => {
  it('names the certificate in the octets that OpenSSL uses', () => {
    const theirs = decodeOcspRequest(responseFile('nonce-request')).tbsRequest.requestList[0];
    const ours = decodeOcspRequest(query('http://o/').der).tbsRequest.requestList[0];
    // HAProxy, and caches, compare the octets.
    const [one, other] = [ours, theirs].map((each) => each && toHex(toDer(CertID, each.reqCert)));
    expect(one).toBe(other);
  });

  it('goes by GET without a nonce, with one slash and nothing a URL takes for its own', () => {
    for (const url of ['http://ocsp.example/a', 'http://ocsp.example/a/']) {
      const { der, http } = query(url);
      expect(http.method).toBe('GET');
      const encoded = http.url.slice('http://ocsp.example/a/'.length);
      expect(encoded).not.toMatch(/[+/=]/);
      expect(toHex(Buffer.from(decodeURIComponent(encoded), 'base64'))).toBe(toHex(der));
    }
  });

  it('goes by POST with a nonce of 32 octets, in an OCTET STRING', () => {
    const { der, http } = query('http://ocsp.example', true);
    expect(http).toEqual({ method: 'POST', url: 'http://ocsp.example', body: der });
    const { requestExtensions } = decodeOcspRequest(der).tbsRequest;
    expect(extensionValue(requestExtensions, 'ocspNonce', 'strictly')).toEqual(nonce);
  });

  it('goes by POST when the URL would have more than 255 octets', () => {
    const longest = 255 - (query('http://o/').http.url.length - 'http://o/'.length);
    const url = `http://o/${'p'.repeat(longest - 'http://o/'.length - 1)}/`;
    expect(query(url).http).toMatchObject({ method: 'GET' });
    expect(query(url).http.url).toHaveLength(255);
    expect(query(url.replace('p', 'pp')).http).toMatchObject({ method: 'POST' });
  });

  it('names by SHA-256 when asked to', () => {
    const [single] = decodeOcspRequest(query('http://o/', false, 'sha256').der).tbsRequest
      .requestList;
    expect(single?.reqCert.issuerKeyHash).toHaveLength(32);
  });

  it('refuses to send a nonce of another length', () => {
    expect(() =>
      ocspQuery({ certificate, issuer, url: 'http://o', hash: 'sha1' }, nonce.subarray(1)),
    ).toThrow(expect.objectContaining({ code: 'INTERNAL' }));
  });
});
