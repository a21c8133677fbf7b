import { describe, expect, it } from 'vitest';
import type { ResponderAsks } from '../../src/agent/ocsp-responder.ts';
import { passNonce } from '../../src/agent/pass-nonce.ts';
import type { Relayed } from '../../src/agent/responder-source.ts';
import { toDer } from '../../src/asn1/codec.ts';
import { certIdOf } from '../../src/revocation/ocsp-cert-id.ts';
import { ocspRequest } from '../../src/revocation/ocsp-query.ts';
import { extension } from '../../src/x509/extension-values.ts';
import { OCSPRequest } from '../../src/x509/ocsp-request.ts';
import { fakeClock } from '../harness/fake-clock.ts';
import { after, ca, leaf, response, single } from '../revocation/ocsp-made.ts';
import { answerWith, ocspObjectFor, responderAt } from '../validation/ocsp-asked.ts';

const request = Uint8Array.of(0x30, 1, 2, 3);
const asked = {
  certId: certIdOf(leaf.certificate, ca.certificate, 'sha1'),
  hasNonce: true,
  request,
};

/** Pass a question about `leaf` on to a responder. */
async function pass(
  url: string | undefined,
  signal = new AbortController().signal,
  more: Partial<ResponderAsks & Relayed> = {},
) {
  const object = ocspObjectFor({
    rules: { nonce: 'require' },
    ...(url !== undefined && { query: { url } }),
  });
  const about = { certificate: leaf.certificate, issuer: ca.certificate, object, ...more };
  return await passNonce(fakeClock(after(60), 'waits'))({ ...asked, ...more }, about, signal);
}

describe('passNonce()', () => {
  it('sends the request as it came, and gives back the octets that came, verified', async () => {
    const { url, requests } = await responderAt();
    expect(await pass(url)).toMatchObject({
      type: 'shown',
      shown: { thisUpdate: after(0), until: after(3600) },
    });
    expect(requests).toHaveLength(1);
    expect(requests[0]?.method).toBe('POST');
    expect(Uint8Array.from(requests[0]?.body ?? [])).toStrictEqual(request);
  });

  it('shows what has no end for a minute', async () => {
    const { nextUpdate: _, ...endless } = single();
    const octets = response({ singles: [endless] });
    const { url } = await responderAt((_request, out) => answerWith(out, octets));
    expect(await pass(url)).toMatchObject({ type: 'shown', shown: { until: after(120) } });
  });

  it('gives on nothing that is not believed, and says why', async () => {
    const forged = response({ signer: leaf });
    const wrong = await responderAt((_request, out) => answerWith(out, forged));
    expect(await pass(wrong.url)).toMatchObject({
      type: 'unavailable',
      code: 'unauthorized-responder',
    });
    const failing = await responderAt((_request, out) => void out.writeHead(500).end());
    expect(await pass(failing.url)).toMatchObject({ type: 'unavailable', code: 'http-status' });
    expect(await pass(undefined)).toMatchObject({ type: 'unavailable', code: 'no-source' });
  });

  it('wants the nonce of the request back where that is required', async () => {
    const nonce = new Uint8Array(32).fill(7);
    const isNonceRequired = true;
    const about = { certificate: leaf.certificate, issuer: ca.certificate, hash: 'sha1' } as const;
    const withNonce = toDer(OCSPRequest, { tbsRequest: ocspRequest(about, nonce) });
    const ask = async (back?: Uint8Array, sent = withNonce) => {
      const data = back && { responseExtensions: [extension('ocspNonce', back)] };
      const octets = response(data && { data });
      const { url } = await responderAt((_request, out) => answerWith(out, octets));
      return pass(url, undefined, { isNonceRequired, request: sent });
    };
    expect(await ask(nonce)).toMatchObject({ type: 'shown', verdict: { type: 'good' } });
    expect(await ask()).toMatchObject({ code: 'nonce-missing' });
    expect(await ask(new Uint8Array(32))).toMatchObject({ code: 'nonce-mismatch' });
    expect(await ask(nonce, request)).toMatchObject({ code: 'nonce-missing' });
  });

  it('ends when whoever asked has gone', async () => {
    const gone = new AbortController();
    const { url } = await responderAt(() => gone.abort(new Error('gone')));
    expect(await pass(url, gone.signal)).toMatchObject({ type: 'unavailable' });
  });
});
