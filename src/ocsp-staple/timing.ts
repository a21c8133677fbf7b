import { spread } from '../base/spread.ts';
import type { HeldStaple } from '../store/staples-contract.ts';

/** Clients' clocks are ahead by so much: a response goes before it ends for them. */
const MOST_MARGIN_MS = 300_000;

/** Of the time a response is for, where that is short. */
const MARGIN_PART = 10;

/** How long a response that says of itself no end is shown: what `ocsp-cache` gives one, too. */
const ENDLESS_MS = 3_600_000;

/** What bounds the time a response is shown. */
export interface Bounds {
  readonly thisUpdate: Date;
  readonly nextUpdate?: Date;
  /** notAfter of the certificate it is about. */
  readonly certificateEnds: Date;
  /** notAfter of the certificate it was signed with: from then on strict clients refuse it. */
  readonly responderEnds: Date;
}

/** Say until when a response may be shown. */
export function shownUntil(bounds: Bounds, now: Date): Date {
  const { thisUpdate, nextUpdate, certificateEnds, responderEnds } = bounds;
  const own = nextUpdate
    ? nextUpdate.getTime() -
      Math.min(MOST_MARGIN_MS, (nextUpdate.getTime() - thisUpdate.getTime()) / MARGIN_PART)
    : now.getTime() + ENDLESS_MS;
  return new Date(
    Math.floor(Math.min(own, certificateEnds.getTime(), responderEnds.getTime()) / 1000) * 1000,
  );
}

/** Refreshed at this part of its time at the earliest, and so much later by name and number. */
const FIRST_PART = 0.5;
const JITTER_PART = 0.1;

/** However fresh HTTP calls it, mostly to its end: from here on it is asked for. */
const LAST_PART = 0.65;

/** Nobody is asked more often, whatever its responses say. */
const LEAST_MS = 60_000;

/** Strict clients (Firefox among them) take none that is older, whatever its nextUpdate. */
const MOST_AGE_MS = 10 * 86_400_000;

/** Say until when the strictest clients take a response: where it is said to be good for years, a newer one is better. */
export function usefulUntil({ thisUpdate, until }: Pick<HeldStaple, 'thisUpdate' | 'until'>): Date {
  return new Date(Math.min(until.getTime(), thisUpdate.getTime() + MOST_AGE_MS));
}

/**
 * Say when a response is refreshed: from half of its time on, each certificate at a moment of its own; one that came later
 * than that, at the same part of what is left. Where HTTP says that until then there is nothing newer, not before. However
 * long it is said to be good, a revocation or a newer one is heard of after six days.
 *
 * @param seed name and serial number
 * @param from when it came, or was found to be the newest
 */
export function refreshAt(
  { thisUpdate, until, freshUntil }: HeldStaple,
  seed: string,
  from: Date,
): Date {
  const jitter = JITTER_PART * spread(seed);
  const part = FIRST_PART + jitter;
  const [begin, end, now] = [thisUpdate.getTime(), until.getTime(), from.getTime()];
  const half = begin + (end - begin) * part;
  const usual = half > now ? half : now + Math.max(0, end - now) * part;
  const last = Math.max(usual, begin + (end - begin) * (LAST_PART + jitter));
  const fresh = Math.min(freshUntil?.getTime() ?? 0, last);
  const wanted = Math.min(Math.max(usual, fresh), now + MOST_AGE_MS * part);
  return new Date(Math.round(Math.max(wanted, now + LEAST_MS)));
}

/** A failure is tried again after this long, doubled each time, and up to a half more. */
const FIRST_RETRY_MS = 60_000;

/** A responder or an endpoint that is well again is noticed within the hour. */
export const MOST_RETRY_MS = 3_600_000;

/** Longer than this no responder is left alone, whatever its Retry-After says: its next response lasts for a day or so. */
const MOST_RETRY_AFTER_MS = 6 * 3_600_000;

/** Those who were all told the same moment come within so much after it, or within half of what they have to wait. */
const MOST_RETRY_AFTER_SPREAD_MS = 1_800_000;

/**
 * Say when to ask again after a failure: after a minute, two, four, up to an hour, and up to a half longer by name and
 * number; later where the responder asked for that, and up to half an hour after that.
 *
 * @param failures in a row, the one just now among them
 */
export function retryAt(seed: string, failures: number, now: Date, retryAfter?: Date): Date {
  const doubled = FIRST_RETRY_MS * 2 ** Math.min(Math.max(failures, 1) - 1, 10);
  const place = spread(`${seed} ${failures}`);
  const pause = Math.min(doubled, MOST_RETRY_MS / 1.5) * (1 + place / 2);
  const wanted = Math.min((retryAfter?.getTime() ?? 0) - now.getTime(), MOST_RETRY_AFTER_MS);
  const apart = Math.min(Math.max(0, wanted) / 2, MOST_RETRY_AFTER_SPREAD_MS) * place;
  return new Date(now.getTime() + Math.round(Math.max(pause, wanted + apart)));
}

/** What is revoked for good is asked about once a day, in case the CA was wrong; what is on hold, each hour. */
export function afterRevokedAt(reason: string, seed: string, now: Date): Date {
  const hours = reason === 'certificateHold' ? 1 : 24;
  return new Date(now.getTime() + Math.round(hours * 3_600_000 * (1 + spread(seed) / 4)));
}
