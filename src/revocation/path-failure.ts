import { formatName } from '../x509/name-text.ts';
import type { Certificate } from '../x509/certificate.ts';
import type { Name } from '../x509/name.ts';

/**
 * Why a certificate is not believed, the most specific first: when several paths fail, the first of these
 * tells an operator most. What comes before `algorithm-refused` is said only of the certificate itself and
 * of those that really have signed the one below, not of strangers with the same name.
 */
export const pathFailures = [
  /** A bundle made to be searched for ever, or far too large. */
  'search-exhausted',
  /** Version, extensions, unique identifiers and subject do not go together (RFC 5280 section 4.1.2). */
  'malformed-certificate',
  'duplicate-extension',
  /** An extension is critical and not processed here (RFC 5280 section 4.2). */
  'critical-extension',
  'malformed-extension',
  /** The algorithm outside of what is signed is not the one inside. */
  'algorithm-mismatch',
  'expired',
  'not-yet-valid',
  'anchor-expired',
  'anchor-not-yet-valid',
  'not-a-ca',
  /** A keyUsage without keyCertSign. */
  'key-usage',
  /** A pathLenConstraint. */
  'path-length-exceeded',
  /** A name within an excluded subtree of a CA above. */
  'name-excluded',
  /** A name outside of the permitted subtrees of a CA above. */
  'name-not-permitted',
  /** A name or a constraint on its form that cannot be compared. */
  'name-constraint-unsupported',
  /** Policy mappings to or from anyPolicy. */
  'policy-mapping-invalid',
  /** An explicit policy is required, and none is valid for the whole path. */
  'no-valid-policy',
  /** More certificates than the limit below the anchor. */
  'chain-too-long',
  /** Algorithm or key are not on the list, or need the legacy switch. */
  'algorithm-refused',
  'signature-invalid',
  /** Nothing leads to an anchor: the issuer is unknown, or the certificate is self-signed. */
  'untrusted',
] as const;

/** Why a certificate is not believed. */
export type PathFailure = (typeof pathFailures)[number];

/** One reason with the certificate it was found on. */
export interface Failure<Reason extends string = PathFailure> {
  readonly reason: Reason;
  /** Lower case, no final period: it ends a sentence that says what was attempted. */
  readonly detail: string;
  readonly certificate: Certificate;
}

/** Say what is wrong with a certificate, after its subject. */
export function failure<Reason extends string = PathFailure>(
  certificate: Certificate,
  reason: Reason,
  what: string,
): Failure<Reason> {
  return { reason, detail: `${quoteSubject(certificate)} ${what}`, certificate };
}

/** At least one failure, the most specific first. */
export type RankedFailures = readonly [Failure, ...Failure[]];

/** Rank failures by how much they tell; of equals, the one found first comes first, and is told once. */
export function rank(first: Failure, others: readonly Failure[]): RankedFailures {
  const all = [first, ...others].toSorted(
    (a, b) => pathFailures.indexOf(a.reason) - pathFailures.indexOf(b.reason),
  );
  const [best = first, ...rest] = all;
  return [best, ...rest.filter((one, i) => !isTold(one, [best, ...rest.slice(0, i)]))];
}

function isTold(one: Failure, before: readonly Failure[]): boolean {
  return before.some(
    ({ reason, certificate }) => reason === one.reason && certificate === one.certificate,
  );
}

/** Quote the subject of a certificate for a detail. */
export function quoteSubject({ tbsCertificate }: Certificate): string {
  return quote(tbsCertificate.subject);
}

/** Quote a name for a detail; a hostile one may be kilobytes long. */
export function quote(name: Name): string {
  const text = formatName(name);
  return `"${text.length > 200 ? `${text.slice(0, 200)}…` : text}"`;
}
