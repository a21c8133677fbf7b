import { rawOf } from '../asn1/codec.ts';
import { bytesEqual } from '../base/bytes.ts';
import { indexIssuers, issuersOf, type IssuerIndex } from '../revocation/issuers.ts';
import { isSignedBy as isSigned } from '../revocation/signed-by.ts';
import type { Certificate } from '../x509/certificate.ts';
import { isNullDn, sameName } from '../x509/name.ts';
import { samePublicKey } from '../x509/subject-public-key-info.ts';

/** Certificates above a leaf: as many as a path may have (`configuredPki`), and the root. */
const MAX_CHAIN = 8;

/** Signatures checked for one chain; an honest file needs one or two at each level. */
const MAX_SIGNATURE_CHECKS = 64;

/** Issuers tried by name for one chain: a file chooses how many there are of a name, and we pay. */
const MAX_CANDIDATES = 200;

/** A chain put in order, and what does not belong to it. */
export interface IssuerChain {
  /** Issuers, nearest first; an anchor or a self-signed one ends it. */
  readonly chain: readonly Certificate[];
  /** What the last one is, or the certificate itself when there is none above it; `open`: its issuer is not here. */
  readonly end: 'anchor' | 'self-signed' | 'open';
  readonly others: readonly Certificate[];
}

/**
 * Put issuers in order by who signed whom: the chain that ends at an anchor, else at a self-signed certificate, else the
 * longest. That a chain fits says nothing about whether to believe it.
 *
 * @param bundle in any order; the certificate itself and repetitions may be among them
 * @param anchors where a chain shall end; they need not be in the bundle
 */
export function orderChain(
  certificate: Certificate,
  bundle: readonly Certificate[],
  anchors: readonly Certificate[] = [],
): IssuerChain {
  const search: Search = {
    index: indexIssuers(anchors, bundle),
    anchors,
    verified: new Map(),
    checksLeft: MAX_SIGNATURE_CHECKS,
    candidatesLeft: MAX_CANDIDATES,
    best: undefined,
  };
  climb(search, [certificate]);
  const { path, end } = search.best ?? { path: [certificate], end: 'open' };
  return {
    chain: path.slice(1),
    end,
    others: bundle.filter((each) => !path.some((other) => isSame(each, other))),
  };
}

interface Found {
  readonly path: readonly Certificate[];
  readonly end: IssuerChain['end'];
}

interface Search {
  readonly index: IssuerIndex;
  readonly anchors: readonly Certificate[];
  /** Outcome of each signature check, by the certificate below and the one above. */
  readonly verified: Map<Certificate, Map<Certificate, boolean>>;
  checksLeft: number;
  candidatesLeft: number;
  best: Found | undefined;
}

/** Try every way up, depth first; `true` when nothing better can come. */
function climb(search: Search, path: readonly [Certificate, ...Certificate[]]): boolean {
  const { anchors, index } = search;
  const last = path.at(-1) ?? path[0];
  const end = anchors.some((anchor) => isSame(anchor, last))
    ? 'anchor'
    : mayHaveIssued(last, last) && isVerified(search, last, last)
      ? 'self-signed'
      : 'open';
  if (isBetter({ path, end }, search.best)) search.best = { path, end };
  if (end !== 'open') return end === 'anchor' || anchors.length === 0;
  if (path.length > MAX_CHAIN) return false;
  for (const { certificate } of issuersOf(last, index)) {
    // A loop of issuers ends here, one of re-issued certificates too.
    if (path.some((other) => isSameEntity(other, certificate))) continue;
    if (search.candidatesLeft-- <= 0) return true;
    if (!isVerified(search, last, certificate)) continue;
    if (climb(search, [...path, certificate])) return true;
  }
  return false;
}

const ranks = { open: 0, 'self-signed': 1, anchor: 2 } as const;

function isBetter(found: Found, best: Found | undefined): boolean {
  if (best === undefined) return true;
  const ahead = ranks[found.end] - ranks[best.end];
  return ahead > 0 || (ahead === 0 && found.end === 'open' && found.path.length > best.path.length);
}

function isVerified(search: Search, certificate: Certificate, issuer: Certificate): boolean {
  const known = search.verified.get(certificate) ?? new Map<Certificate, boolean>();
  search.verified.set(certificate, known);
  const before = known.get(issuer);
  if (before !== undefined) return before;
  if (search.checksLeft-- <= 0) return false;
  const isGood = isSignedBy(certificate, issuer);
  known.set(issuer, isGood);
  return isGood;
}

/** Signatures checked to find the leaves of a bundle: two for each certificate a file may have. */
const MAX_LEAF_CHECKS = 400;

/** Pick those of a bundle that issued none of the others, each once. */
export function leavesOf(bundle: readonly Certificate[]): readonly Certificate[] {
  const index = indexIssuers([], bundle);
  const issuers: Certificate[] = [];
  let checks = 0;
  for (const certificate of bundle) {
    for (const { certificate: issuer } of issuersOf(certificate, index)) {
      if (isSame(issuer, certificate) || issuers.includes(issuer)) continue;
      if (++checks > MAX_LEAF_CHECKS) break;
      if (isSignedBy(certificate, issuer)) issuers.push(issuer);
    }
  }
  return bundle.filter(
    (each, i) =>
      !issuers.some((issuer) => isSame(issuer, each)) &&
      !bundle.slice(0, i).some((other) => isSame(other, each)),
  );
}

/** Tell whether a certificate is signed with its own key; one that is only self-issued is not. */
export function isSelfSigned(certificate: Certificate): boolean {
  return mayHaveIssued(certificate, certificate) && isSignedBy(certificate, certificate);
}

function mayHaveIssued(issuer: Certificate, certificate: Certificate): boolean {
  const { subject } = issuer.tbsCertificate;
  return !isNullDn(subject) && sameName(subject, certificate.tbsCertificate.issuer);
}

function isSignedBy(certificate: Certificate, issuer: Certificate): boolean {
  const signed = { ...certificate, data: rawOf(certificate.tbsCertificate) };
  // What is old and weak is still the chain it is; whoever trusts it decides.
  return isSigned(signed, issuer, { allowLegacy: true });
}

/** Tell whether two certificates are the same octets. */
export function isSame(a: Certificate, b: Certificate): boolean {
  return a === b || bytesEqual(rawOf(a), rawOf(b));
}

function isSameEntity(a: Certificate, b: Certificate): boolean {
  return (
    samePublicKey(a.tbsCertificate.subjectPublicKeyInfo, b.tbsCertificate.subjectPublicKeyInfo) &&
    sameName(a.tbsCertificate.subject, b.tbsCertificate.subject)
  );
}
