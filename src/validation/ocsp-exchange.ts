import type { Clock } from '../base/clock.ts';
import { gate, type Gate } from '../base/gate.ts';
import type { Random } from '../base/random.ts';
import { NONCE_OCTETS, ocspQuery } from '../revocation/ocsp-query.ts';
import type { OcspNote, OcspRules, VerifiedResponse } from '../revocation/ocsp-rules.ts';
import { verifyOcspResponse } from '../revocation/ocsp-verify.ts';
import type { RevocationVerdict } from '../revocation/verdict.ts';
import type { Certificate } from '../x509/certificate.ts';
import type { ResolvedOcsp } from './contract.ts';
import { fetchFailure } from './fetch-failure.ts';
import { sendOcspQuery } from './ocsp-send.ts';
import { within } from './time-limit.ts';

/** What asking needs. */
export interface ExchangeContext {
  readonly clock: Clock;
  readonly random: Random;
}

/** One question to one responder. */
export interface Question {
  readonly url: string;
  readonly certificate: Certificate;
  readonly issuer: Certificate;
  readonly object: ResolvedOcsp;
}

/** What came of it. */
export interface Asked {
  readonly verdict: RevocationVerdict;
  readonly notes: readonly OcspNote[];
  /** The response, where it was believed. */
  readonly der?: Uint8Array;
  /** Who signed it, where CRLs are still to be asked about that one. */
  readonly unchecked?: Certificate;
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
  { clock, random }: ExchangeContext,
  { url, certificate, issuer, object }: Question,
  signal: AbortSignal,
): Promise<Asked> {
  const { rules, query } = object;
  const nonce = rules.nonce === 'off' ? undefined : random.bytes(NONCE_OCTETS);
  const { http } = ocspQuery({ certificate, issuer, url, hash: query.certIdHash }, nonce);
  const { body, isCalledOcsp } = await sendOcspQuery(http, query, rules.maxResponseOctets, signal);
  const expectation = {
    certificate,
    issuer,
    origin: { type: 'query', ...(nonce && { nonce }) } as const,
  };
  const verdict = verifyOcspResponse(body, expectation, rules, clock.now());
  if (verdict.type === 'unavailable') return { verdict, notes: [] };
  const notes = isCalledOcsp ? verdict.notes : [...verdict.notes, 'content-type' as const];
  const unchecked = uncheckedResponder(verdict, rules);
  return { verdict, notes, der: body, ...(unchecked && { unchecked }) };
}

/** Name who signed a response, where the rules ask CRLs about that one. */
export function uncheckedResponder(
  { responder, notes }: VerifiedResponse,
  { checkResponder }: OcspRules,
): Certificate | undefined {
  return checkResponder && notes.includes('responder-not-checked') ? responder : undefined;
}
