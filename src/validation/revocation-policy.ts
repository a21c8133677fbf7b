import {
  moreTelling,
  type RevocationVerdict,
  type Unavailable,
  type UnavailableCode,
} from '../revocation/verdict.ts';
import type { PeerReason, RevocationMode, ValidationPolicy } from './contract.ts';

/** What OCSP came to; where an operator lets a CRL decide after it, that is another row. */
export type OcspOutcome =
  | 'good'
  | 'revoked'
  | 'revoked, a CRL decides'
  | 'unknown'
  | 'unknown, a CRL decides'
  | 'unavailable'
  | 'none';

/** What the CRLs came to. `expired` is about certificates that are not listed: a revocation does not lapse. */
export type CrlOutcome = 'good' | 'revoked' | 'expired' | 'unusable' | 'unavailable';

/** What is made of a certificate: the code after `accept` is a warning. */
export type RevocationDecision =
  | { readonly type: 'accept'; readonly warning?: RevocationWarning; readonly isSuspect?: true }
  | { readonly type: 'reject' };

/** What an operator has to know of a certificate that was accepted. */
export type RevocationWarning =
  | 'accepted-without-revocation'
  | 'accepted-with-expired-crl'
  | 'accepted-against-ocsp';

/** How a certificate is judged, once it is known whether it names a source: `ifuri` is one of these. */
export type SettledMode = Exclude<RevocationMode, 'ifuri'>;

type Row = Readonly<Record<CrlOutcome, RevocationDecision>>;

const accept: RevocationDecision = { type: 'accept' };
const reject: RevocationDecision = { type: 'reject' };
const withoutWord: RevocationDecision = { type: 'accept', warning: 'accepted-without-revocation' };
// A source that says what it must not is worse than one that says nothing: it is told apart.
const suspect: RevocationDecision = { ...withoutWord, isSuspect: true };
const expired: RevocationDecision = { type: 'accept', warning: 'accepted-with-expired-crl' };
const against: RevocationDecision = { type: 'accept', warning: 'accepted-against-ocsp' };

const always = (decision: RevocationDecision): Row => ({
  good: decision,
  revoked: decision,
  expired: decision,
  unusable: decision,
  unavailable: decision,
});

const strictCrl: Row = { ...always(reject), good: accept };
const relaxedCrl: Row = {
  good: accept,
  revoked: reject,
  expired,
  unusable: suspect,
  unavailable: withoutWord,
};

/** Every decision there is: by mode, by what OCSP says, by what CRLs say. */
export const revocationTable: Readonly<Record<SettledMode, Readonly<Record<OcspOutcome, Row>>>> = {
  strict: {
    good: always(accept),
    revoked: always(reject),
    'revoked, a CRL decides': { ...always(reject), good: against },
    unknown: always(reject),
    'unknown, a CRL decides': strictCrl,
    unavailable: strictCrl,
    none: strictCrl,
  },
  relaxed: {
    good: always(accept),
    revoked: always(reject),
    'revoked, a CRL decides': { ...always(reject), good: against },
    // No CRL is no word at all; a responder of its CA does not know it.
    unknown: { ...relaxedCrl, unusable: reject, unavailable: reject },
    'unknown, a CRL decides': { ...relaxedCrl, unusable: reject, unavailable: reject },
    unavailable: relaxedCrl,
    none: relaxedCrl,
  },
};

/** Name the row of what OCSP says; without OCSP, or any responder to ask, it is `none`. */
export function ocspOutcome(
  verdict: RevocationVerdict | undefined,
  { ocspRevoked, unknownFallback }: Pick<ValidationPolicy, 'ocspRevoked' | 'unknownFallback'>,
): OcspOutcome {
  if (verdict === undefined) return 'none';
  switch (verdict.type) {
    case 'good':
      return 'good';
    case 'revoked':
      return ocspRevoked === 'crl' ? 'revoked, a CRL decides' : 'revoked';
    case 'unknown':
      return unknownFallback ? 'unknown, a CRL decides' : 'unknown';
    case 'unavailable':
      return verdict.code === 'no-source' ? 'none' : 'unavailable';
  }
}

/** Tell whether anything a CRL could say would change the decision. */
export function needsCrl(mode: SettledMode, ocsp: OcspOutcome): boolean {
  const decisions = Object.values(revocationTable[mode][ocsp]);
  return decisions.some((decision) => decision !== decisions[0]);
}

/** What makes a CRL unfit to be believed, rather than out of reach. */
const unusableCodes: ReadonlySet<UnavailableCode> = new Set([
  'bad-signature',
  'crl-issuer-untrusted',
  'malformed',
  'wrong-scope',
  'reasons-incomplete',
  'unsupported-critical-extension',
  'not-yet-valid',
]);

/** Name the column of what CRLs say; undefined is that none was looked at. */
export function crlOutcome(verdict: RevocationVerdict | undefined): CrlOutcome {
  if (verdict === undefined || verdict.type === 'unknown') return 'unavailable';
  if (verdict.type !== 'unavailable') return verdict.type;
  // RFC 5280 section 5.1.2.5 requires nextUpdate: without it nobody can tell that a CRL is not old.
  if (verdict.code === 'expired' || verdict.code === 'no-next-update') return 'expired';
  return unusableCodes.has(verdict.code) ? 'unusable' : 'unavailable';
}

/** Choose what is told of a certificate out of what was found: what decided, or what says most. */
export function decisiveVerdict(
  ocsp: RevocationVerdict | undefined,
  crl: RevocationVerdict | undefined,
  isAccepted: boolean,
): RevocationVerdict {
  const both = [ocsp, crl].filter((one) => one !== undefined);
  const rank = isAccepted ? (['good'] as const) : (['revoked', 'unknown'] as const);
  for (const type of rank) {
    const found = both.find((one) => one.type === type);
    if (found) return found;
  }
  const first: Unavailable | undefined = both
    .filter((one) => one.type === 'unavailable')
    .reduce<Unavailable | undefined>(moreTelling, undefined);
  return first ?? both[0] ?? nothingAsked;
}

const nothingAsked: Unavailable = {
  type: 'unavailable',
  code: 'no-source',
  detail: 'nobody was to be asked',
};

/** Say a verdict that led to a refusal as a reason. */
export function reasonOfVerdict(verdict: RevocationVerdict, depth: number): PeerReason {
  switch (verdict.type) {
    case 'revoked':
      return { code: 'revoked', detail: `it is revoked (${verdict.reason})`, depth };
    case 'unknown':
      return { code: 'unknown', detail: 'its responder does not know it', depth };
    case 'unavailable':
      return { code: verdict.code, detail: `no word on it: ${verdict.detail}`, depth };
    case 'good':
      return { code: 'internal', detail: 'a good word was not taken', depth };
  }
}
