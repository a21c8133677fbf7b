import { CertError } from '../base/errors.ts';
import { verifyOcspResponse } from '../revocation/ocsp-verify.ts';
import {
  moreTelling,
  unavailable,
  type RevocationVerdict,
  type Unavailable,
} from '../revocation/verdict.ts';
import type {
  OcspAnswer,
  OcspClient,
  ResolvedOcsp,
  SourceTried,
  ValidationEvents,
} from './contract.ts';
import {
  responderAsker,
  uncheckedResponder,
  type ExchangeContext,
  type Asked,
  type Question,
} from './ocsp-exchange.ts';
import { ocspKey } from './ocsp-key.ts';
import { ocspResults, type KeptWord, type OcspResults } from './ocsp-results.ts';
import { responderUrls } from './responder-urls.ts';
import { singleFlight } from './single-flight.ts';

/** What asking responders stands on. */
export interface OcspClientContext extends ExchangeContext {
  readonly tell: ValidationEvents;
  /** For results that are kept, in octets; `defaultCacheOctets` when absent. */
  readonly cacheOctets?: number;
  /** How much may be asked; all of it when absent. What is kept costs nothing. */
  readonly budget?: QueryBudget;
}

/** Bounds how much is asked. */
export interface QueryBudget {
  /** Count what is about to be asked. @returns `false` when it is too much */
  begin(): boolean;
  /** Say that what was allowed has ended. */
  end(): void;
}

/** Some 1,500 results. */
export const defaultCacheOctets: number = 4 * 1024 * 1024;

/** Asks responders, and tells what it keeps. */
export interface CachingOcspClient extends OcspClient {
  readonly results: Pick<OcspResults, 'count' | 'octets'>;
}

/** Make what asks responders. One is for all objects and peers: results are shared as far as policies are the same. */
export function ocspClient(context: OcspClientContext): CachingOcspClient {
  const { clock, tell } = context;
  const results = ocspResults(context.cacheOctets ?? defaultCacheOctets);
  const flights = singleFlight<OcspAnswer>();
  const ask = responderAsker(context);

  const keep = (key: string, { url, certificate, object }: Question, asked: Asked): void => {
    const { verdict, notes, der, unchecked, caching } = asked;
    if (verdict.type === 'unavailable' || !der) return;
    const notAfter = certificate.tbsCertificate.validity.notAfter.value;
    const more = { ...(unchecked && { unchecked }), ...(caching && { caching }) };
    const word = { verdict, notes, der, url, notAfter, ...more };
    results.keep(key, word, object.cache, clock.now());
  };

  const askOne = async (question: Question, signal: AbortSignal): Promise<Asked> => {
    const { url } = question;
    const begun = clock.now().getTime();
    const asked = await ask(question, signal);
    const outcome = outcomeOf(asked.verdict);
    tell({ type: 'ocsp-query', url, outcome, ms: clock.now().getTime() - begun });
    if (outcome === 'unauthorized-responder') tell({ type: 'responder-unauthorized', url });
    return asked;
  };

  /** The first responder that has a word decides; of failures, the most telling. */
  const askAll = async (
    urls: readonly string[],
    key: string,
    about: Omit<Question, 'url' | 'before'>,
    word: KeptWord | undefined,
    signal: AbortSignal,
  ): Promise<OcspAnswer> => {
    const tried: SourceTried[] = [];
    let worst: Unavailable | undefined;
    for (const url of urls) {
      const question = { url, ...about, ...(word?.url === url && { before: word }) };
      const asked = await askOne(question, signal);
      const { verdict, notes, unchecked } = asked;
      tried.push({ source: { type: 'ocsp', url, from: 'network' }, verdict, notes });
      if (verdict.type !== 'unavailable') {
        keep(key, question, asked);
        // Caches may give what was made before.
        if (word && word.verdict.thisUpdate > verdict.thisUpdate) return afterAll(word, tried);
        const { der } = asked;
        return { verdict, tried, ...(der && { der }), ...(unchecked && { unchecked }) };
      }
      worst = moreTelling(worst, verdict);
    }
    const verdict = worst ?? noResponder;
    const { object } = about;
    results.keepFailure(failureKey(key, object), { verdict, tried }, object.cache, clock.now());
    // It may be used up to its end, whatever HTTP says: RFC 5019 section 6.1.
    return word ? afterAll(word, tried) : { verdict, tried };
  };

  const known = (key: string, object: ResolvedOcsp): OcspAnswer | undefined => {
    const { cache } = object;
    const now = clock.now();
    const word = results.word(key, cache, now);
    const isFresh = word !== undefined && now.getTime() <= word.freshUntil;
    const failure =
      cache.caching && !isFresh ? results.failure(failureKey(key, object), now) : undefined;
    if (word && (isFresh || failure)) {
      tell(resultHit);
      return word.answer;
    }
    if (failure) tell({ type: 'ocsp-cache', hit: 'error' });
    return failure;
  };

  return {
    results,
    async status(certificate, issuer, object, signal) {
      try {
        const key = ocspKey(certificate, issuer, object.policyHash);
        const before = known(key, object);
        if (before) return before;
        const { url } = object.query;
        const urls = url === undefined ? responderUrls(certificate) : [url];
        if (urls.length === 0) return { verdict: noResponder, tried: [] };
        const word = results.word(key, object.cache, clock.now());
        return await flights.join(failureKey(key, object), signal, async (ending) => {
          if (context.budget?.begin() === false) {
            return word?.answer ?? { verdict: tooMuch, tried: [] };
          }
          try {
            return await askAll(urls, key, { certificate, issuer, object }, word, ending);
          } finally {
            context.budget?.end();
          }
        });
      } catch (error) {
        if (!signal.aborted) return { verdict: internal(error), tried: [] };
        // What is kept is better than nothing.
        const key = ocspKey(certificate, issuer, object.policyHash);
        const word = results.word(key, object.cache, clock.now());
        return word?.answer ?? { verdict: tooLate, tried: [] };
      }
    },
    staple(octets, certificate, issuer, object) {
      const now = clock.now();
      try {
        const expectation = { certificate, issuer, origin: { type: 'staple' } as const };
        const verdict = verifyOcspResponse(octets, expectation, object.rules, now);
        const isWord = verdict.type !== 'unavailable';
        const notes = isWord ? verdict.notes : [];
        const tried: SourceTried = { source: { type: 'staple' }, verdict, notes };
        if (!isWord) {
          if (verdict.code === 'unauthorized-responder') {
            tell({ type: 'responder-unauthorized', url: '' });
          }
          return { verdict, tried: [tried] };
        }
        const key = ocspKey(certificate, issuer, object.policyHash);
        const newer = results.word(key, object.cache, now);
        if (newer && newer.verdict.thisUpdate > verdict.thisUpdate) {
          // A peer chooses what it staples: the word from before its revocation, for one.
          return afterAll(newer, [tried]);
        }
        const url = object.query.url ?? responderUrls(certificate)[0] ?? '';
        const unchecked = uncheckedResponder(verdict, object.rules);
        const asked = { verdict, notes, der: octets, ...(unchecked && { unchecked }) };
        // Anybody may staple that a responder did not know it yet: nobody is to be kept from asking by that.
        if (verdict.type !== 'unknown') keep(key, { url, certificate, issuer, object }, asked);
        return { verdict, tried: [tried], der: octets, ...(unchecked && { unchecked }) };
      } catch (error) {
        return { verdict: internal(error), tried: [] };
      }
    },
    forget(certificate, issuer, object, failure) {
      const key = ocspKey(certificate, issuer, object.policyHash);
      results.forget(key);
      if (failure) {
        results.keepFailure(failureKey(key, object), failure, object.cache, clock.now());
      }
    },
  };
}

/** Answer by what is kept, after others were tried. */
function afterAll({ answer }: KeptWord, tried: readonly SourceTried[]): OcspAnswer {
  return { ...answer, tried: [...tried, ...answer.tried] };
}

const resultHit = { type: 'ocsp-cache', hit: 'result' } as const;
const noResponder = unavailable('no-source', 'it names no OCSP responder, and none is set');
const tooMuch = unavailable('timeout', 'too much is asked at this time');
const tooLate = unavailable('timeout', 'the time for this check is over');

/** Failures are of a way to a responder, and another object may have another. */
function failureKey(key: string, { name }: ResolvedOcsp): string {
  return `${name} ${key}`;
}

function outcomeOf(verdict: RevocationVerdict): string {
  return verdict.type === 'unavailable' ? verdict.code : verdict.type;
}

function internal(error: unknown): Unavailable {
  const detail = error instanceof CertError ? error.message : 'an error that is ours';
  return unavailable('internal', detail);
}
