import type { Clock } from '../base/clock.ts';
import { gate, type Gate } from '../base/gate.ts';
import type { Random } from '../base/random.ts';
import { etagOf, freshUntilOf } from '../http/caching.ts';
import type { HttpResponse } from '../http/request.ts';
import { NONCE_OCTETS, queryOf } from '../revocation/ocsp-query.ts';
import type { OcspNote, OcspRules, VerifiedResponse } from '../revocation/ocsp-rules.ts';
import { verifyOcspResponse } from '../revocation/ocsp-verify.ts';
import type { RevocationVerdict } from '../revocation/verdict.ts';
import type { Certificate } from '../x509/certificate.ts';
import type { ResolvedOcsp } from './contract.ts';
import { fetchFailure } from './fetch-failure.ts';
import { signedRequest, type RequestSigner } from './ocsp-sign.ts';
import { sendOcspQuery } from './ocsp-send.ts';
import { within } from './time-limit.ts';

/** What asking needs. */
export interface ExchangeContext {
  readonly clock: Clock;
  readonly random: Random;
  /** Find who signs queries, by the name of a certificate of ours; absent where there are none. */
  signerOf?(name: string): Promise<RequestSigner>;
}

/** One question to one responder. */
export interface Question {
  readonly url: string;
  readonly certificate: Certificate;
  readonly issuer: Certificate;
  readonly object: ResolvedOcsp;
  /** What it answered before, where that is still of use. */
  readonly before?: KeptResponse;
}

/** A response as it is kept, and what HTTP says of it. */
export interface KeptResponse {
  readonly der: Uint8Array;
  readonly caching: HttpCaching;
}

/** What HTTP says of an answer by GET, which caches may give (RFC 5019 section 6). */
export interface HttpCaching {
  readonly etag?: string;
  /** Until then there is nothing newer to be had. */
  readonly freshUntil?: Date;
}

/** What came of it. */
export interface Asked {
  readonly verdict: RevocationVerdict;
  readonly notes: readonly OcspNote[];
  /** The response, where it was believed. */
  readonly der?: Uint8Array;
  /** Who signed it, where CRLs are still to be asked about that one. */
  readonly unchecked?: Certificate;
  /** Of an answer by GET. */
  readonly caching?: HttpCaching;
}

/** Asks responders, so many at a time as each object allows. */
export type AskResponder = (question: Question, signal: AbortSignal) => Promise<Asked>;

/** A responder that has no time now is asked once more, after this part of the timeout. */
const TRY_LATER_PART = 4;

/**
 * Make what asks responders. Whatever they do, there is a verdict, and that within the timeout of the object: one for
 * resolving, connecting, sending, the whole body, and asking once more. Waiting for others comes before it.
 */
export function responderAsker(context: ExchangeContext): AskResponder {
  const widths = new Map<string, number>();
  const gates = new Map<string, Gate>();
  const gateOf = ({ name, query: { concurrency } }: ResolvedOcsp): Gate => {
    widths.set(name, concurrency === 0 ? Infinity : concurrency);
    const known = gates.get(name) ?? gate(() => widths.get(name) ?? Infinity);
    gates.set(name, known);
    return known;
  };
  return async (question, signal) => {
    signal.throwIfAborted();
    return await gateOf(question.object).through(async () => {
      try {
        return await within(context.clock, question.object.query.timeoutMs, signal, (ending) =>
          ask(context, question, ending),
        );
      } catch (error) {
        signal.throwIfAborted();
        return { verdict: fetchFailure(error), notes: [] };
      }
    });
  };
}

async function ask(
  context: ExchangeContext,
  question: Question,
  signal: AbortSignal,
): Promise<Asked> {
  const first = await askOnce(context, question, signal);
  const { verdict } = first;
  if (verdict.type !== 'unavailable' || verdict.code !== 'responder-error(tryLater)') return first;
  await context.clock.sleep(Math.ceil(question.object.query.timeoutMs / TRY_LATER_PART), signal);
  return await askOnce(context, question, signal);
}

async function askOnce(
  { clock, random, signerOf }: ExchangeContext,
  { url, certificate, issuer, object, before }: Question,
  signal: AbortSignal,
): Promise<Asked> {
  const { rules, query } = object;
  const nonce = rules.nonce === 'off' ? undefined : random.bytes(NONCE_OCTETS);
  const about = { certificate, issuer, hash: query.certIdHash };
  const request = await signedRequest(about, nonce, query.signer, signerOf);
  const { http } = queryOf(request, url);
  const isGet = http.method === 'GET';
  const etag = isGet ? before?.caching.etag : undefined;
  const { maxResponseOctets } = rules;
  const sent = await sendOcspQuery(http, query, maxResponseOctets, signal, etag);
  // Verified again, since the time is another one.
  const body = sent.type === 'unchanged' && before ? before.der : sent.body;
  const expectation = {
    certificate,
    issuer,
    origin: { type: 'query', ...(nonce && { nonce }) } as const,
  };
  const verdict = verifyOcspResponse(body, expectation, rules, clock.now());
  if (verdict.type === 'unavailable') return { verdict, notes: [] };
  const notes = sent.isCalledOcsp ? verdict.notes : [...verdict.notes, 'content-type' as const];
  const caching = isGet ? cachingIn(sent.headers, clock.now()) : undefined;
  const unchecked = uncheckedResponder(verdict, rules);
  return {
    verdict,
    notes,
    der: body,
    ...(unchecked && { unchecked }),
    ...(caching && { caching }),
  };
}

function cachingIn(headers: HttpResponse['headers'], now: Date): HttpCaching {
  const etag = etagOf(headers);
  const freshUntil = freshUntilOf(headers, now);
  return { ...(etag !== undefined && { etag }), ...(freshUntil && { freshUntil }) };
}

/** Name who signed a response, where the rules ask CRLs about that one. */
export function uncheckedResponder(
  { responder, notes }: VerifiedResponse,
  { checkResponder }: OcspRules,
): Certificate | undefined {
  return checkResponder && notes.includes('responder-not-checked') ? responder : undefined;
}
