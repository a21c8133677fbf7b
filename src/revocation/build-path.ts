import { inheritsParameters } from '../crypto/dsa.ts';
import type { Certificate } from '../x509/certificate.ts';
import { sameName } from '../x509/name.ts';
import { samePublicKey } from '../x509/subject-public-key-info.ts';
import { checkAnchor, checkIssuer } from './certificate-check.ts';
import { issuersOf, type Candidate, type IssuerIndex } from './issuers.ts';
import { exhausted, type PathContext } from './path-context.ts';
import { failure, quote, quoteSubject, type Failure } from './path-failure.ts';
import type { ProspectivePath } from './process-path.ts';

/** A search on its way: what it is done with, and why it has not come further where it ended. */
export interface PathSearch {
  readonly context: PathContext;
  readonly index: IssuerIndex;
  readonly chainLength: number;
  /** Why paths ended, in the order in which that was found. */
  readonly failures: Failure[];
}

/** Keeps a hostile bundle from making a list of reasons without end; the most specific are found early. */
const MAX_FAILURES = 100;

/**
 * Propose paths from a certificate up to an anchor, depth first, the likeliest first. Names, signatures and what an
 * issuer is by itself are looked at on the way, so that nothing is followed that cannot be a path; whether it is one
 * is for `processPath` to say. No entity is twice in a path, and the budget ends every search.
 *
 * @param path that holds so far, the end entity first
 */
export function* prospectivePaths(
  search: PathSearch,
  path: readonly [Certificate, ...Certificate[]],
): Generator<ProspectivePath, void, undefined> {
  const { context, index, chainLength } = search;
  const child = path.at(-1) ?? path[0];
  const unfit: UnfitIssuer[] = [];
  let leadsOn = false;
  for (const candidate of issuersOf(child, index)) {
    const { certificate, isAnchor } = candidate;
    if (!isAnchor && path.some((other) => isSameEntity(other, certificate))) continue;
    if (!context.budget.spend('candidates')) note(search, exhausted('issuers to try', child));
    if (isExhausted(search)) return;
    const flaw = flawIn(candidate, context);
    if (flaw) {
      unfit.push({ certificate, flaw });
      continue;
    }
    const unsigned = verifyBy(certificate, child, context);
    leadsOn ||= unsigned === undefined;
    if (unsigned) note(search, unsigned);
    else if (isAnchor) yield* proposed(search, { path, anchor: certificate });
    else if (path.length < chainLength) yield* prospectivePaths(search, [...path, certificate]);
    else note(search, tooLong(child, chainLength));
    if (isExhausted(search)) return;
  }
  diagnose(search, child, unfit);
  // Where it leads on, what is found further up says more.
  if (!leadsOn) note(search, untrusted(child));
}

function* proposed(
  search: PathSearch,
  prospective: ProspectivePath,
): Generator<ProspectivePath, void, undefined> {
  if (search.context.budget.spend('paths')) yield prospective;
  else note(search, exhausted('paths to judge', prospective.path[0]));
}

/** Note why a path ended. */
export function note({ failures }: PathSearch, found: Failure): void {
  if (failures.length < MAX_FAILURES || found.reason === 'search-exhausted') failures.push(found);
}

function isExhausted({ failures }: PathSearch): boolean {
  return failures.at(-1)?.reason === 'search-exhausted';
}

/** Say what keeps an issuer from being one, whoever is below it. */
function flawIn(
  { certificate, isAnchor }: Candidate,
  { read, at }: PathContext,
): Failure | undefined {
  const reading = read(certificate);
  if (reading.type === 'refused') return reading.failure;
  return isAnchor ? checkAnchor(reading.value, at) : checkIssuer(reading.value, at);
}

function verifyBy(
  { tbsCertificate: { subjectPublicKeyInfo } }: Certificate,
  child: Certificate,
  { verify }: PathContext,
  spending?: 'diagnosticChecks',
): Failure | undefined {
  // A key whose parameters come from further up can be tried only from above.
  if (inheritsParameters(subjectPublicKeyInfo)) return undefined;
  return verify(child, subjectPublicKeyInfo, spending);
}

interface UnfitIssuer {
  readonly certificate: Certificate;
  readonly flaw: Failure;
}

/** Note why issuers could not be used, but only of those that really are: others merely share a name. */
function diagnose(search: PathSearch, child: Certificate, unfit: readonly UnfitIssuer[]): void {
  const { context } = search;
  for (const { certificate, flaw } of unfit) {
    if (context.budget.left('diagnosticChecks') === 0) return;
    note(search, verifyBy(certificate, child, context, 'diagnosticChecks') ?? flaw);
  }
}

function tooLong(certificate: Certificate, chainLength: number): Failure {
  const detail = `the path above ${quoteSubject(certificate)} goes on after ${chainLength} certificates, the limit`;
  return { reason: 'chain-too-long', detail, certificate };
}

function untrusted(certificate: Certificate): Failure {
  const { subject, issuer } = certificate.tbsCertificate;
  if (sameName(subject, issuer)) {
    const what = 'is self-signed and not among the trust anchors';
    return failure(certificate, 'untrusted', what);
  }
  const detail = `no path leads from ${quoteSubject(certificate)} to a trust anchor: none for its issuer ${quote(issuer)}`;
  return { reason: 'untrusted', detail, certificate };
}

/** The same name with the same key, so that loops of re-issued certificates end as well. */
function isSameEntity(a: Certificate, b: Certificate): boolean {
  return (
    samePublicKey(a.tbsCertificate.subjectPublicKeyInfo, b.tbsCertificate.subjectPublicKeyInfo) &&
    sameName(a.tbsCertificate.subject, b.tbsCertificate.subject)
  );
}
