import { describe, expect, it } from 'vitest';
import { toDer } from '../../src/asn1/codec.ts';
import { answerWith, answerWithout } from '../../src/ocsp-staple/responder-answer.ts';
import { keyOf, readQuestion } from '../../src/ocsp-staple/responder-question.ts';
import { shownResponses } from '../../src/ocsp-staple/shown-responses.ts';
import { certIdOf } from '../../src/revocation/ocsp-cert-id.ts';
import { extension } from '../../src/x509/extension-values.ts';
import { decodeOcspResponse } from '../../src/x509/ocsp-response.ts';
import { OCSPRequest, type TBSRequest } from '../../src/x509/ocsp-request.ts';
import { someDay } from '../harness/certificates.ts';
import { parseLabel } from '../../src/base/label.ts';
import { after, ca, leaf, response, single } from '../revocation/ocsp-made.ts';
import { held } from './made.ts';

const certId = certIdOf(leaf.certificate, ca.certificate, 'sha1');

function question(parts: Partial<TBSRequest> = {}): ReturnType<typeof readQuestion> {
  const tbsRequest = { version: 0, requestList: [{ reqCert: certId }], ...parts };
  return readQuestion(toDer(OCSPRequest, { tbsRequest }));
}

describe('readQuestion()', () => {
  it('finds out which certificate is meant, and whether a nonce is to come back', () => {
    expect(question()).toMatchObject({ type: 'about', hasNonce: false });
    const nonce = extension('ocspNonce', new Uint8Array(32));
    expect(question({ requestExtensions: [nonce] })).toMatchObject({ hasNonce: true });
  });

  it('has no answer to several at once, or to what has to be understood and is not', () => {
    const both = [{ reqCert: certId }, { reqCert: certId }];
    expect(question({ requestList: both })).toStrictEqual({ type: 'not-ours' });
    const critical = { ...extension('ocspNoCheck', null), critical: true };
    expect(question({ requestExtensions: [critical] })).toStrictEqual({ type: 'not-ours' });
  });

  it('takes whatever else there is for no request', () => {
    expect(question({ requestList: [] })).toStrictEqual({ type: 'malformed' });
    for (const octets of [[], [0x30], [0x30, 0x80], Array.from({ length: 999 }, () => 0x30)])
      expect(readQuestion(Uint8Array.from(octets))).toStrictEqual({ type: 'malformed' });
  });
});

describe('an answer', () => {
  const shown = { ...held({ der: response() }), thisUpdate: someDay, until: after(3000) };

  it('may be kept by caches until it is shown no more', () => {
    const { status, headers, body } = answerWith(shown, { method: 'GET' }, after(600));
    expect(status).toBe(200);
    expect(body).toBe(shown.der);
    expect(headers).toMatchObject({
      'content-type': 'application/ocsp-response',
      'cache-control': 'max-age=2400, public, no-transform, must-revalidate',
      'last-modified': someDay.toUTCString(),
      expires: after(3000).toUTCString(),
    });
  });

  it('is not given again to whoever has it', () => {
    const { headers } = answerWith(shown, { method: 'GET' }, after(0));
    const ifNoneMatch = `"x", W/${headers['etag']}`;
    const again = answerWith(shown, { method: 'GET', ifNoneMatch }, after(0));
    expect(again).toMatchObject({ status: 304, body: new Uint8Array() });
    expect(answerWith(shown, { method: 'POST', ifNoneMatch }, after(0)).status).toBe(200);
    const other = answerWith(shown, { method: 'GET', ifNoneMatch: '"x"' }, after(0));
    expect(other.status).toBe(200);
  });

  it('without a response says why, and that no cache keeps that', () => {
    const { status, headers, body } = answerWithout('tryLater');
    expect(status).toBe(200);
    expect(headers['cache-control']).toBe('no-store');
    expect(decodeOcspResponse(body)).toMatchObject({ responseStatus: 'tryLater' });
  });
});

describe('shownResponses()', () => {
  const name = parseLabel('gw1', 'name');
  const key = keyOf(certId) ?? '';
  const keptOf = (parts: Parameters<typeof response>[0] = {}) => ({
    certificate: 'aa',
    name,
    nextAt: after(0),
    failures: 0,
    held: held({ der: response(parts), until: after(3000) }),
  });

  it('finds a response by the CertID it speaks of, as long as it may be shown', async () => {
    let now = after(0);
    const found = shownResponses({ list: async () => [keptOf()] }, { now: () => now });
    expect(await found.find(key)).toMatchObject({ until: after(3000) });
    expect(await found.find(keyOf({ ...certId, serialNumber: 99n }) ?? '')).toBeUndefined();
    const bySha256 = certIdOf(leaf.certificate, ca.certificate, 'sha256');
    expect(await found.find(keyOf(bySha256) ?? '')).toBeUndefined();
    now = after(3000);
    expect(await found.find(key)).toBeUndefined();
  });

  it('gives nobody a response that speaks of other certificates, too: of them it was not verified', async () => {
    const otherId = { ...certId, serialNumber: 99n };
    const both = [single({ certID: otherId }), single()];
    const found = shownResponses(
      { list: async () => [keptOf({ singles: both })] },
      { now: () => after(0) },
    );
    expect(await found.find(keyOf(otherId) ?? '')).toBeUndefined();
    expect(await found.find(key)).toBeUndefined();
    const bySha256 = certIdOf(leaf.certificate, ca.certificate, 'sha256');
    const twice = [single(), single({ certID: bySha256 })];
    const same = shownResponses(
      { list: async () => [keptOf({ singles: twice })] },
      { now: () => after(0) },
    );
    expect(await same.find(keyOf(bySha256) ?? '')).toBeDefined();
  });

  it('sees within a second what another process has refreshed, and does not read the store for each request', async () => {
    let now = after(0);
    let reads = 0;
    let kept = [keptOf()];
    const list = async () => {
      reads++;
      return kept;
    };
    const found = shownResponses({ list }, { now: () => now });
    await Promise.all([found.find(key), found.find(key), found.find(key)]);
    await found.find(key);
    expect(reads).toBe(1);
    kept = [keptOf({ singles: [single({ thisUpdate: after(1) })] })];
    now = after(1);
    const newer = await found.find(key);
    expect(newer?.der).toStrictEqual(kept[0]?.held.der);
    expect(reads).toBe(2);
    kept = [];
    now = after(-60);
    expect(await found.find(key)).toBeUndefined();
  });
});
