import { describe, expect, it } from 'vitest';
import type { Lab } from '../../src/ca/lab.ts';
import type { LabSettings } from '../../src/ca/lab-settings.ts';
import type { OcspHttpAnswer } from '../../src/ca/ocsp-http.ts';
import { serialText } from '../../src/ca/grant.ts';
import { asBuffer } from '../../src/base/bytes.ts';
import type { Certificate } from '../../src/x509/certificate.ts';
import { rawExtension } from '../../src/x509/extension-values.ts';
import { formatName } from '../../src/x509/name-text.ts';
import {
  decodeBasicOcspResponse,
  decodeOcspResponse,
  type ResponseData,
} from '../../src/x509/ocsp-response.ts';
import { scaled } from '../harness/effort.ts';
import { seeded } from '../harness/seeded.ts';
import { enrolled } from './lab-client.ts';
import { clockAt, openLab } from './lab-under-test.ts';
import { asked, certId, now, ocspRequest, octetsIn, wordOf } from './ocsp-client.ts';

const nonce = new Uint8Array(32).fill(0xab);

function dataIn(answer: OcspHttpAnswer): ResponseData {
  const { responseBytes } = decodeOcspResponse(octetsIn(answer));
  if (!responseBytes) throw new Error('no response inside');
  return decodeBasicOcspResponse(responseBytes.response).tbsResponseData;
}

function post(lab: Lab, body: Uint8Array): Promise<OcspHttpAnswer> {
  return lab.responder.answer({ method: 'POST', url: 'http://lab/ocsp', body });
}

function statusOf(answer: OcspHttpAnswer): string {
  return decodeOcspResponse(octetsIn(answer)).responseStatus;
}

function idIn(lab: Lab, certificate: Certificate) {
  return certId(certificate, lab.authorities.issuing.certificate);
}

describe('the OCSP responder of a lab', () => {
  it.each(['sha1', 'sha256'] as const)(
    'says good, revoked with its reason, and unknown, of a certificate named by %s',
    async (hash) => {
      const lab = await openLab();
      const certificate = await enrolled(lab);
      const verdict = await asked(lab, certificate, { hash, nonce, rules: { nonce: 'require' } });
      expect(wordOf(verdict)).toBe('good');
      await lab.revoke(1, 'keyCompromise');
      expect(await asked(lab, certificate, { hash })).toMatchObject({
        type: 'revoked',
        reason: 'keyCompromise',
        revocationDate: now,
      });
      const other = await openLab();
      const named = certId(await enrolled(other), lab.authorities.issuing.certificate, hash);
      const [single] = dataIn(await post(lab, ocspRequest([named]))).responses;
      expect(single?.certStatus.type).toBe('unknown');
    },
  );

  it('answers a GET, whose base64 may be escaped or not, and an AIA URL that ends in a slash', async () => {
    const lab = await openLab();
    // Some octets of a serial number make + and / in base64: of a few certificates one has them.
    const bodies = await Promise.all(
      Array.from({ length: 8 }, async () => ocspRequest([idIn(lab, await enrolled(lab))])),
    );
    for (const body of bodies) {
      const text = asBuffer(body).toString('base64');
      for (const path of [text, encodeURIComponent(text), `/${text}`]) {
        for (const place of ['/ocsp/', 'http://127.0.0.1:8080/ocsp/']) {
          const answer = await lab.responder.answer({ method: 'GET', url: place + path });
          expect(dataIn(answer).responses[0]?.certStatus.type).toBe('good');
        }
      }
    }
  });

  it('answers about several certificates in one response', async () => {
    const lab = await openLab();
    const [one, two] = [await enrolled(lab), await enrolled(lab)];
    await lab.revoke(2, 'superseded');
    const { responses } = dataIn(await post(lab, ocspRequest([idIn(lab, one), idIn(lab, two)])));
    expect(responses.map(({ certStatus }) => certStatus.type)).toEqual(['good', 'revoked']);
    expect(lab.responder.requests()).toEqual({
      total: 1,
      bySerial: {
        [serialText(one.tbsCertificate.serialNumber)]: 1,
        [serialText(two.tbsCertificate.serialNumber)]: 1,
      },
    });
  });

  it('signs by its delegate, which it has once and for all, or by the CA itself', async () => {
    const lab = await openLab();
    const certificate = await enrolled(lab);
    const responders = await Promise.all(
      [1, 2].map(async () => {
        const verdict = await asked(lab, certificate);
        return verdict.type === 'good' ? verdict.responder : undefined;
      }),
    );
    const [first, second] = responders.map((one) => one?.tbsCertificate);
    expect(formatName(first?.subject ?? { rdns: [] })).toBe(
      'CN=Lab OCSP Responder,O=certkeeper lab',
    );
    expect(first?.serialNumber).toBe(second?.serialNumber);
    const itself = await openLab({ settings: { ocspSigner: 'ca' } });
    const verdict = await asked(itself, await enrolled(itself));
    expect(verdict).toMatchObject({
      type: 'good',
      responder: itself.authorities.issuing.certificate,
    });
  });

  it('answers about the issuing CA, by its root', async () => {
    const lab = await openLab();
    const { issuing, root } = lab.authorities;
    const verdict = await asked(lab, issuing.certificate, { issuer: 'root' });
    expect(verdict).toMatchObject({ type: 'good', responder: root.certificate });
  });

  it('says that its RA is good', async () => {
    const lab = await openLab();
    expect(wordOf(await asked(lab, lab.authorities.ra.certificate))).toBe('good');
  });

  it('gives responses as long as is set, from now by its clock', async () => {
    const lab = await openLab({ settings: { ocspValiditySeconds: 600 } });
    const data = dataIn(await post(lab, ocspRequest([idIn(lab, await enrolled(lab))])));
    expect(data.producedAt).toEqual(now);
    expect(data.responses[0]).toMatchObject({
      thisUpdate: now,
      nextUpdate: new Date(now.getTime() + 600_000),
    });
  });

  it('leaves out the nonce where that is set', async () => {
    const lab = await openLab({ settings: { ocspNonce: 'ignore' } });
    const rules = { nonce: 'require' } as const;
    expect(wordOf(await asked(lab, await enrolled(lab), { nonce, rules }))).toBe('nonce-missing');
  });

  it('is not authorized for certificates of others, nor for those of two CAs at once', async () => {
    const [lab, other] = [await openLab(), await openLab()];
    const own = idIn(lab, await enrolled(lab));
    expect(statusOf(await post(lab, ocspRequest([idIn(other, await enrolled(other))])))).toBe(
      'unauthorized',
    );
    const { issuing, root } = lab.authorities;
    const ofRoot = certId(issuing.certificate, root.certificate);
    expect(statusOf(await post(lab, ocspRequest([own, ofRoot])))).toBe('unauthorized');
  });

  it('says malformedRequest to what is none, asks too much, or is critical and not known', async () => {
    const lab = await openLab();
    const id = idIn(lab, await enrolled(lab));
    const critical = rawExtension('ocspCrlReferences', Uint8Array.of(5, 0), true);
    for (const body of [
      new Uint8Array(),
      Uint8Array.of(0x30, 0x80),
      ocspRequest([]),
      ocspRequest(Array.from({ length: 101 }, () => id)),
      ocspRequest([id], new Uint8Array(129)),
      ocspRequest([id], new Uint8Array()),
      ocspRequest([id], undefined, [critical]),
    ]) {
      expect(statusOf(await post(lab, body))).toBe('malformedRequest');
    }
  });

  it('answers whatever comes: octets of a request that are changed, cut or longer', async () => {
    const lab = await openLab();
    const right = ocspRequest([idIn(lab, await enrolled(lab))], nonce);
    const chance = seeded(7);
    for (let count = 0; count < scaled(100); count++) {
      const body = Uint8Array.from(right);
      for (let changes = 1 + chance.below(3); changes > 0; changes--) {
        body[chance.below(body.length)] = chance.below(256);
      }
      const cut = body.subarray(0, chance.below(8) === 0 ? chance.below(body.length) : undefined);
      const status = statusOf(await post(lab, cut));
      expect(['successful', 'malformedRequest', 'unauthorized']).toContain(status);
    }
  });

  it.each([
    [404, { method: 'GET', url: '/elsewhere' }],
    [404, { method: 'GET', url: '/ocspx' }],
    [405, { method: 'PUT', url: '/ocsp' }],
    [400, { method: 'GET', url: '/ocsp' }],
    [400, { method: 'GET', url: '/ocsp/%zz' }],
    [400, { method: 'GET', url: '/ocsp/M-_A' }],
    [413, { method: 'GET', url: `/ocsp/M${'A'.repeat(1 << 17)}` }],
    [413, { method: 'POST', url: '/ocsp', body: new Uint8Array((1 << 16) + 1) }],
    [415, { method: 'POST', url: '/ocsp', contentType: 'text/plain' }],
  ])('answers %i to what is no OCSP request over HTTP', async (status, request) => {
    const lab = await openLab();
    expect(await lab.responder.answer(request)).toMatchObject({ status });
    expect(lab.responder.requests().total).toBe(1);
  });
});

async function getFrom(settings: Partial<LabSettings>) {
  const clock = clockAt(now);
  const lab = await openLab({ clock, settings });
  const body = ocspRequest([idIn(lab, await enrolled(lab))]);
  const url = `/ocsp/${encodeURIComponent(asBuffer(body).toString('base64'))}`;
  const get = (ifNoneMatch?: string): Promise<OcspHttpAnswer> =>
    lab.responder.answer({ method: 'GET', url, ...(ifNoneMatch && { ifNoneMatch }) });
  return { lab, clock, get };
}

describe('a response to a GET', () => {
  it('says how long caches may keep it', async () => {
    const { get } = await getFrom({ ocspValiditySeconds: 3600 });
    expect(await get()).toMatchObject({
      status: 200,
      headers: {
        'content-type': 'application/ocsp-response',
        date: 'Sun, 01 Nov 2026 12:00:00 GMT',
        'last-modified': 'Sun, 01 Nov 2026 12:00:00 GMT',
        expires: 'Sun, 01 Nov 2026 13:00:00 GMT',
        'cache-control': 'max-age=3600, public, no-transform, must-revalidate',
      },
    });
  });

  it('is the same again until its renewal, to whoever names it not even sent, and new after a revocation', async () => {
    const { lab, clock, get } = await getFrom({ ocspRenewalSeconds: 600 });
    const first = await get();
    const etag = first.type === 'answer' ? first.headers['etag'] : undefined;
    clock.advance(599);
    expect(await get(etag)).toMatchObject({ status: 304, body: new Uint8Array() });
    expect(octetsIn(await get())).toEqual(octetsIn(first));
    clock.advance(1);
    const second = await get(etag);
    expect(second).toMatchObject({ status: 200 });
    expect(octetsIn(second)).not.toEqual(octetsIn(first));
    await lab.revoke(1);
    expect(dataIn(await get()).responses[0]?.certStatus.type).toBe('revoked');
  });
});
