import type { Clock } from '../base/clock.ts';
import { CertError } from '../base/errors.ts';
import { readable } from '../base/readable.ts';
import { verifyOcspResponse } from '../revocation/ocsp-verify.ts';
import { unavailable, type Unavailable } from '../revocation/verdict.ts';
import { fetchFailure } from '../validation/fetch-failure.ts';
import { sendOcspQuery } from '../validation/ocsp-send.ts';
import { within } from '../validation/time-limit.ts';
import { extensionValue } from '../x509/extension-values.ts';
import { decodeOcspRequest } from '../x509/ocsp-request.ts';
import type { ResponderAsks } from './ocsp-responder.ts';
import { spanOf, type PassedAnswer, type Relayed } from './responder-source.ts';

/**
 * Make what passes a request on as it is, so that the nonce of whoever asked comes back. What is answered is believed as the
 * OCSP object says before it is given on; the nonce itself is for whoever sent it to compare, except where the relay says
 * that it has to come back.
 */
export function passNonce(clock: Clock) {
  return async (
    { request }: ResponderAsks,
    { certificate, issuer, object, isNonceRequired = false }: Relayed,
    signal: AbortSignal,
  ): Promise<PassedAnswer | Unavailable> => {
    const { query } = object;
    const { url } = query;
    if (url === undefined) return unavailable('no-source', 'the OCSP object has no url');
    const rules = { ...object.rules, nonce: isNonceRequired ? 'require' : 'off' } as const;
    const nonce = nonceOf(request);
    try {
      const { body } = await within(clock, query.timeoutMs, signal, (ending) =>
        sendOcspQuery(
          { method: 'POST', url, body: request },
          query,
          rules.maxResponseOctets,
          ending,
        ),
      );
      const origin = { type: 'query' as const, ...(nonce && { nonce }) };
      const expectation = { certificate, issuer, origin };
      const now = clock.now();
      const verdict = verifyOcspResponse(body, expectation, rules, now);
      if (verdict.type === 'unavailable') return verdict;
      return { type: 'shown', shown: { der: body, ...spanOf(verdict, now) }, verdict };
    } catch (error) {
      if (error instanceof CertError && error.code === 'INTERNAL') throw error;
      return fetchFailure(error);
    }
  };
}

function nonceOf(request: Uint8Array): Uint8Array | undefined {
  return readable(() => {
    const { requestExtensions } = decodeOcspRequest(request).tbsRequest;
    return extensionValue(requestExtensions, 'ocspNonce');
  });
}
