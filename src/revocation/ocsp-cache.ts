import type { RevocationVerdict, Unavailable, UnavailableCode } from './verdict.ts';

/** How long results are kept, all in seconds; -1 is no bound. */
export interface CacheRules {
  readonly caching: boolean;
  readonly maxAgeSeconds: number;
  readonly clockSkewSeconds: number;
  /** Kept while now <= thisUpdate + this. */
  readonly cachingThisUpdateMaxAgeSeconds: number;
  /** Kept while now < nextUpdate - this + 60. */
  readonly cachingNextUpdateAheadSeconds: number;
  readonly cacheTimeoutSeconds: number | 'indefinite';
  readonly cacheErrorTimeoutSeconds: number;
}

/** Beyond nextUpdate less the time ahead, as the product this setting comes from has it. */
const AHEAD_LEEWAY_SECONDS = 60;

/** A result that says of itself no end, and gets none by the settings, is asked for anew after this long. */
const NO_BOUND_SECONDS = 3600;

/** A responder that said so asks to be tried again soon. */
const TRY_LATER_SECONDS = 5;

/**
 * Say until when a verified result may be used again, that moment included; undefined when it is not to be kept. Never
 * past nextUpdate and the skew, whatever the settings say: RFC 6960 section 4.2.2.1. Only a revocation that is final
 * holds on, to the end of the certificate.
 *
 * @param at when it was verified
 * @param notAfter of the certificate it is about
 */
export function usableUntil(
  verdict: Exclude<RevocationVerdict, Unavailable>,
  rules: CacheRules,
  at: Date,
  notAfter: Date,
): Date | undefined {
  if (!rules.caching) return undefined;
  const { thisUpdate, nextUpdate } = verdict;
  const isFinal = verdict.type === 'revoked' && verdict.reason !== 'certificateHold';
  const bounds: number[] = [isFinal ? notAfter.getTime() : Infinity];
  const ages = [rules.maxAgeSeconds, rules.cachingThisUpdateMaxAgeSeconds].filter(
    (age) => age >= 0,
  );
  for (const age of ages) bounds.push(thisUpdate.getTime() + age * 1000);
  if (nextUpdate) {
    const end = nextUpdate.getTime();
    const ahead = rules.cachingNextUpdateAheadSeconds;
    // Less a millisecond: up to there and no longer.
    if (ahead >= 0) bounds.push(end + (AHEAD_LEEWAY_SECONDS - ahead) * 1000 - 1);
    if (!isFinal) bounds.push(end + rules.clockSkewSeconds * 1000);
  } else if (ages.length === 0 && !isFinal) {
    bounds.push(at.getTime() + NO_BOUND_SECONDS * 1000);
  }
  if (rules.cacheTimeoutSeconds !== 'indefinite') {
    bounds.push(at.getTime() + rules.cacheTimeoutSeconds * 1000);
  }
  const until = Math.min(...bounds);
  return until < at.getTime() ? undefined : new Date(until);
}

/**
 * Say until when a failure is remembered, so that a responder that is down costs its timeout once; undefined when it is
 * not: another query may have another nonce.
 */
export function failureUsableUntil(
  code: UnavailableCode,
  { caching, cacheErrorTimeoutSeconds }: CacheRules,
  at: Date,
): Date | undefined {
  if (!caching || code === 'nonce-mismatch') return undefined;
  const seconds =
    code === 'responder-error(tryLater)'
      ? Math.min(TRY_LATER_SECONDS, cacheErrorTimeoutSeconds)
      : cacheErrorTimeoutSeconds;
  return new Date(at.getTime() + seconds * 1000);
}
