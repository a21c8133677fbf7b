import type { Certificate } from '../x509/certificate.ts';
import { formatName } from '../x509/name-text.ts';

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
  /** Names or policies are constrained by a CA, which is not processed here, critical or not. */
  'constraint-not-processed',
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
  /** Algorithm or key are not on the list, or need the legacy switch. */
  'algorithm-refused',
  'signature-invalid',
  /** Longer than any path this search follows. */
  'path-too-long',
  /** Nothing leads to an anchor: the issuer is unknown, or the certificate is self-signed. */
  'untrusted',
] as const;

/** Why a certificate is not believed. */
export type PathFailure = (typeof pathFailures)[number];

/** One reason with the certificate it was found on. */
export interface Failure {
  readonly reason: PathFailure;
  /** Lower case, no final period: it ends a sentence that says what was attempted. */
  readonly detail: string;
  readonly certificate: Certificate;
}

/** Choose the more specific of two failures; of equals, the one found first. */
export function moreSpecific(first: Failure | undefined, second: Failure): Failure {
  if (first === undefined) return second;
  return pathFailures.indexOf(second.reason) < pathFailures.indexOf(first.reason) ? second : first;
}

/** Quote the subject of a certificate for a detail; a hostile name may be megabytes long. */
export function quoteSubject({ tbsCertificate }: Certificate): string {
  const text = formatName(tbsCertificate.subject);
  return `"${text.length > 200 ? `${text.slice(0, 200)}…` : text}"`;
}
