import { describe, expect, it } from 'vitest';
import { unavailable, unavailableCodes } from '../../src/revocation/verdict.ts';
import {
  crlOutcome,
  decisiveVerdict,
  needsCrl,
  ocspOutcome,
  revocationTable,
  type CrlOutcome,
  type OcspOutcome,
  type RevocationWarning,
  type SettledMode,
} from '../../src/validation/revocation-policy.ts';

const period = { thisUpdate: new Date(0), nextUpdate: new Date(1) };
const good = { type: 'good', ...period } as const;
const revoked = {
  type: 'revoked',
  ...period,
  revocationDate: new Date(0),
  reason: 'keyCompromise',
} as const;
const unknown = { type: 'unknown', ...period } as const;

/** Reject, accept, and what is told of an acceptance: without a word, by an expired CRL, against OCSP. */
type Short = 'no' | 'yes' | 'yes, without' | 'yes, suspect' | 'yes, expired' | 'yes, against';

const columns: readonly CrlOutcome[] = ['good', 'revoked', 'expired', 'unusable', 'unavailable'];

/** The tables of the specification, once more and by hand. */
const expected: readonly (readonly [SettledMode, OcspOutcome, readonly Short[]])[] = [
  ['strict', 'good', ['yes', 'yes', 'yes', 'yes', 'yes']],
  ['strict', 'revoked', ['no', 'no', 'no', 'no', 'no']],
  ['strict', 'revoked, a CRL decides', ['yes, against', 'no', 'no', 'no', 'no']],
  ['strict', 'unknown', ['no', 'no', 'no', 'no', 'no']],
  ['strict', 'unknown, a CRL decides', ['yes', 'no', 'no', 'no', 'no']],
  ['strict', 'unavailable', ['yes', 'no', 'no', 'no', 'no']],
  ['strict', 'none', ['yes', 'no', 'no', 'no', 'no']],
  ['relaxed', 'good', ['yes', 'yes', 'yes', 'yes', 'yes']],
  ['relaxed', 'revoked', ['no', 'no', 'no', 'no', 'no']],
  ['relaxed', 'revoked, a CRL decides', ['yes, against', 'no', 'no', 'no', 'no']],
  ['relaxed', 'unknown', ['yes', 'no', 'yes, expired', 'no', 'no']],
  ['relaxed', 'unknown, a CRL decides', ['yes', 'no', 'yes, expired', 'no', 'no']],
  ['relaxed', 'unavailable', ['yes', 'no', 'yes, expired', 'yes, suspect', 'yes, without']],
  ['relaxed', 'none', ['yes', 'no', 'yes, expired', 'yes, suspect', 'yes, without']],
];

function short(mode: SettledMode, ocsp: OcspOutcome, crl: CrlOutcome): Short {
  const decision = revocationTable[mode][ocsp][crl];
  if (decision.type === 'reject') return 'no';
  if (decision.isSuspect === true) return 'yes, suspect';
  return decision.warning === undefined ? 'yes' : words[decision.warning];
}

const words: Readonly<Record<RevocationWarning, Short>> = {
  'accepted-without-revocation': 'yes, without',
  'accepted-with-expired-crl': 'yes, expired',
  'accepted-against-ocsp': 'yes, against',
};

function codesOf(column: CrlOutcome): readonly string[] {
  return unavailableCodes.filter((code) => crlOutcome(unavailable(code, 'x')) === column);
}

const rows = expected.flatMap(([mode, ocsp, row]) =>
  row.map((decision, i) => [mode, ocsp, columns[i] ?? 'good', decision] as const),
);

describe('the table of revocation', () => {
  it.each(rows)('%s, OCSP %s, CRL %s: %s', (mode, ocsp, crl, decision) => {
    expect(short(mode, ocsp, crl)).toBe(decision);
  });

  it('has no row beyond these', () => {
    const modes = Object.entries(revocationTable);
    const all = modes.flatMap(([, outcomes]) => Object.values(outcomes).flatMap(Object.keys));
    expect(all).toHaveLength(rows.length);
  });

  it('asks for a CRL only where that can change something', () => {
    expect(needsCrl('strict', 'good')).toBe(false);
    expect(needsCrl('relaxed', 'revoked')).toBe(false);
    expect(needsCrl('strict', 'unknown')).toBe(false);
    expect(needsCrl('relaxed', 'unknown')).toBe(true);
    expect(needsCrl('strict', 'unavailable')).toBe(true);
  });
});

describe('what a source says', () => {
  const usual = { ocspRevoked: 'reject', unknownFallback: false } as const;

  it('is a row of OCSP, and another where the operator lets a CRL decide', () => {
    expect(ocspOutcome(undefined, usual)).toBe('none');
    expect(ocspOutcome(unavailable('no-source', 'x'), usual)).toBe('none');
    expect(ocspOutcome(unavailable('timeout', 'x'), usual)).toBe('unavailable');
    expect(ocspOutcome(good, usual)).toBe('good');
    expect(ocspOutcome(revoked, usual)).toBe('revoked');
    expect(ocspOutcome(revoked, { ...usual, ocspRevoked: 'crl' })).toBe('revoked, a CRL decides');
    expect(ocspOutcome(unknown, usual)).toBe('unknown');
    expect(ocspOutcome(unknown, { ...usual, unknownFallback: true })).toBe(
      'unknown, a CRL decides',
    );
  });

  it('is a column of CRLs, whatever the code', () => {
    expect(crlOutcome(undefined)).toBe('unavailable');
    expect(crlOutcome(good)).toBe('good');
    expect(crlOutcome(revoked)).toBe('revoked');
    expect(codesOf('expired')).toStrictEqual(['expired', 'no-next-update']);
    expect(codesOf('unusable')).toStrictEqual([
      'not-yet-valid',
      'unsupported-critical-extension',
      'reasons-incomplete',
      'bad-signature',
      'crl-issuer-untrusted',
      'malformed',
      'wrong-scope',
    ]);
    expect(codesOf('good')).toStrictEqual([]);
  });

  it('is told by what decided, or by what says most', () => {
    const timeout = unavailable('timeout', 'x');
    const late = unavailable('expired', 'x');
    expect(decisiveVerdict(timeout, good, true)).toBe(good);
    expect(decisiveVerdict(unknown, revoked, false)).toBe(revoked);
    expect(decisiveVerdict(unknown, timeout, false)).toBe(unknown);
    expect(decisiveVerdict(late, timeout, false)).toBe(timeout);
    expect(decisiveVerdict(undefined, undefined, false).type).toBe('unavailable');
  });
});
