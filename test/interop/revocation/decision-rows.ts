import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type {
  CrlOutcome,
  OcspOutcome,
  SettledMode,
} from '../../../src/validation/revocation-policy.ts';
import type { RevocationMode } from '../../../src/validation/contract.ts';

/** What the responder does for each row of the table. */
export const ocspOutcomes: Readonly<Record<OcspOutcome, string>> = {
  good: 'openssl says good',
  revoked: 'openssl says revoked',
  'revoked, a CRL decides': 'openssl says revoked, `ocsp-revoked-fallback crl`',
  unknown: 'openssl says unknown',
  'unknown, a CRL decides': 'openssl says unknown, `unknown-fallback on`',
  unavailable: 'the connection is closed',
  none: 'no `ocsp`',
};

/** What nginx has for each column, as long as the certificate names it. */
export const crlOutcomes: Readonly<Record<CrlOutcome, string>> = {
  good: 'lists nobody',
  revoked: 'lists the peer',
  expired: 'has expired, lists nobody',
  unusable: 'is signed by a stranger',
  unavailable: 'is not there',
};

/** A certificate that names its CRL, or one that names nothing while a CRL of its issuer is held. */
export type Naming = 'names its CRL' | 'names nothing';

/** A row of the table with one of its columns. */
export interface DecisionRow {
  readonly mode: RevocationMode;
  readonly naming: Naming;
  readonly ocsp: OcspOutcome;
  readonly crl: CrlOutcome;
  /** A cell of the table in docs/validation.md. */
  readonly decision: string;
  /** The reason of a refusal. */
  readonly reason?: string;
}

type Reasons = Readonly<Record<OcspOutcome, Readonly<Record<CrlOutcome, string>>>>;

const always = (reason: string): Readonly<Record<CrlOutcome, string>> => ({
  good: reason,
  revoked: reason,
  expired: reason,
  unusable: reason,
  unavailable: reason,
});

/** What a refusal is told by: what is certain first, then what says most of why there is no word. */
const reasons: Reasons = {
  good: always('never'),
  revoked: always('revoked'),
  'revoked, a CRL decides': always('revoked'),
  unknown: { ...always('unknown'), revoked: 'revoked' },
  'unknown, a CRL decides': { ...always('unknown'), revoked: 'revoked' },
  unavailable: { ...always('connect'), revoked: 'revoked' },
  none: {
    good: 'never',
    revoked: 'revoked',
    expired: 'expired',
    unusable: 'bad-signature',
    unavailable: 'http-status',
  },
};

/** With strict, no CRL could change what comes of `unknown`, and none is looked at. */
const strictReasons: Reasons = { ...reasons, unknown: always('unknown') };

/** Read the table of docs/validation.md, and make every row that is to be tried of it. */
export function decisionRows(): readonly DecisionRow[] {
  const cells = readTable();
  const settled: readonly SettledMode[] = ['strict', 'relaxed'];
  const named = (mode: RevocationMode, like: SettledMode, why: Reasons): readonly DecisionRow[] =>
    cells
      .filter((cell) => cell.mode === like)
      .map(({ ocsp, crl, decision }) => ({
        mode,
        naming: 'names its CRL',
        ocsp,
        crl,
        decision,
        ...(decision === 'reject' && { reason: why[ocsp][crl] }),
      }));
  return [
    ...settled.flatMap((mode) => named(mode, mode, mode === 'strict' ? strictReasons : reasons)),
    // As strict, though what is listed is told by its CRL: whether a source is named is seen with these.
    ...named('ifuri', 'strict', reasons),
    ...named('ifuri', 'relaxed', reasons)
      .filter(({ ocsp }) => ocsp === 'none')
      .map((row) => ({ ...row, naming: 'names nothing' }) as const),
  ];
}

interface Cell {
  readonly mode: SettledMode;
  readonly ocsp: OcspOutcome;
  readonly crl: CrlOutcome;
  readonly decision: string;
}

function readTable(): readonly Cell[] {
  const page = readFileSync(join(import.meta.dirname, '../../../docs/validation.md'), 'utf8');
  const columns = Object.keys(crlOutcomes).filter((name) => isCrlOutcome(name));
  return page.split('\n').flatMap((line) => {
    const [mode = '', ocsp = '', ...decisions] = line
      .split('|')
      .slice(1, -1)
      .map((cell) => cell.trim());
    if (!isSettledMode(mode) || !isOcspOutcome(ocsp)) return [];
    return columns.map((crl, i) => ({ mode, ocsp, crl, decision: decisions[i] ?? '' }));
  });
}

function isSettledMode(text: string): text is SettledMode {
  return text === 'strict' || text === 'relaxed';
}

function isOcspOutcome(text: string): text is OcspOutcome {
  return Object.hasOwn(ocspOutcomes, text);
}

function isCrlOutcome(text: string): text is CrlOutcome {
  return Object.hasOwn(crlOutcomes, text);
}

/** List the columns in the order of the table. */
export function listCrlOutcomes(): readonly CrlOutcome[] {
  return Object.keys(crlOutcomes).filter(isCrlOutcome);
}

/** Name a row as a sentence has it. */
export function decisionTitle({ mode, naming, ocsp, crl, decision, reason }: DecisionRow): string {
  const why = reason === undefined ? '' : ` (${reason})`;
  return `${mode}, the certificate ${naming}, OCSP ${ocsp}, CRL ${crl}: ${decision}${why}`;
}
