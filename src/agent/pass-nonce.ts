import type { Clock } from '../base/clock.ts';
import { CertError } from '../base/errors.ts';
import { verifyOcspResponse } from '../revocation/ocsp-verify.ts';
import { unavailable, type Unavailable } from '../revocation/verdict.ts';
import { fetchFailure } from '../validation/fetch-failure.ts';
import { sendOcspQuery } from '../validation/ocsp-send.ts';
import { within } from '../validation/time-limit.ts';
import type { ResponderAsks, ResponderFound } from './ocsp-responder.ts';
import { spanOf, type Relayed } from './responder-source.ts';

/**
 * Make what passes a request on as it is, so that the nonce of whoever asked comes back. What is answered is believed as the
 * OCSP object says before it is given on; the nonce itself is for whoever sent it to compare.
 */
export function passNonce(clock: Clock) {
  return async (
    { request }: ResponderAsks,
    { certificate, issuer, object }: Relayed,
    signal: AbortSignal,
  ): Promise<ResponderFound | Unavailable> => {
    const { query } = object;
    const { url } = query;
    if (url === undefined) return unavailable('no-source', 'the OCSP object has no url');
    const rules = { ...object.rules, nonce: 'off' } as const;
    try {
      const { body } = await within(clock, query.timeoutMs, signal, (ending) =>
        sendOcspQuery(
          { method: 'POST', url, body: request },
          query,
          rules.maxResponseOctets,
          ending,
        ),
      );
      const expectation = { certificate, issuer, origin: { type: 'query' } as const };
      const now = clock.now();
      const verdict = verifyOcspResponse(body, expectation, rules, now);
      if (verdict.type === 'unavailable') return verdict;
      return { type: 'shown', shown: { der: body, ...spanOf(verdict, now) } };
    } catch (error) {
      if (error instanceof CertError && error.code === 'INTERNAL') throw error;
      return fetchFailure(error);
    }
  };
}
