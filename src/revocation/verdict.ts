import type { CRLReason } from '../x509/crl-reason.ts';

/**
 * Why there is no word on a certificate. The strings are stable: they go to `show`, statistics, history and traps. The
 * most specific come first: when several sources fail, the first of these tells an operator most. The first ten come
 * of the way to a source and are for whoever fetches.
 */
export const unavailableCodes = [
  'dns',
  'connect',
  'timeout',
  'http-status',
  'responder-error(tryLater)',
  'responder-error(internalError)',
  'responder-error(malformedRequest)',
  'responder-error(sigRequired)',
  'responder-error(unauthorized)',
  'internal',
  'nonce-mismatch',
  'nonce-missing',
  'too-old',
  'expired',
  'not-yet-valid',
  'no-next-update',
  'unsupported-critical-extension',
  'no-matching-response',
  'reasons-incomplete',
  'bad-signature',
  'unauthorized-responder',
  'crl-issuer-untrusted',
  'too-large',
  'malformed',
  'wrong-scope',
  'no-source',
] as const;

/** Why there is no word on a certificate. */
export type UnavailableCode = (typeof unavailableCodes)[number];

/** That a source says nothing that can be used. */
export interface Unavailable {
  readonly type: 'unavailable';
  readonly code: UnavailableCode;
  /** Lower case, no final period: it ends a sentence that says what was attempted. */
  readonly detail: string;
  /** Of a response that was verified and is of the future: when it was made, as its signer says. */
  readonly thisUpdate?: Date;
}

/** From when to when a word on a certificate holds. */
export interface Period {
  readonly thisUpdate: Date;
  readonly nextUpdate?: Date;
}

/** That a certificate is not revoked, as far as whoever speaks for its issuer knows. */
export interface Good extends Period {
  readonly type: 'good';
}

/** That a certificate is revoked; `certificateHold` is revoked as well. */
export interface Revoked extends Period {
  readonly type: 'revoked';
  readonly revocationDate: Date;
  readonly reason: CRLReason;
}

/** What one source says of one certificate. `unknown`: the responder does not know it. */
export type RevocationVerdict =
  | Good
  | Revoked
  | (Period & { readonly type: 'unknown' })
  | Unavailable;

/** Say that there is no word on a certificate, and why. */
export function unavailable(code: UnavailableCode, detail: string): Unavailable {
  return { type: 'unavailable', code, detail };
}

/** Choose the more specific of two; of equals, the one found first. */
export function moreTelling(first: Unavailable | undefined, second: Unavailable): Unavailable {
  if (first === undefined) return second;
  const order = unavailableCodes.indexOf(second.code) - unavailableCodes.indexOf(first.code);
  return order < 0 ? second : first;
}
