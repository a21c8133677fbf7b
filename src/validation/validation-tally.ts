import { schemeOf } from '../retrieval/url.ts';
import { CertError } from '../base/errors.ts';
import { latencyClasses } from '../store/validation-watch-contract.ts';
import type { PeerVerdict, ValidationEvent } from './contract.ts';

/** Counts what is told of judging peers. */
export interface ValidationTally {
  /** Count an event; nothing is waited for and nothing is written. */
  count(event: ValidationEvent): void;
  /** Take what was counted since the last time, to be stored. */
  take(): ReadonlyMap<string, number>;
  /** Give back what could not be stored. */
  giveBack(gains: ReadonlyMap<string, number>): void;
}

/**
 * Counters by their names of specification section 8, their parts with dots between them. Each part is a word of ours: a
 * code, a scheme, a class. What a peer or a responder says is in none of them, so that nobody makes more of them.
 *
 * - `ocsp.queries`, and of these by what came: `ocsp.good`, `ocsp.revoked`, `ocsp.unknown`, `ocsp.unavailable.CODE`
 * - `ocsp.latency-ms.CLASS`, `ocsp.latency-ms.sum`, `ocsp.cache-hits`, `ocsp.error-cache-hits`
 * - `ocsp.fallback-to-crl`, `ocsp.rfc6960-nonconforming`
 * - `crl.fetches.SCHEME.RESULT`, `crl.bytes`, `crl.entries`, `crl.parse-ms`, `crl.hits`
 * - `path.accepted`, `path.rejected.REASON`, `accepted-without-revocation` and the other warnings of an acceptance
 * - `event.peer-revoked` and the other events
 */
export function validationTally(): ValidationTally {
  let gains = new Map<string, number>();
  const add = (counter: string, value = 1): void => {
    // A clock that was set back makes no time less.
    if (value > 0) gains.set(counter, (gains.get(counter) ?? 0) + Math.round(value));
  };
  const judged = ({ verdict, reasons, warnings }: PeerVerdict): void => {
    if (verdict === 'reject') return add(`path.rejected.${reasons[0]?.code ?? 'internal'}`);
    add('path.accepted');
    // One peer is one acceptance, however many of its certificates it is said of.
    for (const code of new Set(warnings.map((warning) => warning.code))) {
      const counter = warningCounters.get(code);
      if (counter !== undefined) add(counter);
    }
  };
  return {
    count(event) {
      switch (event.type) {
        case 'judged':
          return judged(event.verdict);
        case 'ocsp-query':
          add('ocsp.queries');
          add(words.has(event.outcome) ? `ocsp.${event.outcome}` : unavailable(event.outcome));
          add(`ocsp.latency-ms.${latencyClass(event.ms)}`);
          return add('ocsp.latency-ms.sum', event.ms);
        case 'ocsp-cache':
          return add(event.hit === 'result' ? 'ocsp.cache-hits' : 'ocsp.error-cache-hits');
        case 'fallback-to-crl':
          return add('ocsp.fallback-to-crl');
        case 'crl-fetch':
          add(`crl.fetches.${schemeIn(event.url)}.${event.outcome}`);
          add('crl.bytes', event.octets);
          add('crl.entries', event.entries);
          return add('crl.parse-ms', event.parseMs);
        case 'crl-hit':
          return add('crl.hits');
        case 'peer-revoked':
        case 'own-certificate-revoked':
        case 'crl-rollback':
        case 'crl-expired':
        case 'crl-suspect':
        case 'crl-form':
        case 'responder-unauthorized':
        case 'clock-suspect':
          return add(`event.${event.type}`);
      }
    },
    take() {
      const taken = gains;
      gains = new Map();
      return taken;
    },
    giveBack(back) {
      for (const [counter, value] of back) add(counter, value);
    },
  };
}

const words: ReadonlySet<string> = new Set(['good', 'revoked', 'unknown']);

const warningCounters: ReadonlyMap<string, string> = new Map([
  ['accepted-without-revocation', 'accepted-without-revocation'],
  ['accepted-with-expired-crl', 'accepted-with-expired-crl'],
  ['accepted-against-ocsp', 'accepted-against-ocsp'],
  ['rfc6960-nonconforming', 'ocsp.rfc6960-nonconforming'],
]);

function unavailable(code: string): string {
  return `ocsp.unavailable.${code}`;
}

function latencyClass(ms: number): string {
  return latencyClasses.find((end) => ms <= end)?.toString() ?? 'more';
}

function schemeIn(url: string): string {
  try {
    return schemeOf(url);
  } catch (error) {
    if (error instanceof CertError) return 'other';
    throw error;
  }
}
