import { bytesEqual } from '../base/bytes.ts';
import { CertError } from '../base/errors.ts';
import { rawOf } from '../asn1/codec.ts';
import type { AlgorithmPolicy } from '../crypto/policy.ts';
import { verifySignature } from '../crypto/signature.ts';
import { certificateDer, type Certificate } from '../x509/certificate.ts';
import { sameName } from '../x509/name.ts';
import { formatName } from '../x509/name-text.ts';
import { samePublicKey } from '../x509/subject-public-key-info.ts';
import { checkAnchor, checkCertificate, checkIssuer } from './certificate-check.ts';
import { indexIssuers, issuersOf, type Candidate, type IssuerIndex } from './issuers.ts';
import { moreSpecific, quoteSubject, type Failure, type PathFailure } from './path-failure.ts';

/**
 * What one search may cost at the most. A peer chooses the certificates and we pay: cyclic, cross-signed
 * or same-name bundles make a search without limits run for ever.
 */
export const pathLimits = {
  /** Certificates below the anchor, the leaf included. PKIs in use have 2 or 3; NIST's tests go to 5. */
  pathLength: 8,
  /** Issuers tried by name, over all paths. An honest bundle needs one or two at each level. */
  candidates: 200,
  /** Signatures verified: the expensive part, up to 0.2 ms each for P-384 and more. */
  signatureChecks: 64,
  /** Of issuers that may not be used anyway, only to say whether they are the reason for a refusal. */
  diagnosticChecks: 8,
} as const;

/** A certificate to be believed, and what it can be believed on. All of them as received. */
export interface PathQuery {
  readonly certificate: Certificate;
  /** Untrusted: from the message, from configuration, in any order. */
  readonly intermediates: readonly Certificate[];
  readonly anchors: readonly Certificate[];
  readonly at: Date;
  readonly policy: AlgorithmPolicy;
}

/** What a path check found: a path, or the most specific reason why there is none. */
export type PathVerdict =
  | {
      readonly type: 'valid';
      /** From the certificate itself to the last one below the anchor; empty when it is the anchor. */
      readonly path: readonly Certificate[];
      readonly anchor: Certificate;
    }
  | {
      readonly type: 'invalid';
      readonly reason: PathFailure;
      /** Lower case, no final period: it ends a sentence that says what was attempted. */
      readonly detail: string;
      /** Where the reason was found. */
      readonly certificate: Certificate;
    };

/**
 * Look for a path from a certificate to one of the anchors that holds by RFC 5280 section 6.1: signatures
 * by algorithms of the policy, validity, name chaining, basicConstraints, pathLenConstraint, keyCertSign,
 * and nothing critical that is not processed here, in any certificate, anchor included. Not processed
 * yet: revocation, and the constraints of CAs on names and policies, so that a CA below the anchor that has
 * nameConstraints, policyConstraints, policyMappings or inhibitAnyPolicy, critical or not, is refused.
 * certificatePolicies plays no part: without those and without a policy asked for, every policy will do.
 *
 * A certificate that is itself an anchor (the same octets) is valid with an empty path. An anchor outside
 * of its own validity vouches for nothing: see `checkAnchor`. Whether the certificate is good for a
 * purpose (extKeyUsage, keyUsage, names) is for the caller to say.
 */
export function checkPath(query: PathQuery): PathVerdict {
  const { certificate, intermediates, anchors, at } = query;
  const own = checkCertificate(certificate, at);
  if (own) return { type: 'invalid', ...own };
  const itself = anchors.find((anchor) => isSame(anchor, certificate));
  if (itself) return { type: 'valid', path: [], anchor: itself };

  const search: Search = {
    query,
    index: indexIssuers(anchors, intermediates),
    verified: new Map(),
    candidatesLeft: pathLimits.candidates,
    checksLeft: pathLimits.signatureChecks,
    diagnosticsLeft: pathLimits.diagnosticChecks,
    worst: undefined,
    isExhausted: false,
  };
  const found = extend(search, [certificate], 0);
  if (found) return { type: 'valid', ...found };
  return { type: 'invalid', ...(search.worst ?? untrusted(certificate)) };
}

interface Search {
  readonly query: PathQuery;
  readonly index: IssuerIndex;
  /** Outcome of each signature check, by the certificate below and the one above. */
  readonly verified: Map<Certificate, Map<Certificate, Failure | 'good'>>;
  candidatesLeft: number;
  checksLeft: number;
  diagnosticsLeft: number;
  worst: Failure | undefined;
  isExhausted: boolean;
}

interface Found {
  readonly path: readonly Certificate[];
  readonly anchor: Certificate;
}

/**
 * Extend a path that holds so far by every issuer of its last certificate, depth first.
 *
 * @param intermediates certificates of the path that count for a pathLenConstraint (RFC 5280 section
 *   4.2.1.9): without the leaf and the self-issued ones
 */
function extend(
  search: Search,
  path: readonly [Certificate, ...Certificate[]],
  intermediates: number,
): Found | undefined {
  const child = path.at(-1) ?? path[0];
  const unfit: { readonly candidate: Candidate; readonly failure: Failure }[] = [];
  for (const candidate of issuersOf(child, search.index)) {
    if (!candidate.isAnchor && path.some((other) => isSameEntity(other, candidate.certificate))) {
      continue;
    }
    if (search.candidatesLeft-- <= 0) exhaust(search, 'issuers to try', child);
    if (search.isExhausted) return undefined;
    const failure = checkCandidate(candidate, intermediates, search.query.at);
    if (failure) {
      unfit.push({ candidate, failure });
      continue;
    }
    const signature = checkSignature(search, child, candidate.certificate);
    if (search.isExhausted) return undefined;
    if (signature !== 'good') {
      note(search, signature);
    } else if (candidate.isAnchor) {
      return { path, anchor: candidate.certificate };
    } else if (path.length >= pathLimits.pathLength) {
      note(search, tooLong(child));
    } else {
      const counted = isSelfIssued(candidate.certificate) ? 0 : 1;
      const found = extend(search, [...path, candidate.certificate], intermediates + counted);
      if (found || search.isExhausted) return found;
    }
  }
  diagnose(search, child, unfit);
  note(search, untrusted(child));
  return undefined;
}

function checkCandidate(
  { certificate, isAnchor }: Candidate,
  intermediates: number,
  at: Date,
): Failure | undefined {
  return isAnchor
    ? checkAnchor(certificate, intermediates, at)
    : checkIssuer(certificate, intermediates, at);
}

/** Note why issuers could not be used, but only of those that really are: others merely share a name. */
function diagnose(
  search: Search,
  child: Certificate,
  unfit: readonly { readonly candidate: Candidate; readonly failure: Failure }[],
): void {
  for (const { candidate, failure } of unfit) {
    if (search.diagnosticsLeft-- <= 0) return;
    const signature = verify(child, candidate.certificate, search.query.policy);
    note(search, signature === 'good' ? failure : signature);
  }
}

function checkSignature(search: Search, child: Certificate, issuer: Certificate): Failure | 'good' {
  const ofChild = search.verified.get(child) ?? new Map<Certificate, Failure | 'good'>();
  search.verified.set(child, ofChild);
  const known = ofChild.get(issuer);
  if (known !== undefined) return known;
  if (search.checksLeft-- <= 0) return exhaust(search, 'signatures to verify', child);
  const outcome = verify(child, issuer, search.query.policy);
  ofChild.set(issuer, outcome);
  return outcome;
}

function verify(
  child: Certificate,
  issuer: Certificate,
  policy: AlgorithmPolicy,
): Failure | 'good' {
  const { tbsCertificate, signatureAlgorithm, signature } = child;
  try {
    const isGood = verifySignature({
      spki: issuer.tbsCertificate.subjectPublicKeyInfo,
      algorithm: signatureAlgorithm,
      data: rawOf(tbsCertificate),
      signature,
      policy,
    });
    if (isGood) return 'good';
  } catch (error) {
    if (!(error instanceof CertError) || error.code === 'INTERNAL') throw error;
    const detail = `the signature of ${quoteSubject(child)} is not accepted: ${error.message}`;
    return { reason: 'algorithm-refused', detail, certificate: child };
  }
  return {
    reason: 'signature-invalid',
    detail: `the signature of ${quoteSubject(child)} is not by the key of ${quoteSubject(issuer)}`,
    certificate: child,
  };
}

function note(search: Search, failure: Failure): void {
  search.worst = moreSpecific(search.worst, failure);
}

function exhaust(search: Search, what: string, certificate: Certificate): Failure {
  const detail = `more ${what} than the limit on the way up from ${quoteSubject(certificate)}`;
  const failure: Failure = { reason: 'search-exhausted', detail, certificate };
  search.isExhausted = true;
  note(search, failure);
  return failure;
}

function tooLong(certificate: Certificate): Failure {
  const detail = `the path above ${quoteSubject(certificate)} goes on after ${pathLimits.pathLength} certificates`;
  return { reason: 'path-too-long', detail, certificate };
}

function untrusted(certificate: Certificate): Failure {
  const issuer = formatName(certificate.tbsCertificate.issuer).slice(0, 200);
  const detail = isSelfIssued(certificate)
    ? `${quoteSubject(certificate)} is self-signed and not among the trust anchors`
    : `no path leads from ${quoteSubject(certificate)} to a trust anchor: none for its issuer "${issuer}"`;
  return { reason: 'untrusted', detail, certificate };
}

/** RFC 5280 section 6.1: the same name as subject and issuer. */
function isSelfIssued({ tbsCertificate: { subject, issuer } }: Certificate): boolean {
  return sameName(subject, issuer);
}

function isSame(a: Certificate, b: Certificate): boolean {
  return bytesEqual(certificateDer(a), certificateDer(b));
}

/** The same name with the same key, so that loops of re-issued certificates end as well. */
function isSameEntity(a: Certificate, b: Certificate): boolean {
  return (
    samePublicKey(a.tbsCertificate.subjectPublicKeyInfo, b.tbsCertificate.subjectPublicKeyInfo) &&
    sameName(a.tbsCertificate.subject, b.tbsCertificate.subject)
  );
}
