import { bytesEqual } from '../base/bytes.ts';
import { rawOf, toDer } from '../asn1/codec.ts';
import { oidName, oids, type Oid } from '../asn1/oids.ts';
import type { AlgorithmPolicy } from '../crypto/policy.ts';
import { AlgorithmIdentifier } from '../x509/algorithm-identifier.ts';
import type { Certificate } from '../x509/certificate.ts';
import { extensionValue } from '../x509/extension-values.ts';
import { sameName } from '../x509/name.ts';
import { isSameEntity } from './crl-signer.ts';
import { MAX_RESPONDER_CHAIN } from './ocsp-rules.ts';
import { isSignedBy } from './signed-by.ts';

/** What the signatures of one response's certificates are checked by, and how many still may be. */
export interface Checks {
  readonly policy: AlgorithmPolicy;
  readonly at: Date;
  readonly clockSkewSeconds: number;
  left: number;
}

/** Critical extensions of a responder's certificate whose meaning is obeyed, or plays no part for it. */
const processed: ReadonlySet<Oid> = new Set([
  oids.basicConstraints,
  oids.keyUsage,
  oids.extKeyUsage,
  oids.subjectAltName,
  oids.certificatePolicies,
  oids.ocspNoCheck,
]);

/**
 * Say what keeps a certificate that is not the CA's own from signing responses; undefined when nothing does. Lower
 * case, no final period.
 *
 * @throws {CertError} DER_MALFORMED when an extension does not decode
 */
export function responderFlaw(certificate: Certificate, checks: Checks): string | undefined {
  const { tbsCertificate, signatureAlgorithm } = certificate;
  const { extensions = [], signature } = tbsCertificate;
  if (!isValid(certificate, checks)) return 'its certificate is not valid now';
  const keyUsage = extensionValue(extensions, 'keyUsage');
  if (keyUsage && !keyUsage.includes('digitalSignature')) {
    return 'its keyUsage does not allow digitalSignature';
  }
  const unknown = extensions.find(({ critical, extnID }) => critical && !processed.has(extnID));
  if (unknown)
    return `it has critical extension "${oidName(unknown.extnID)}", which is not processed`;
  if (new Set(extensions.map(({ extnID }) => extnID)).size < extensions.length) {
    return 'it has an extension twice';
  }
  // RFC 5280 section 4.1.1.2.
  const inner = toDer(AlgorithmIdentifier, signature);
  return bytesEqual(inner, toDer(AlgorithmIdentifier, signatureAlgorithm))
    ? undefined
    : 'it names another signature algorithm inside than outside';
}

/** Tell whether a certificate was issued directly by another: the name, and the signature. */
export function issuedBy(
  certificate: Certificate,
  issuer: Certificate,
  checks: Pick<Checks, 'policy' | 'left'>,
): boolean {
  if (!sameName(certificate.tbsCertificate.issuer, issuer.tbsCertificate.subject)) return false;
  const key = JSON.stringify(checks.policy);
  const ofChild = signed.get(certificate) ?? new WeakMap<Certificate, Map<string, boolean>>();
  signed.set(certificate, ofChild);
  const known = ofChild.get(issuer) ?? new Map<string, boolean>();
  ofChild.set(issuer, known);
  const before = known.get(key);
  if (before !== undefined) return before;
  if (checks.left-- <= 0) return false;
  const data = rawOf(certificate.tbsCertificate);
  const isGood = isSignedBy({ ...certificate, data }, issuer, checks.policy);
  known.set(key, isGood);
  return isGood;
}

// CAs are configured once and responses come by the thousand.
const signed = new WeakMap<Certificate, WeakMap<Certificate, Map<string, boolean>>>();

/**
 * Follow a certificate up through a group of CAs to a self-signed root of it: a member, or issued by one.
 *
 * @returns the root; undefined when there is no way
 */
export function rootAbove(
  certificate: Certificate,
  group: readonly Certificate[],
  checks: Checks,
  below = 0,
): Certificate | undefined {
  const member = group.find((one) => isSameEntity(one, certificate));
  if (member && isRoot(member, checks)) return member;
  if (below >= MAX_RESPONDER_CHAIN) return undefined;
  for (const ca of group) {
    if (isSameEntity(ca, certificate) || !mayIssue(ca, checks)) continue;
    if (!issuedBy(certificate, ca, checks)) continue;
    const root = rootAbove(ca, group, checks, below + 1);
    if (root) return root;
  }
  return undefined;
}

function isRoot(certificate: Certificate, checks: Checks): boolean {
  return isValid(certificate, checks) && issuedBy(certificate, certificate, checks);
}

function mayIssue(certificate: Certificate, checks: Checks): boolean {
  const { version, extensions } = certificate.tbsCertificate;
  // A root of version 1 says nothing; that it is in the group is what makes it a CA.
  const isCa = version === 0 || extensionValue(extensions, 'basicConstraints')?.cA === true;
  const keyUsage = extensionValue(extensions, 'keyUsage');
  return isCa && keyUsage?.includes('keyCertSign') !== false && isValid(certificate, checks);
}

function isValid({ tbsCertificate }: Certificate, { at, clockSkewSeconds }: Checks): boolean {
  const { notBefore, notAfter } = tbsCertificate.validity;
  const skewMs = clockSkewSeconds * 1000;
  const now = Math.floor(at.getTime() / 1000) * 1000;
  return notBefore.value.getTime() <= now + skewMs && now - skewMs <= notAfter.value.getTime();
}
