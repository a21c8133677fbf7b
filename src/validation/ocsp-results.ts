import { failureUsableUntil, usableUntil, type CacheRules } from '../revocation/ocsp-cache.ts';
import type { OcspNote } from '../revocation/ocsp-rules.ts';
import type { RevocationVerdict, Unavailable } from '../revocation/verdict.ts';
import type { Certificate } from '../x509/certificate.ts';
import type { OcspAnswer } from './contract.ts';
import { byteCache } from './byte-cache.ts';
import type { HttpCaching } from './ocsp-exchange.ts';

/** A word on a certificate that was verified. */
export type Word = Exclude<RevocationVerdict, Unavailable>;

/** A word to be kept. */
export interface NewWord {
  readonly verdict: Word;
  readonly notes: readonly OcspNote[];
  /** The response it was taken from. */
  readonly der: Uint8Array;
  /** Where that came from; empty when nobody said. */
  readonly url: string;
  readonly notAfter: Date;
  /** Who signed it, where CRLs are to be asked about that one each time. */
  readonly unchecked?: Certificate;
  /** What HTTP said of it. */
  readonly caching?: HttpCaching;
}

/** A word that is kept. */
export interface KeptWord {
  readonly verdict: Word;
  readonly der: Uint8Array;
  /** What is answered with it. */
  readonly answer: OcspAnswer;
  /** Where it came from. */
  readonly url: string;
  readonly caching: HttpCaching;
  /** From then on the responder may have something newer, though this may be used still. */
  readonly freshUntil: number;
}

/** Results of all objects: verified words, and failures beside them. */
export interface OcspResults {
  readonly count: number;
  readonly octets: number;
  /** A word that may be used still; one that may not is forgotten. */
  word(key: string, rules: CacheRules, now: Date): KeptWord | undefined;
  /** Keep a word, unless a newer one is kept that may be used. */
  keep(key: string, word: NewWord, rules: CacheRules, now: Date): void;
  /** Why nobody gives a word, as long as that is remembered. */
  failure(key: string, now: Date): OcspAnswer | undefined;
  /** Forget a word. */
  forget(key: string): void;
  keepFailure(key: string, answer: OcspAnswer & Failed, rules: CacheRules, now: Date): void;
}

interface Failed {
  readonly verdict: Unavailable;
}

type Slot =
  | (KeptWord & {
      readonly type: 'word';
      readonly rules: CacheRules;
      readonly notAfter: Date;
      readonly keptAt: Date;
      readonly octets: number;
      readonly until: number;
    })
  | { readonly type: 'failure'; readonly answer: OcspAnswer; readonly until: number };

/** What a result takes beside the octets of its response and its key, as measured: objects, times, its place in the map. */
const SLOT_OCTETS = 1500;

/** What a certificate of a responder takes as values. */
const RESPONDER_OCTETS = 8192;

/**
 * Make the cache.
 *
 * @param limit in octets, of all there is in it
 */
export function ocspResults(limit: number): OcspResults {
  const slots = byteCache<Slot>(limit);
  const usable = (key: string, rules: CacheRules, now: Date) => {
    const slot = slots.get(key);
    if (slot?.type !== 'word') return undefined;
    // Objects that believe the same may keep it for another time.
    const until = slot.rules === rules ? slot.until : endOf(slot, rules);
    if (now.getTime() <= until) return slot;
    slots.delete(key);
    return undefined;
  };
  return {
    get count() {
      return slots.count;
    },
    get octets() {
      return slots.octets;
    },
    word: (key, rules, now) => (rules.caching ? usable(key, rules, now) : undefined),
    forget: (key) => slots.delete(key),
    keep(key, { verdict, notes, der, url, notAfter, unchecked, caching = {} }, rules, now) {
      const until = usableUntil(verdict, rules, now, notAfter);
      if (until === undefined) return;
      const held = usable(key, rules, now);
      // A response may have been made before the one that is known: nobody shall bring it back.
      if (held && held.verdict.thisUpdate > verdict.thisUpdate) {
        const later = Math.max(held.freshUntil, now.getTime() + LEAST_FRESH_MS);
        slots.set(key, { ...held, freshUntil: later }, held.octets);
        return;
      }
      const word = bare(verdict);
      const octets =
        der.length +
        key.length +
        url.length +
        (unchecked ? SLOT_OCTETS + RESPONDER_OCTETS : SLOT_OCTETS);
      const source = { type: 'ocsp', url, from: 'cache' } as const;
      const kept = Uint8Array.from(der);
      const slot: Slot = {
        type: 'word',
        verdict: word,
        der: kept,
        answer: {
          verdict: word,
          tried: [{ source, verdict: word, notes }],
          der: kept,
          ...(unchecked && { unchecked }),
        },
        url,
        caching,
        freshUntil: freshUntil(word, caching, now),
        rules,
        notAfter,
        keptAt: now,
        octets,
        until: until.getTime(),
      };
      slots.set(key, slot, octets);
    },
    failure(key, now) {
      const slot = slots.get(failureKey(key));
      if (slot?.type !== 'failure') return undefined;
      if (now.getTime() <= slot.until) return slot.answer;
      slots.delete(failureKey(key));
      return undefined;
    },
    keepFailure(key, { verdict, tried }, rules, now) {
      const until = failureUsableUntil(verdict.code, rules, now);
      if (until === undefined) return;
      const remembered = tried.map((one) =>
        one.source.type === 'ocsp'
          ? { ...one, source: { ...one.source, from: 'error-cache' as const } }
          : one,
      );
      const answer = { verdict, tried: remembered };
      const size = key.length + 2 * JSON.stringify(answer).length + SLOT_OCTETS;
      slots.set(failureKey(key), { type: 'failure', answer, until: until.getTime() }, size);
    },
  };
}

/** Nobody is asked more often for what he says is fresh for less: a handshake waits for that. */
const LEAST_FRESH_MS = 60_000;

/** A revocation that is final will not be another. */
function freshUntil(word: Word, { freshUntil: until }: HttpCaching, now: Date): number {
  const isFinal = word.type === 'revoked' && word.reason !== 'certificateHold';
  if (!until || isFinal) return Infinity;
  return Math.max(until.getTime(), now.getTime() + LEAST_FRESH_MS);
}

/** Beside the word, so that it never takes the place of one. */
function failureKey(key: string): string {
  return `! ${key}`;
}

function endOf(
  { verdict, keptAt, notAfter }: Extract<Slot, { readonly type: 'word' }>,
  rules: CacheRules,
): number {
  return usableUntil(verdict, rules, keptAt, notAfter)?.getTime() ?? -Infinity;
}

/** Without the certificates that vouched for it, which nobody counts. */
function bare(verdict: Word): Word {
  const { thisUpdate, nextUpdate } = verdict;
  const period = { thisUpdate, ...(nextUpdate && { nextUpdate }) };
  if (verdict.type !== 'revoked') return { type: verdict.type, ...period };
  const { revocationDate, reason } = verdict;
  return { type: 'revoked', revocationDate, reason, ...period };
}
